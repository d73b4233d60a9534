/** Lines by which Claude Code says that a limit was reached: 100 % of a window, until its reset. */
import { type ClaudeRecord, occurredAtOf, originOf, type Skip, syntheticModel } from './claude-record.js';
import { isObject, type JsonObject, listOf, objectOf, sinceEpoch } from './json.js';
import type { QuotaSeen } from './source.js';
import { unknownWindow, windowKey } from './window-key.js';

/** Null where a line says no such thing. Figures that the client wrote down count before the text it showed. */
export function limitReading(record: ClaudeRecord, skip: Skip): QuotaSeen | null {
  const { fields, message } = record;
  if (fields.isApiErrorMessage !== true && message.model !== syntheticModel) return null;
  const limit = limitOfFigures(fields.quotaLimits) ?? limitOfText(message);
  const occurredAt = occurredAtOf(record);
  if (limit === null || occurredAt === null) return null;
  return {
    kind: 'quota',
    measuredAt: occurredAt,
    source: 'claude-transcript',
    windows: [{ ...limit, percentBp: 10_000, exhausted: true }],
    place: originOf(record, skip),
  };
}

interface Limit {
  readonly key: string;
  readonly resetsAt: number | null;
}

function limitOfFigures(quotaLimits: unknown): Limit | null {
  if (!isObject(quotaLimits) || quotaLimits.status !== 'rejected') return null;
  const { rateLimitType: name, resetsAt } = quotaLimits;
  const key = typeof name === 'string' ? windowKey(name) : null;
  return { key: key ?? unknownWindow, resetsAt: sinceEpoch(resetsAt, 1_000) };
}

const reached = /^Claude AI usage limit reached\|(\d{1,12})$/;

/** As versions before 2.0 said it, without the window. */
function limitOfText({ content }: JsonObject): Limit | null {
  const text = typeof content === 'string' ? content : objectOf(listOf(content)[0]).text;
  const seconds = typeof text === 'string' && text.length < 100 ? reached.exec(text.trim())?.[1] : undefined;
  return seconds === undefined ? null : { key: unknownWindow, resetsAt: sinceEpoch(seconds, 1_000) };
}
