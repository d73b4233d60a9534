/**
 * Rows as a borderless table. Nothing is ever cut: columns that do not fit beside the others go on in a second line of each row,
 * and of the heading, a little to the right.
 */
import { visible } from '../text/visible.js';
import { stdoutColours } from './colours.js';
import { printLine, wrapped } from './output.js';
import { textWidth } from './text-width.js';

export interface Column<R> {
  readonly head: string;
  readonly value: (row: R) => string | number | null | undefined;
  readonly right?: boolean;
  /** Its texts are broken between words where they do not fit. */
  readonly wrap?: boolean;
}

const gap = 2;
const furtherLinesIndent = 2;
/** A text that is broken between words gets so much room at least. */
const wrapWidthMin = 24;

/** `indent` is how many columns from the left it begins. */
export function printTable<R>(columns: readonly Column<R>[], rows: readonly R[], empty: string, indent = 0): void {
  const margin = ' '.repeat(indent);
  if (rows.length === 0) {
    printLine(margin + empty);
    return;
  }
  const heads = columns.map(({ head }) => visible(head));
  const cells = rows.map((row) => columns.map(({ value }) => shown(value(row))));
  const lines = layOut(columns, [heads, ...cells], terminalWidth() - indent);
  const head = linesOf(lines, heads).map((line) => stdoutColours.bold(line));
  const text = [...head, ...cells.flatMap((row) => linesOf(lines, row))];
  process.stdout.write(`${text.map((line) => margin + line).join('\n')}\n`);
}

/** A column in its place. */
interface Slot {
  readonly column: number;
  readonly width: number;
  readonly right: boolean;
}

/** The lines of a row, each with the columns that stand in it. */
function layOut(columns: readonly Column<never>[], rows: readonly (readonly string[])[], width: number): Slot[][] {
  const lines: Slot[][] = [];
  let line: Slot[] = [];
  let used = 0;
  for (const [column, { right = false, wrap = false }] of columns.entries()) {
    const needed = Math.max(...rows.map((row) => textWidth(row[column] as string)));
    const least = wrap ? Math.min(needed, wrapWidthMin) : needed;
    if (line.length > 0 && used + gap + least > width) {
      lines.push(line);
      line = [];
      used = furtherLinesIndent;
    }
    const before = line.length > 0 ? used + gap : used;
    const own = wrap ? Math.max(least, Math.min(needed, width - before)) : needed;
    line.push({ column, width: own, right });
    used = before + own;
  }
  return [...lines, line];
}

function linesOf(lines: readonly (readonly Slot[])[], row: readonly string[]): string[] {
  return lines.flatMap((slots, i) => {
    const texts = slots.map(({ column, width }) => wrapped(row[column] as string, width));
    const height = Math.max(...texts.map((parts) => parts.length));
    const margin = i === 0 ? '' : ' '.repeat(furtherLinesIndent);
    return Array.from({ length: height }, (_, part) =>
      (margin + slots.map((slot, j) => padded(texts[j]?.[part] ?? '', slot)).join(' '.repeat(gap))).trimEnd(),
    );
  });
}

function padded(text: string, { width, right }: Slot): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return right ? space + text : text + space;
}

/** A pipe has no width: each row is one line there, unless COLUMNS says otherwise. */
function terminalWidth(): number {
  return process.stdout.columns ?? (Number(process.env.COLUMNS) || Number.POSITIVE_INFINITY);
}

function shown(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === '') return '–';
  return visible(String(value));
}
