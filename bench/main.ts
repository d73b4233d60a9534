/** Runs the benchmarks, prints each target with its figure, and writes docs/benchmarks.md. `--help` says how. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { packageRoot } from '../src/package-root.js';
import { advice } from './advice.js';
import { append } from './append.js';
import { helpText, parseArguments } from './arguments.js';
import { backup } from './backup.js';
import type { Benchmark } from './benchmark.js';
import { checkpoints } from './checkpoints.js';
import { coop } from './coop.js';
import { page, printed, type Section, verdicts } from './document.js';
import { following } from './following.js';
import { hooks } from './hooks.js';
import { http } from './http.js';
import { ingest } from './ingest.js';
import { jobs } from './jobs.js';
import { keys } from './keys.js';
import { live } from './live.js';
import { LongLogs } from './logs.js';
import { machine } from './machine.js';
import { names } from './names.js';
import { operations } from './operations.js';
import { postgres } from './postgres.js';
import { pushed } from './pushed.js';
import { reads } from './reads.js';
import { replay } from './replay.js';
import { sources } from './sources.js';
import { sql } from './sql.js';
import { statusline } from './statusline.js';

const benchmarks: Readonly<Record<string, Benchmark>> = {
  append,
  http,
  ingest,
  replay,
  live,
  jobs,
  keys,
  reads,
  operations,
  names,
  advice,
  sources,
  pushed,
  following,
  coop,
  hooks,
  statusline,
  checkpoints,
  backup,
  postgres,
  sql,
};
const leftOutOfQuick = ['advice', 'postgres'];
const runs = 3;

const asked = askedFor();
if (asked.help) {
  process.stdout.write(helpText(Object.entries(benchmarks).map(([name, { title }]) => ({ name, title }))));
} else {
  const folder = asked.log === null ? mkdtempSync(join(tmpdir(), 'resource-share-bench-logs-')) : resolve(asked.log);
  try {
    await run(new LongLogs(folder, asked.events));
  } finally {
    if (asked.log === null) rmSync(folder, { recursive: true, force: true });
  }
}

async function run(logs: LongLogs): Promise<void> {
  const scale = { quick: asked.quick, runs: asked.quick ? 1 : runs, logs };
  const sections: Section[] = [];
  for (const name of chosen()) {
    const benchmark = benchmarks[name] as Benchmark;
    const started = performance.now();
    process.stdout.write(`\n${benchmark.title}\n`);
    const result = await benchmark.run(scale);
    sections.push({ benchmark, result });
    const seconds = Math.round((performance.now() - started) / 1_000);
    process.stdout.write(`${printed(result)}\n  (${seconds} s)\n`);
  }
  const { met, missed } = verdicts(sections);
  process.stdout.write(`\n${met} targets met, ${missed.length} missed${missed.length > 0 ? ':' : '.'}\n`);
  for (const text of missed) process.stdout.write(`  ${text}\n`);
  if (asked.quick || asked.names.length > 0) return;
  writeFileSync(
    join(packageRoot, 'docs', 'benchmarks.md'),
    page(sections, { runs, events: asked.events, machine: `${machine()}, ${sqlite()}` }),
  );
  process.stdout.write('Wrote docs/benchmarks.md\n');
}

function chosen(): readonly string[] {
  const all = Object.keys(benchmarks);
  if (asked.names.length > 0) return all.filter((name) => asked.names.includes(name));
  return asked.quick ? all.filter((name) => !leftOutOfQuick.includes(name)) : all;
}

function sqlite(): string {
  const db = new Database(':memory:');
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  db.close();
  return `SQLite ${version}, \`synchronous=FULL\`.`;
}

function askedFor() {
  try {
    return parseArguments(process.argv.slice(2), Object.keys(benchmarks));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nnpm run bench -- --help says what there is.\n`);
    process.exit(64);
  }
}
