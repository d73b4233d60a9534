/**
 * The usage screen of the client, as a terminal shows it: Claude Code 2.1, and the bars of 2.0. Bars overwrite letters of the lines
 * around them when the terminal is redrawn while it is read.
 */
import { readDocument } from './document.js';
import type { Skipped } from './skipped.js';
import type { Observation, ReadContext, Source } from './source.js';
import { figuresOf, isGlyph, isWord, partsOf, quotasOf, sameSigns, type UsageRow } from './usage-lines.js';
import { weekHeading } from './window-key.js';

const format = 'claude-usage-screen';

export const claudeUsageScreen: Source = {
  format,
  version: 1,
  unit: 'document',
  accepts: (path) => path.endsWith('.txt'),
  read: (input, context) => readDocument(input, (text, skipped) => read(text, context, skipped)),
};

/** Below its heading a window has a bar, a reset, and perhaps a line of its own. */
const linesOfWindow = 3;
/** What of a damaged scope can be restored. */
const scopes = ['all models', 'sonnet only', 'opus only', 'sonnet', 'opus', 'haiku', 'fable', 'mythos'];
const headings = ['Current session', 'Current week', 'Extra usage', 'Usage credits'];
const weekCharactersMax = 80;

function read(text: string, context: ReadContext, skipped: Skipped): readonly Observation[] {
  const lines = text.replace(colours, '').split('\n').map(bare);
  const rows = lines.flatMap((line, i) => {
    const heading = headingOf(line, skipped);
    return heading === null ? [] : [rowOf(heading, lines.slice(i + 1, i + 1 + linesOfWindow))];
  });
  return quotasOf(format, rows, lines, context, skipped);
}

/** A window ends at an empty line, and where another one begins. */
function rowOf(heading: string, below: readonly string[]): UsageRow {
  const end = below.findIndex((line) => line === '' || headingOf(line) !== null);
  return { heading, ...figuresOf(below.slice(0, end === -1 ? undefined : end).flatMap(partsOf)) };
}

/** The heading of a window, as it was before a bar overwrote some of it. */
function headingOf(line: string, skipped?: Skipped): string | null {
  const known = headings.find((heading) => isWord(line, heading.toLowerCase()));
  if (known !== undefined) return known;
  if (line.length > weekCharactersMax || !isWord(line.slice(0, weekHeading.length), weekHeading)) return null;
  if (!line.endsWith(')') && !isGlyph(line.at(-1))) return null;
  const scope = scopeOf(line.slice(weekHeading.length, -1));
  if (scope === null) skipped?.add('heading-damaged');
  return scope === null ? null : `Current week (${scope})`;
}

function scopeOf(seen: string): string | null {
  if (![...seen].some(isGlyph)) return seen;
  const fitting = scopes.filter((scope) => sameSigns(seen.toLowerCase(), scope) !== null);
  return fitting.length === 1 ? (fitting[0] as string) : null;
}

/** Without the frame that some versions draw. */
function bare(line: string): string {
  let [from, to] = [0, line.length];
  while (from < to && isFrame(line[from])) from += 1;
  while (to > from && isFrame(line[to - 1])) to -= 1;
  return line.slice(from, to);
}

const isFrame = (sign: string | undefined): boolean => sign !== undefined && ' \t\r│┃|\u00a0'.includes(sign);

/** What sets the colours of a terminal. */
const colours = new RegExp(String.raw`${String.fromCharCode(27)}\[[0-?]*[ -/]*[@-~]`, 'g');
