/** Results as text: lines for a terminal, and docs/benchmarks.md. */
import type { Benchmark, Result, Table } from './benchmark.js';
import { repeatedEventsMax } from './measure.js';
import { type Figure, isMet, ratioOf, shown, targetText } from './target.js';

export interface Section {
  readonly benchmark: Benchmark;
  readonly result: Result;
}

export function printed({ figures, tables = [], notes = [] }: Result): string {
  const lines = figures.map((figure) => `  ${cellsOf(figure).filter(Boolean).join('  ')}`);
  const grids = tables.map(({ title, columns, rows }) => `\n  ${title}\n${grid([columns, ...rows])}`);
  return [...lines, ...grids, ...notes.map((note) => `\n  ${note}`)].join('\n');
}

export function verdicts(sections: readonly Section[]): { readonly met: number; readonly missed: readonly string[] } {
  const held = sections.flatMap(({ benchmark, result }) =>
    result.figures.map((figure) => ({ met: isMet(figure), text: `${benchmark.title}: ${cellsOf(figure).join('  ')}` })),
  );
  return {
    met: held.filter(({ met }) => met === true).length,
    missed: held.filter(({ met }) => met === false).map(({ text }) => text),
  };
}

export function page(
  sections: readonly Section[],
  facts: { readonly runs: number; readonly events: number; readonly machine: string },
): string {
  const held = sections.flatMap(({ benchmark, result }) =>
    result.figures
      .filter(({ target }) => target !== undefined)
      .map((figure) => [`[${benchmark.title}](#${anchor(benchmark.title)})`, ...cellsOf(figure)]),
  );
  return `# Benchmarks

Written by \`npm run bench -- --events ${facts.events}\` (medians of ${facts.runs} runs, but a log of more than ${shown(repeatedEventsMax)} events is gone through once; so many events has the largest log). Loads come from processes of their own. Ratios are of figures
from the same run, as machines differ and this one is shared. \`npm run bench -- --help\` says how to run parts of it.

Machine: ${facts.machine}

## Targets

${markdown({ title: '', columns: ['where', 'what', 'figure', 'against', 'target', ''], rows: held })}

[What makes it fast](decisions/0007-speed.md) says why targets are missed, and where the time goes.

${sections.map(section).join('\n\n')}
`;
}

function section({ benchmark, result }: Section): string {
  const { figures, tables = [], notes = [] } = result;
  return [
    `## ${benchmark.title}`,
    benchmark.question,
    markdown({ title: '', columns: ['what', 'figure', 'against', 'target', ''], rows: figures.map(cellsOf) }),
    ...tables.flatMap((table) => [`${table.title}:`, markdown(table)]),
    ...notes,
  ].join('\n\n');
}

function cellsOf(figure: Figure): string[] {
  const { name, value, unit, baseline, target } = figure;
  const ratio = ratioOf(figure);
  const met = isMet(figure);
  return [
    name,
    `${shown(value)} ${unit}`,
    baseline === undefined || ratio === null ? '' : `${shown(ratio)} × ${baseline.name} (${shown(baseline.value)})`,
    targetText(target),
    met === null ? '' : met ? 'met' : 'missed',
  ];
}

function markdown({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns), `|${columns.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function grid(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()).join('\n');
}

const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
