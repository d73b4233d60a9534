/**
 * Headers of providers' answers that say how much of a quota is used: `anthropic-ratelimit-unified-*`, and `x-codex-*`. As JSON
 * (`{"headers": {…}}`, or the headers alone), or as the lines that `curl --dump-header` writes.
 */
import { addCodexWindow, type CodexPosition } from './codex-limits.js';
import { isLikeJson, jsonObjects, readDocument } from './document.js';
import { figureOf, type JsonObject, numberOf, objectOrNull } from './json.js';
import type { Skipped } from './skipped.js';
import type { Observation, ReadContext, Source } from './source.js';
import { unknownWindow, windowKey } from './window-key.js';
import { WindowsSeen } from './windows-seen.js';

const format = 'response-headers';

export const responseHeaders: Source = {
  format,
  version: 1,
  unit: 'document',
  accepts: (path) => /\.(json|txt)$/.test(path),
  read: (input, context) =>
    readDocument(input, (text, skipped) => {
      const answers = isLikeJson(text) ? jsonObjects(text, skipped).map(headersOf) : [headersOfLines(text)];
      return answers.flatMap((headers) => readHeaders(headers, context, skipped));
    }),
};

type Headers = ReadonlyMap<string, string>;

const anthropic = 'anthropic-ratelimit-unified-';

/** One reading of the headers of one answer, names in lower case; none where no quota is in them. */
function readHeaders(headers: Headers, context: ReadContext, skipped: Skipped): Observation[] {
  const windows = new WindowsSeen(context, skipped);
  addAnthropic(headers, windows);
  addCodex(headers, windows);
  return windows.readings(format, { otherwise: 'no-windows' });
}

/**
 * Windows by pattern, `5h-utilization` and so on, as fractions. Where the answer was refused as a whole, the claim that is said to be
 * responsible is exhausted; an answer of 429 without any of this says nothing about a window.
 */
function addAnthropic(headers: Headers, windows: WindowsSeen): void {
  const of = (name: string): string | undefined => headers.get(anthropic + name);
  for (const name of windowNames(headers)) {
    const exhausted = of(`${name}-status`) === 'rejected';
    const written = of(`${name}-utilization`);
    // Extra usage that nobody bought is rejected, too.
    if (written === undefined && (!exhausted || name === 'overage')) continue;
    windows.add({
      key: windowKey(name),
      percent: written === undefined ? 100 : (numberOf(written) ?? Number.NaN) * 100,
      mayExceed: written,
      exhausted,
      active: of(`${name}-in-use`) === 'true' || undefined,
      resetValue: of(`${name}-reset`),
    });
  }
  if (of('status') !== 'rejected' || windows.areExhausted) return;
  const claim = of('representative-claim');
  const key = claim === undefined ? unknownWindow : windowKey(claim);
  windows.add({ key, percent: 100, exhausted: true, resetValue: of('reset') });
}

function windowNames(headers: Headers): Set<string> {
  const names = new Set<string>();
  for (const header of headers.keys()) {
    if (!header.startsWith(anthropic)) continue;
    const [, name] = /^(.+)-(?:utilization|status)$/.exec(header.slice(anthropic.length)) ?? [];
    if (name !== undefined) names.add(name);
  }
  return names;
}

/** Two windows a limit, as percentages: `x-codex-primary-used-percent`. What is bought beside them is a balance, and no window. */
function addCodex(headers: Headers, windows: WindowsSeen): void {
  for (const [header, written] of headers) {
    const [, limitId, position] = /^x-(.+)-(primary|secondary)-used-percent$/.exec(header) ?? [];
    if (limitId === undefined || position === undefined) continue;
    const of = (field: string): string | undefined => headers.get(`x-${limitId}-${position}-${field}`);
    addCodexWindow(windows, limitId, position as CodexPosition, {
      percent: figureOf(written),
      written,
      minutes: of('window-minutes'),
      resetValue: of('reset-at'),
    });
  }
}

function headersOf(answer: JsonObject): Headers {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(objectOrNull(answer.headers) ?? answer)) {
    const one = Array.isArray(value) ? value[0] : value;
    if (typeof one === 'string' || typeof one === 'number') headers.set(name.toLowerCase(), String(one).trim());
  }
  return headers;
}

function headersOfLines(text: string): Headers {
  const headers = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}
