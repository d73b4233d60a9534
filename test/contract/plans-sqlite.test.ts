/**
 * Goal: events that a filter asks for are found by its index, however many there are of them, and whatever SQLite thinks of
 * the log on average. The statements are those that the product sends.
 */
import Database from 'better-sqlite3';
import t from 'tap';
import type { EventQuery } from '../../src/engines/engine.js';
import { LogTables } from '../../src/engines/sqlite/log.js';
import { migrate } from '../../src/engines/sqlite/schema.js';
import type { PoolId } from '../../src/events/scalars.js';
import { noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';

const pool = 'default' as PoolId;
const events = 50_000;
const middle = events / 2;

/** Of few sources and names, so that by its statistics SQLite would rather read the log from end to end. */
const filled = `
  INSERT INTO events WITH numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${events})
    SELECT n, 'default', n, '01' || printf('%024d', n), iif(n % 20 = 0, 'quota.read', 'usage.recorded'), 1, ${noon} + n,
      ${noon} + n, 'local', iif(n % 5000 = 0, 'rare/1', 'test/1'), 'key ' || n, iif(n % 10 = 0, 'event ' || n % 100, NULL),
      '{}', zeroblob(32), zeroblob(32), 1, 'Agent ' || n % 2 FROM numbers;
  UPDATE pools SET head_seq = ${events};
  ANALYZE`;

const filters: Record<string, readonly [filter: Partial<EventQuery>, search: RegExp]> = {
  'no filter': [{}, /USING INTEGER PRIMARY KEY/],
  'a source nobody has': [
    { source: 'nobody/1' },
    /USING INDEX events_by_source \(source=\? AND rowid>\? AND rowid<\?\)/,
  ],
  'a source and two names': [
    { source: 'rare/1', names: ['Agent 1', 'Agent 2'] },
    /events_by_source \(source=\? AND rowid/,
  ],
  'a source and uses': [{ source: 'rare/1', types: ['usage.recorded'] }, /events_by_source \(source=\? AND rowid/],
  'a name': [{ names: ['Nobody'] }, /USING INDEX events_by_name \(pool=\? AND claude_name=\? AND place/],
  'a name and a source': [
    { names: ['Nobody'], source: 'test/1' },
    /events_by_name \(pool=\? AND claude_name=\? AND place/,
  ],
  'a type': [{ types: ['policy.set'] }, /USING INDEX events_by_type \(pool=\? AND type=\? AND place/],
  'what belongs to an event': [
    { correlates: 'event 10' },
    /USING INDEX events_by_correlates \(correlates=\? AND rowid/,
  ],
};

function filledLog(t: Scope): { db: Database.Database; log: LogTables } {
  const db = new Database(':memory:');
  t.teardown(() => db.close());
  migrate(db);
  const log = new LogTables(db);
  log.createPool(pool, noon);
  db.exec(filled);
  return { db, log };
}

t.test('events are found by the index of a filter, in order and from any place on', async (t) => {
  const { db } = filledLog(t);
  for (const [name, [filter, search]] of Object.entries(filters)) {
    for (const backwards of [false, true]) {
      const query = { after: middle, limit: 3, backwards, ...filter };
      const asked = {
        events: () => new LogTables(db).readEvents(pool, query),
        text: () => new LogTables(db).readTexts(pool, query, ','),
      };
      for (const [as, ask] of Object.entries(asked)) {
        const plans = sentBy(db, ask)
          .map((statement) => planOf(db, statement).filter((step) => / events\b/.test(step) || /ORDER BY/.test(step)))
          .filter((plan) => plan.length > 0);
        t.ok(plans.length > 0, `${name}, ${as}`);
        for (const plan of plans) {
          t.equal(plan.length, 1, `${name}: ${plan.join('; ')}`);
          t.match(plan[0], search, `${name}, ${as}${backwards ? ', backwards' : ''}`);
        }
      }
    }
  }
});

t.test('a page of a source has its events and no others', async (t) => {
  const { log } = filledLog(t);
  const seqs = (query: Partial<EventQuery>) => log.readEvents(pool, { limit: 3, ...query }).map(({ seq }) => seq);
  t.strictSame(seqs({ source: 'nobody/1' }), []);
  t.strictSame(seqs({ source: 'rare/1', after: middle }), [30_000, 35_000, 40_000]);
  t.strictSame(seqs({ source: 'rare/1', upTo: middle - 1, backwards: true }), [20_000, 15_000, 10_000]);
  t.strictSame(seqs({ source: 'test/1', after: 4_998 }), [4_999, 5_001, 5_002]);
  t.strictSame(seqs({ source: 'test/1', backwards: true }), [49_999, 49_998, 49_997]);
  t.strictSame(seqs({ source: 'rare/1', names: ['Agent 1'] }), []);
});

interface Sent {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** Statements that a task has rows from, with their values: SQLite plans by those, too. */
function sentBy(db: Database.Database, task: () => unknown): Sent[] {
  const sent: Sent[] = [];
  const { prepare } = db;
  db.prepare = ((sql: string) => {
    const statement = prepare.call(db, sql);
    for (const method of ['all', 'get'] as const) {
      const asked = statement[method].bind(statement) as (...values: unknown[]) => never;
      statement[method] = (...values: unknown[]) => {
        sent.push({ sql, values });
        return asked(...values);
      };
    }
    return statement;
  }) as typeof prepare;
  try {
    task();
  } finally {
    db.prepare = prepare;
  }
  return sent;
}

function planOf(db: Database.Database, { sql, values }: Sent): string[] {
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
  return steps.map(({ detail }) => detail);
}
