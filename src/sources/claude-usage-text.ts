/** What `claude -p "/usage" --output-format json` answers, as Claude Code 2.1 writes it: one JSON object whose result is text. */
import { isLikeJson, jsonObjects, type Refusal, readDocument } from './document.js';
import { numberOf } from './json.js';
import type { Skipped } from './skipped.js';
import type { Observation, ReadContext, Source } from './source.js';
import { figuresOf, partsOf, quotasOf, type UsageRow } from './usage-lines.js';
import { keyOfHeading } from './window-key.js';

const format = 'claude-usage-text';

export const claudeUsageText: Source = {
  format,
  version: 1,
  unit: 'document',
  accepts: (path) => /\.(json|txt)$/.test(path),
  read: (input, context) => readDocument(input, (text, skipped) => read(text, context, skipped)),
};

function read(text: string, context: ReadContext, skipped: Skipped): readonly Observation[] | Refusal {
  const answer = isLikeJson(text) ? answerOf(text, skipped) : text;
  if (typeof answer !== 'string') return answer ?? [];
  const lines = answer.split('\n');
  return quotasOf(format, lines.flatMap(rowOf), lines, context, skipped);
}

/** The text of the last result. One for which a model was asked is no answer of the client, whatever it says. */
function answerOf(text: string, skipped: Skipped): string | Refusal | null {
  const results = jsonObjects(text, skipped).filter(({ result }) => typeof result === 'string');
  if (results.some(({ num_turns: turns }) => (numberOf(turns) ?? 0) > 0)) {
    return { why: 'a model answered in the place of the client' };
  }
  const last = results.at(-1);
  if (last === undefined) skipped.add('no-result');
  return last === undefined ? null : (last.result as string);
}

/** `Current week (Fable): 35% used · resets Dec 2, 9:54am (Europe/London)`. */
function rowOf(line: string): UsageRow[] {
  const [heading, rest] = headingOf(line);
  if (keyOfHeading(heading) === null) return [];
  return [{ heading, ...figuresOf(partsOf(rest)) }];
}

function headingOf(line: string): readonly [heading: string, rest: string] {
  const colon = line.indexOf(':');
  return colon === -1 ? [line.trim(), ''] : [line.slice(0, colon).trim(), line.slice(colon + 1)];
}
