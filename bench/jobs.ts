/**
 * What jobs cost on SQLite: a claim and its end beside bare commits, in one transaction, a sweep of 10,000 claims that ran out, what
 * appends have to wait beside it, and a daemon that has nothing to do.
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { NewJob } from '../src/engines/job-store.js';
import { openDatabase } from '../src/engines/sqlite/database-file.js';
import { JobTables } from '../src/engines/sqlite/jobs.js';
import { migrate } from '../src/engines/sqlite/schema.js';
import { limits } from '../src/limits.js';
import { systemClock } from '../src/runtime/clock.js';
import { spawnDaemon } from '../test/support/daemon.js';
import type { Benchmark } from './benchmark.js';
import { median, perSecond, quantile, withFolder } from './measure.js';
import { cpuMsOf } from './processor.js';
import { command, openLedger, pool, report } from './reports.js';
import type { Figure } from './target.js';

const swept = 10_000;
const addedAtOnce = 1_000;
const everything = swept * 2;
/** Of what is compared with something else, in turns. */
const rounds = 5;
const idleSeconds = 60;

export const jobs: Benchmark = {
  title: 'Jobs',
  question:
    'Jobs claimed and completed one by one, two commits each, beside half as many bare commits of one row; the same in one transaction; a sweep of 10,000 claims that ran out, and appends beside such sweeps, against at rest; and a daemon that nobody asks, for a minute.',
  async run({ quick }) {
    const { figures, notes } = await tableFigures(quick);
    return { figures: [...figures, await besideSweeps(quick), await atRest(quick)], notes };
  },
};

const tableFigures = (quick: boolean): Promise<{ figures: Figure[]; notes: string[] }> =>
  withFolder(async (folder) => {
    const db = openDatabase(join(folder, 'resource_tracking.db'), 'writer');
    try {
      migrate(db);
      const tables = new JobTables(db, systemClock);
      const count = quick ? 200 : 2_000;
      const bare: number[] = [];
      const oneByOne: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        bare.push(bareCommits(folder, (count * 2) / rounds) / 2);
        addJobs(tables, count / rounds, `one ${round}`);
        oneByOne.push(doJobs(tables, count / rounds, `one ${round}`));
      }
      addJobs(tables, count, 'together');
      const together = db.transaction(() => doJobs(tables, count, 'together'))();
      const sweep = sweepAll(db, tables);
      return {
        figures: [
          {
            name: 'claimed and completed, two commits each',
            value: median(oneByOne),
            unit: 'jobs/s',
            baseline: { name: 'half of the bare commits', value: median(bare) },
            target: { atLeast: 0.8, ratio: true },
          },
          {
            name: 'claimed and completed in one transaction',
            value: together,
            unit: 'jobs/s',
            target: { atLeast: 5_000 },
          },
          { name: `sweep of ${swept} claims`, value: sweep.allMs, unit: 'ms', target: { atMost: 300 } },
          { name: 'its longest transaction', value: Math.max(...sweep.eachMs), unit: 'ms', target: { atMost: 50 } },
        ],
        notes: [
          `A transaction of the sweep takes back ${limits.jobsSweptAtOnce} claims: ${median(sweep.eachMs).toFixed(1)} ms in the median.`,
        ],
      };
    } finally {
      db.close();
    }
  });

