/**
 * Runs the benchmarks and writes docs/benchmarks.md. `--quick` does a reduced set and writes nothing; names of
 * benchmarks as arguments run only those, and write nothing either.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { packageRoot } from '../src/package-root.js';
import { advice } from './advice.js';
import { append } from './append.js';
import { http } from './http.js';
import { machine } from './machine.js';
import { type Benchmark, type Figure, isMet, ratioOf, type Scale } from './measure.js';
import { ndjson } from './ndjson.js';
import { postgres } from './postgres.js';
import { replay } from './replay.js';

const benchmarks: Readonly<Record<string, Benchmark>> = { append, http, advice, ndjson, replay, postgres };

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const quick = process.argv.includes('--quick');
const scale: Scale = quick ? { quick, runs: 1, logEvents: 100_000 } : { quick, runs: 3, logEvents: 1_000_000 };

let missed = 0;
const sections: string[] = [];
for (const [name, benchmark] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n${benchmark.title}\n`);
  const figures = await benchmark.run(scale);
  for (const figure of figures) {
    if (isMet(figure) === false) missed += 1;
    process.stdout.write(`  ${row(figure).join('  ')}\n`);
  }
  sections.push(section(benchmark, figures));
}
process.stdout.write(missed === 0 ? '\nEvery target met.\n' : `\n${missed} targets missed.\n`);
if (!quick && wanted.length === 0) {
  writeFileSync(join(packageRoot, 'docs', 'benchmarks.md'), document(sections));
  process.stdout.write('Wrote docs/benchmarks.md\n');
}

function row(figure: Figure): string[] {
  const { name, value, unit, baseline, target } = figure;
  const ratio = ratioOf(figure);
  const met = isMet(figure);
  const bound = target?.atLeast !== undefined ? `≥ ${number(target.atLeast)}` : `≤ ${number(target?.atMost ?? 0)}`;
  return [
    name,
    `${number(value)} ${unit}`,
    baseline === undefined || ratio === null
      ? ''
      : `${ratio.toFixed(2)} × ${baseline.name} (${number(baseline.value)})`,
    target === undefined ? '' : `${bound}${target.ratio === true ? ' ×' : ''}`,
    met === null ? '' : met ? 'met' : 'missed',
  ];
}

function section({ title, question }: Benchmark, figures: readonly Figure[]): string {
  const rows = figures.map((figure) => `| ${row(figure).join(' | ')} |`);
  return [
    `## ${title}`,
    '',
    question,
    '',
    '| what | figure | against | target | |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function document(parts: readonly string[]): string {
  const db = new Database(':memory:');
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  db.close();
  return `# Benchmarks

Written by \`npm run bench\` (medians of ${scale.runs} runs). Loads come from processes of their own. Ratios are of figures
from the same run, as machines differ and this one is shared.

Machine: ${machine()}, SQLite ${version}, \`synchronous=FULL\`.

${parts.join('\n\n')}
`;
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 });
}
