/** Statements of people on the tables: what a runaway one costs those who append, and how fast and in what memory all rows are exported. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { StatementDatabase } from '../src/engines/open-statements.js';
import type { Ledger } from '../src/ledger/ledger.js';
import { limits } from '../src/limits.js';
import { Problem } from '../src/problems.js';
import { SqlGate } from '../src/viewer/gate.js';
import { PostgresServer } from '../test/support/postgres-server.js';
import type { Benchmark, Result, Scale } from './benchmark.js';
import { exportFigures, missingSqlite3 } from './exports.js';
import { median, quantile, runsOf, withFolder } from './measure.js';
import { residentMb } from './memory.js';
import { command, openLedger, pool, report } from './reports.js';
import type { Figure } from './target.js';

const limitMs = limits.viewerMsDefault;
const warmAppends = 2_000;
/** Idle and loaded in turn, so that what else the machine does meets both. */
const rounds = 5;

const endless = 'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)';

interface Engine {
  readonly name: string;
  /** 1,000,000 texts of 500 characters, in the order of the texts. */
  readonly sort: string;
  /** The process that works on a statement. */
  readonly worker: () => Promise<number | undefined>;
}

export const sql: Benchmark = {
  title: 'Statements of people',
  question: `Appends one after the other, without and with a statement that runs until it is ended at its limit of ${limitMs / 1_000} s: an endless one, and one that sorts 500 MB; on both engines. Exports of all rows over HTTP, against \`sqlite3 -csv\` on the same rows.`,
  async run(scale): Promise<Result> {
    const onSqlite = await withFolder((folder) =>
      besideAppends(
        scale,
        { database: folder },
        {
          name: 'SQLite',
          sort: `${endless} SELECT n, t FROM (SELECT n, hex(randomblob(250)) AS t FROM c LIMIT 1000000) ORDER BY t`,
          worker: async () => childRunning('query-child.js'),
        },
      ),
    );
    const exports = await exportFigures(scale);
    return {
      figures: [...onSqlite, ...(await onPostgres(scale)), ...exports.figures],
      notes: [
        'A sort ends with an answer, or is ended by its limit of time or memory.',
        'Memory of a sort: the resident memory of the process that works on it, looked at every 20 ms. On PostgreSQL it includes the shared buffers that it has touched.',
        ...(exports.hasSqlite3 ? [] : [missingSqlite3]),
        ...exports.notes,
      ],
    };
  },
};

async function onPostgres(scale: Scale): Promise<Figure[]> {
  const server = await PostgresServer.start({ fsync: 'on', full_page_writes: 'on', shared_buffers: '256MB' });
  try {
    const role = `reader_${randomBytes(6).toString('hex')}`;
    await server.query(`CREATE ROLE ${role} LOGIN; REVOKE CREATE, TEMP ON DATABASE postgres FROM PUBLIC;
      REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO ${role};
      ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${role}`);
    const readerUrl = new URL(server.url());
    readerUrl.username = role;
    const running = `SELECT pid FROM pg_stat_activity WHERE application_name = 'resource-share-viewer' AND state = 'active'`;
    return await besideAppends(
      scale,
      { database: server.url(), readerUrl: readerUrl.href },
      {
        name: 'PostgreSQL',
        sort: `SELECT n, t FROM (SELECT n, repeat(md5(n::text), 16) AS t FROM generate_series(1, 1000000) AS n) AS made ORDER BY t`,
        worker: async () => (await server.query<{ pid: number }>(running))[0]?.pid,
      },
    );
  } finally {
    await server.remove();
  }
}

async function besideAppends(scale: Scale, database: StatementDatabase, engine: Engine): Promise<Figure[]> {
  const ledger = await openLedger(database.database);
  const gate = new SqlGate(database);
  try {
    await appendFor(ledger, async () => undefined, warmAppends);
    const figures: Figure[] = [];
    for (const [what, statement] of [
      ['an endless statement', `${endless} SELECT count(*) FROM c`],
      ['a sort of 500 MB', engine.sort],
    ] as const)
      figures.push(...figuresOf(`${what} on ${engine.name}`, await inTurn(scale, ledger, gate, engine, statement)));
    return figures;
  } finally {
    await gate.close();
    await ledger.close();
  }
}