/** Commits of one row each, synced as the ledger's are. */
function bareCommits(folder: string, count: number): number {
  const db = new Database(join(folder, 'bare.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT) STRICT');
  const insert = db.prepare('INSERT INTO rows (text) VALUES (?)');
  const started = performance.now();
  for (let i = 0; i < count; i++) insert.run('a row');
  const rate = perSecond(count, started);
  db.close();
  return rate;
}

function addJobs(tables: JobTables, count: number, kind: string): void {
  const base = { pool: null, kind, payload: '{}', runAt: 0, priority: 0, attemptsMax: 5, dedupe: null, schedule: null };
  const made = Array.from(
    { length: count },
    (_, i): NewJob => ({ ...base, id: `${kind} ${String(i).padStart(6, '0')}` }),
  );
  for (let i = 0; i < count; i += addedAtOnce) tables.add(made.slice(i, i + addedAtOnce), everything);
}

function doJobs(tables: JobTables, count: number, kind: string): number {
  const started = performance.now();
  for (let done = 0; done < count; done++) {
    const [next] = tables.look([kind]).due;
    const claim = next === undefined ? null : tables.claim(next.id, 'bench', limits.jobLeaseMs);
    if (claim === null) throw new Error('no job is due');
    tables.complete(claim, null, null);
  }
  return perSecond(count, started);
}

function sweepAll(
  db: Database.Database,
  tables: JobTables,
): { readonly allMs: number; readonly eachMs: readonly number[] } {
  addJobs(tables, swept, 'gone');
  db.exec(`UPDATE jobs SET state = 'running', token = 1, attempts = 1, lease_until = 1 WHERE kind = 'gone'`);
  const eachMs: number[] = [];
  for (let more = true; more; ) {
    const started = performance.now();
    more = tables.reclaim(limits.jobsSweptAtOnce).length === limits.jobsSweptAtOnce;
    eachMs.push(performance.now() - started);
  }
  return { allMs: eachMs.reduce((sum, ms) => sum + ms, 0), eachMs };
}

/** Single appends, one after the other: a few hundred at rest and as many beside sweeps, in turns. */
const besideSweeps = (quick: boolean): Promise<Figure> =>
  withFolder(async (folder) => {
    const ledger = await openLedger(folder);
    const store = ledger.jobStore;
    const gone = openDatabase(join(folder, 'resource_tracking.db'), 'writer');
    const times: Record<'rest' | 'beside', number[]> = { rest: [], beside: [] };
    const appendUntil = async (into: number[], isOver: () => boolean) => {
      for (let i = 0; !isOver(); i += 1) {
        const started = performance.now();
        await ledger.submitOne(pool, command(report(i)));
        into.push(performance.now() - started);
      }
    };
    try {
      addJobs(new JobTables(gone, systemClock), swept, 'gone');
      for (let round = 0; round < (quick ? 5 : 20); round += 1) {
        gone.exec(`UPDATE jobs SET state = 'running', token = token + 1, attempts = 1, lease_until = 1`);
        // What this wrote is not for the appends to wait for.
        gone.pragma('wal_checkpoint(TRUNCATE)');
        let over = false;
        const appending = appendUntil(times.beside, () => over);
        while ((await store.reclaim(limits.jobsSweptAtOnce)).length === limits.jobsSweptAtOnce);
        over = true;
        await appending;
        const enough = times.beside.length;
        await appendUntil(times.rest, () => times.rest.length >= enough);
      }
    } finally {
      gone.close();
      await ledger.close();
    }
    return {
      name: 'p99 of an append beside a sweep',
      value: quantile(times.beside, 0.99),
      unit: 'ms',
      baseline: { name: 'at rest', value: quantile(times.rest, 0.99) },
      target: { atMost: 2, ratio: true },
    };
  });

/** In percent of a core, all threads; what its schedules have it do every minute is in it. */
const atRest = (quick: boolean): Promise<Figure> =>
  withFolder(async (folder) => {
    await (await openLedger(folder)).close();
    const daemon = await spawnDaemon(folder);
    try {
      // What it does at its start, and for the first time, is over.
      await wait((quick ? 5 : idleSeconds) * 1_000);
      const before = cpuMsOf(daemon.pid);
      const started = performance.now();
      await wait((quick ? 10 : idleSeconds) * 1_000);
      const share = (cpuMsOf(daemon.pid) - before) / (performance.now() - started);
      return { name: 'a daemon at rest', value: share * 100, unit: '% of a core', target: { atMost: 0.2 } };
    } finally {
      await daemon.stop();
    }
  });
