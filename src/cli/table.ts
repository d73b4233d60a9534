/** Rows as a borderless table that fits the terminal: the widest columns are cut with `…` until it does. */
import Table from 'cli-table3';
import { stdoutColours } from './colours.js';

export interface Column<R> {
  readonly head: string;
  readonly value: (row: R) => string | number | null | undefined;
  readonly right?: boolean;
  /** Goes on in the next line where it does not fit, instead of being cut. */
  readonly wrap?: boolean;
}

const gap = 2;
/** A text is long when it is longer than a time. */
const longCharacters = 20;
const columnCharactersMin = 6;

/** `indent` is how many columns from the left it begins. */
export function printTable<R>(columns: readonly Column<R>[], rows: readonly R[], empty: string, indent = 0): void {
  const margin = ' '.repeat(indent);
  if (rows.length === 0) {
    process.stdout.write(`${margin}${empty}\n`);
    return;
  }
  const cells = rows.map((row) => columns.map(({ value }) => shown(value(row))));
  const table = new Table({
    head: columns.map(({ head }) => stdoutColours.bold(head)),
    chars: borderless,
    colWidths: fittingWidths(columns, cells, terminalWidth() - indent),
    colAligns: columns.map(({ right }) => (right === true ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': gap },
    truncate: '…',
  });
  table.push(...cells.map((row) => row.map((content, i) => ({ content, wordWrap: columns[i]?.wrap === true }))));
  const lines = table.toString().split('\n');
  process.stdout.write(`${lines.map((line) => `${margin}${line}`.trimEnd()).join('\n')}\n`);
}

const borderless = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((part) => [part, '']),
);

/** A pipe has no width: nothing is cut for it, unless COLUMNS says so. */
function terminalWidth(): number {
  return process.stdout.columns ?? (Number(process.env.COLUMNS) || Number.POSITIVE_INFINITY);
}

/** Long texts give way first, so that times and numbers stay readable as long as they can. */
function fittingWidths(columns: readonly Column<never>[], cells: readonly string[][], width: number): number[] {
  const widths = columns.map(
    ({ head }, i) => Math.max(head.length, ...cells.map((row) => (row[i] as string).length)) + gap,
  );
  const isLong = widths.map((each) => each > longCharacters + gap);
  let excess = widths.reduce((sum, each) => sum + each, 0) - width;
  for (const shrinkable of [isLong, widths.map(() => true)]) {
    for (; excess > 0; excess -= 1) {
      const candidates = widths.map((each, i) => (shrinkable[i] === true ? each : 0));
      const widest = candidates.indexOf(Math.max(...candidates));
      if ((candidates[widest] as number) <= columnCharactersMin + gap) break;
      widths[widest] = (widths[widest] as number) - 1;
    }
  }
  return widths;
}

/** Control characters would be carried out by the terminal: a cell shows them as dots. */
function shown(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === '') return '–';
  return String(value).replace(/\p{Cc}/gu, '·');
}
