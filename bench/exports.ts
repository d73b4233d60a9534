/** Exports of all rows as CSV, over HTTP from a daemon, and what `sqlite3 -csv` takes for the same rows. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { tableColumns } from '../src/projections/table-reader.js';
import { type Daemon, spawnDaemon } from '../test/support/daemon.js';
import type { Scale } from './benchmark.js';
import { median, runsOf, withFolder } from './measure.js';
import { forgetPeak, residentMb } from './memory.js';
import { databaseFile } from './replay-process.js';
import { command, openLedger, pool, report } from './reports.js';
import { type Figure, shown } from './target.js';

const batchEvents = 1_000;
const newline = 10;
/** Of 1,000,000 rows they are less than the 100 MB that an export of a statement may have. */
const columns = ['id', 'claude_name', 'timestamp', 'mode', 'session', 'total_tokens', 'cost_micro_usd'];
const statement = `SELECT ${columns.join(', ')} FROM resource_share_increments`;
const wholeTable = `SELECT ${tableColumns('usage').join(', ')} FROM resource_share_increments`;

export const missingSqlite3 =
  'sqlite3 is not on this machine (`apt-get install sqlite3`): the exports are compared with nothing.';

interface Exported {
  readonly rowsPerSecond: number;
  /** Of the daemon, from rest to its peak. */
  readonly grownMb: number;
}

export async function exportFigures(scale: Scale) {
  const rows = scale.quick ? 20_000 : 1_000_000;
  const hasSqlite3 = spawnSync('sqlite3', ['-version']).status === 0;
  const figures = await withFolder(async (folder) => {
    await fill(folder, rows);
    const daemon = await spawnDaemon(folder);
    try {
      const table = () => fetch(`${daemon.url}/v1/usage?format=csv`);
      const asked = () =>
        fetch(`${daemon.url}/v1/sql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ sql: statement, format: 'csv' }),
        });
      const file = hasSqlite3 ? join(folder, databaseFile) : null;
      return [
        ...(await inTurn(scale, daemon, rows, 'a table', table, file, wholeTable)),
        ...(await inTurn(scale, daemon, rows, 'a statement', asked, file, statement)),
      ];
    } finally {
      await daemon.stop();
    }
  });
  const notes = [
    `Exports are of ${shown(rows)} rows: of the table with every column by \`/v1/usage?format=csv\`; of the statement, which may have 100 MB, with ${columns.length} columns (${columns.join(', ')}) by \`/v1/sql\`. Their memory is what the daemon has at its peak (VmHWM) above what it has at rest; the process that works on a statement is not in it, and is bounded by ${shown(256)} MiB.`,
  ];
  return { figures, hasSqlite3, notes };
}

async function fill(folder: string, rows: number): Promise<void> {
  const ledger = await openLedger(folder);
  for (let done = 0; done < rows; done += batchEvents) {
    const commands = Array.from({ length: batchEvents }, (_, i) => command(report(done + i)));
    await ledger.submit(pool, { commands });
  }
  await ledger.close();
}

async function inTurn(
  scale: Scale,
  daemon: Daemon,
  rows: number,
  what: string,
  ask: () => Promise<Response>,
  file: string | null,
  sql: string,
): Promise<Figure[]> {
  const ours: Exported[] = [];
  const theirs: number[] = [];
  for (const _ of runsOf(scale, `exporting ${what}`)) {
    ours.push(await exported(daemon, rows, ask));
    if (file !== null) theirs.push(await sqlite3Rate(file, sql, rows));
  }
  const value = median(ours.map(({ rowsPerSecond }) => rowsPerSecond));
  const target = { atLeast: 0.5, ratio: true };
  return [
    {
      name: `export of ${what}`,
      value,
      unit: 'rows/s',
      ...(theirs.length > 0 && { baseline: { name: 'sqlite3 -csv', value: median(theirs) }, target }),
    },
    {
      name: `memory for the export of ${what}`,
      value: Math.max(...ours.map(({ grownMb }) => grownMb)),
      unit: 'MB',
      target: { atMost: 80 },
    },
  ];
}

async function exported({ pid }: Daemon, rows: number, ask: () => Promise<Response>): Promise<Exported> {
  await wait(500);
  forgetPeak(pid);
  const rest = residentMb(pid).now;
  const started = performance.now();
  const response = await ask();
  if (!response.ok || response.body === null) throw new Error(`the export was answered with ${response.status}`);
  const lines = await linesOf(response.body);
  const rowsPerSecond = (rows / (performance.now() - started)) * 1_000;
  if (lines !== rows + 1) throw new Error(`the export has ${lines} lines`);
  return { rowsPerSecond, grownMb: residentMb(pid).peak - rest };
}

async function sqlite3Rate(file: string, sql: string, rows: number): Promise<number> {
  const started = performance.now();
  const child = spawn('sqlite3', ['-readonly', '-header', '-csv', file, sql], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = await linesOf(child.stdout);
  if (lines !== rows + 1) throw new Error(`sqlite3 wrote ${lines} lines`);
  return (rows / (performance.now() - started)) * 1_000;
}

async function linesOf(parts: AsyncIterable<Uint8Array>): Promise<number> {
  let lines = 0;
  for await (const part of parts) {
    for (let at = part.indexOf(newline); at !== -1; at = part.indexOf(newline, at + 1)) lines += 1;
  }
  return lines;
}