interface Measured {
  readonly idle: readonly number[];
  readonly loaded: readonly number[];
  readonly answeredMs: readonly number[];
  readonly memoryMb: number;
}

async function inTurn(scale: Scale, ledger: Ledger, gate: SqlGate, engine: Engine, sql: string): Promise<Measured> {
  const idle: number[] = [];
  const loaded: number[] = [];
  const answeredMs: number[] = [];
  let memoryMb = 0;
  const rest = { ...scale, runs: scale.quick ? 1 : rounds };
  for (const _ of runsOf(rest, `appending beside a statement on ${engine.name}`)) {
    idle.push(...(await appendFor(ledger, () => wait(limitMs))));
    const memory = watchMemory(engine.worker);
    loaded.push(...(await appendFor(ledger, async () => void answeredMs.push(await answered(gate, sql)))));
    memoryMb = Math.max(memoryMb, await memory.stop());
    // What stands in for an ended process has started by then.
    await wait(1_500);
  }
  return { idle, loaded, answeredMs, memoryMb };
}

/** Milliseconds from the question to its answer, whatever it is. */
async function answered(gate: SqlGate, sql: string): Promise<number> {
  const started = performance.now();
  try {
    await gate.page({ sql, values: {} }, { caller: 'bench', signal: new AbortController().signal });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'query_too_slow') throw error;
  }
  return performance.now() - started;
}

/** Milliseconds that each append took, one after the other, while something goes on, and so many of them at least. */
async function appendFor(ledger: Ledger, meanwhile: () => Promise<void>, least = 0): Promise<number[]> {
  let isOver = false;
  const other = meanwhile().finally(() => {
    isOver = true;
  });
  const took: number[] = [];
  for (let i = 0; !isOver || i < least; i += 1) {
    const started = performance.now();
    await ledger.submitOne(pool, command(report(i)));
    took.push(performance.now() - started);
  }
  await other;
  return took;
}

function watchMemory(worker: Engine['worker']) {
  const stopped = new AbortController();
  const look = async () => {
    let peak = 0;
    let pid: number | undefined;
    while (!stopped.signal.aborted) {
      pid ??= await worker();
      const { now } = pid === undefined ? { now: Number.NaN } : residentMb(pid);
      if (!Number.isNaN(now)) peak = Math.max(peak, now);
      await wait(20);
    }
    return peak;
  };
  const peak = look();
  return {
    stop(): Promise<number> {
      stopped.abort();
      return peak;
    },
  };
}

/** A process that this one started, by a part of its command line. */
function childRunning(program: string): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
        return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program);
      } catch {
        return false;
      }
    });
}

function figuresOf(what: string, { idle, loaded, answeredMs, memoryMb }: Measured): Figure[] {
  return [
    {
      name: `p99 of appends beside ${what}`,
      value: quantile(loaded, 0.99),
      unit: 'ms',
      baseline: { name: 'without', value: quantile(idle, 0.99) },
      target: { atMost: 2, ratio: true },
    },
    {
      name: `p50 of appends beside ${what}`,
      value: median(loaded),
      unit: 'ms',
      baseline: { name: 'without', value: median(idle) },
    },
    {
      name: `${what} is answered, at the latest`,
      value: Math.max(...answeredMs),
      unit: 'ms',
      target: { atMost: limitMs + 1_000 },
    },
    {
      name: `memory of ${what}`,
      value: memoryMb,
      unit: 'MB',
      target: { atMost: memoryMbMax },
    },
  ];
}

/** It is looked at every 100 ms, and grows meanwhile. */
const memoryMbMax = limits.viewerMemoryMibMax * 1.5;
