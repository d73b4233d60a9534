/** What jobs cost on SQLite: a claim and its end beside bare commits, in one transaction, and a sweep of 10,000 claims that ran out. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { NewJob } from '../src/engines/job-store.js';
import { openDatabase } from '../src/engines/sqlite/database-file.js';
import { JobTables } from '../src/engines/sqlite/jobs.js';
import { migrate } from '../src/engines/sqlite/schema.js';
import { limits } from '../src/limits.js';
import { systemClock } from '../src/runtime/clock.js';
import type { Benchmark } from './benchmark.js';
import { median, perSecond, withFolder } from './measure.js';

const swept = 10_000;
const addedAtOnce = 1_000;
const everything = swept * 2;

export const jobs: Benchmark = {
  title: 'Jobs',
  question:
    'Jobs claimed and completed one by one, two commits each, beside half as many bare commits of one row; the same in one transaction; and a sweep of 10,000 claims that ran out.',
  run: ({ quick }) =>
    withFolder(async (folder) => {
      const db = openDatabase(join(folder, 'resource_tracking.db'), 'writer');
      try {
        migrate(db);
        const tables = new JobTables(db, systemClock);
        const count = quick ? 200 : 2_000;
        const bare = bareCommits(folder, count * 2);
        addJobs(tables, count, 'one');
        const oneByOne = doJobs(tables, count, 'one');
        addJobs(tables, count, 'together');
        const together = db.transaction(() => doJobs(tables, count, 'together'))();
        const sweep = sweepAll(db, tables);
        return {
          figures: [
            {
              name: 'claimed and completed, two commits each',
              value: oneByOne,
              unit: 'jobs/s',
              baseline: { name: 'half of the bare commits', value: bare / 2 },
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
    }),
};

/** Commits of one row each, synced as the ledger's are. */
function bareCommits(folder: string, count: number): number {
  const db = new Database(join(folder, 'bare.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT) STRICT');
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
