// The guard between the product and a PostgreSQL server sees what it is there to see, and its faults are those of real clusters.
import pg from 'pg';
import t from 'tap';
import { violationsOf } from '../support/dialect.js';
import type { Scope } from '../support/folder.js';
import { temporaryDatabase } from '../support/postgres.js';
import { type Fault, faults, type GuardOptions, PostgresGuard } from '../support/postgres-guard.js';
import { queryOnce } from '../support/postgres-server.js';

t.test('names what is outside the dialect', async (t) => {
  const cases: [string, string[]][] = [
    ['CREATE TABLE t (id BIGSERIAL)', ['sequence']],
    ['CREATE TABLE t (id BIGINT GENERATED ALWAYS AS IDENTITY)', ['sequence']],
    ["SELECT nextval('s')", ['sequence']],
    ['CREATE SEQUENCE s', ['sequence']],
    ['SELECT pg_try_advisory_xact_lock(1)', ['advisory lock']],
    ['LISTEN events', ['notification']],
    ["SELECT 1; NOTIFY events, 'x'", ['notification']],
    ["SELECT pg_notify('events', '')", ['notification']],
    ['SELECT * FROM jobs FOR UPDATE\n SKIP LOCKED', ['skipping of locked rows']],
    ['CREATE OR REPLACE CONSTRAINT TRIGGER x AFTER INSERT ON t', ['trigger']],
    ['DO $$ BEGIN END $$', ['procedural language']],
    ['CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql', ['procedural language']],
    ['CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES u (a))', ['foreign key']],
    ['CREATE TABLE t (a INT REFERENCES u)', ['foreign key']],
    ['SELECT txid_current()', ['transaction id']],
    ['SELECT pg_current_xact_id()', ['transaction id']],
    ['SELECT pg_current_snapshot()', ['transaction id']],
    ["SELECT '{}'::jsonb", ['jsonb']],
    ['SELECT jsonb_agg(a) FROM t', ['jsonb']],
    ['SAVEPOINT a', ['savepoint']],
    ['ROLLBACK TO SAVEPOINT a', ['savepoint']],
    ['ROLLBACK TRANSACTION TO a', ['savepoint']],
    ['SELECT e.xmin, ctid FROM events e', ['system column']],
    ['INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = excluded.a', []],
    ["SELECT 'nextval; LISTEN it''s jsonb' -- SKIP LOCKED\n /* DO \n SAVEPOINT */ FROM do_list", []],
    ['SELECT listen, notify FROM preferences WHERE sequence = $1', []],
    ['BEGIN', []],
    ['ROLLBACK', []],
    ['SELECT * FROM pools WHERE pool = $1 FOR UPDATE', []],
  ];
  for (const [sql, expected] of cases) t.strictSame(violationsOf(sql), expected, sql);
});

/** A guarded database with a table, and a client of it. */
async function guarded(t: Scope, options: GuardOptions) {
  const direct = await temporaryDatabase(t);
  await queryOnce(direct, 'CREATE TABLE kept (n INT)');
  const guard = await PostgresGuard.start(direct, options);
  t.teardown(() => guard.stop());
  const connected = async () => {
    const client = new pg.Client(guard.through(direct));
    client.on('error', () => undefined);
    t.teardown(() => client.end().catch(() => undefined));
    await client.connect();
    return client;
  };
  const kept = async () => (await queryOnce<{ n: number }>(direct, 'SELECT n FROM kept ORDER BY n')).map(({ n }) => n);
  return { guard, connected, kept };
}

const named = { name: 'insert', text: 'INSERT INTO kept VALUES ($1)' };

t.test('lets everything else pass, and saw it', async (t) => {
  const { guard, connected, kept } = await guarded(t, { rate: 0 });
  const client = await connected();
  await client.query('BEGIN');
  for (let n = 0; n < 3; n += 1) await client.query({ ...named, values: [n] });
  await client.query('SELECT repeat($1, 200000)', ['x']);
  await client.query('COMMIT');
  await t.rejects(client.query('SELECT nothing'), { code: '42703' });
  await client.query('SELECT txid_current()');
  t.strictSame(await kept(), [0, 1, 2]);
  t.ok(guard.statements.includes(named.text));
  t.ok(guard.statements.includes('COMMIT'));
  t.strictSame(guard.violations, ['transaction id: SELECT txid_current()']);
  t.strictSame(Object.values(guard.injected), [0, 0, 0, 0, 0]);
});

const outcomes: Record<Fault, { error: { code: string } | { message: RegExp }; survives: boolean; kept: number[] }> = {
  conflict: { error: { code: '40001' }, survives: true, kept: [] },
  'commit conflict': { error: { code: '40001' }, survives: true, kept: [] },
  break: { error: { message: /terminated|ECONNRESET/ }, survives: false, kept: [] },
  'commit lost': { error: { message: /terminated|ECONNRESET/ }, survives: false, kept: [] },
  'answer lost': { error: { message: /terminated|ECONNRESET/ }, survives: false, kept: [1, 2, 3, 4] },
};

for (const fault of faults) {
  t.test(`injects: ${fault}`, async (t) => {
    const { guard, connected, kept } = await guarded(t, { rate: 1, faults: [fault] });
    const client = await connected();
    await client.query('BEGIN');
    const work = async () => {
      for (const n of [1, 2, 3, 4]) await client.query({ ...named, values: [n] });
      await client.query('COMMIT');
    };
    const expected = outcomes[fault];
    await t.rejects(work(), expected.error);
    t.strictSame(await kept(), expected.kept);
    t.equal(guard.injected[fault], 1);
    if (expected.survives) {
      await client.query('ROLLBACK');
      await client.query({ ...named, values: [9] });
      t.strictSame(await kept(), [9], 'the connection is of use again');
    } else await t.rejects(client.query('SELECT 1'), 'the connection is gone');
    await (await connected()).query('SELECT 1');
    t.strictSame(guard.violations, [], 'what the guard does itself is no violation');
  });
}

t.test('disturbs only the transactions it is told to', async (t) => {
  const { guard, connected, kept } = await guarded(t, { rate: 1, faults: ['conflict'], disturbing: /^INSERT/ });
  const client = await connected();
  await client.query('BEGIN');
  for (let n = 0; n < 5; n += 1) await client.query('SELECT n FROM kept WHERE n = $1', [n]);
  await client.query('COMMIT');
  await client.query({ ...named, values: [1] });
  await client.query('BEGIN');
  const work = async () => {
    for (const n of [2, 3, 4, 5]) await client.query({ ...named, values: [n] });
  };
  await t.rejects(work(), { code: '40001' });
  await client.query('ROLLBACK');
  t.strictSame(await kept(), [1]);
  t.equal(guard.injected.conflict, 1);
});

t.test('disturbs about the share it is told to', async (t) => {
  const { guard, connected, kept } = await guarded(t, { rate: 0.2, faults: ['conflict', 'commit conflict'], seed: 5 });
  const client = await connected();
  let failed = 0;
  for (let n = 0; n < 200; n += 1) {
    await client.query('BEGIN');
    try {
      await client.query({ ...named, values: [n] });
      await client.query('COMMIT');
    } catch {
      failed += 1;
      await client.query('ROLLBACK');
    }
  }
  t.equal((await kept()).length, 200 - failed);
  t.ok(failed > 20 && failed < 60, `${failed} of 200`);
  t.equal(guard.injected.conflict + guard.injected['commit conflict'], failed);
});
