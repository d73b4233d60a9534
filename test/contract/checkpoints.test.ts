/**
 * Goal: a table of the past is the same wherever its folding began, and does not cost more the longer the log is: it begins at
 * the checkpoint before, not at the first event.
 */
import t from 'tap';
import { limits } from '../../src/limits.js';
import type { Page } from '../../src/projections/pages.js';
import { type TableName, type TableRow, tableNames } from '../../src/projections/table-reader.js';
import { command, reading, register, usage } from '../support/command.js';
import { variant } from '../support/engines.js';
import { hours, minutes } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { pool, type TestLedger, temporaryLedger } from '../support/ledger.js';

/** Events between two checkpoints. */
const every = 10;

/** Uses, corrections, readings, one of which is rejected, closed days and a merge, over two days: 81 events. */
async function lived(t: Scope): Promise<TestLedger> {
  const test = await temporaryLedger(t);
  await test.record(register('Ada'), register('Bob', { weight: 2 }), register('Cy'));
  let rejected = '';
  for (let i = 0; i < 70; i += 1) {
    test.clock.advance(minutes(37));
    const [receipt] = await test.record(usage(['Ada', 'Bob', 'Cy'][i % 3] as string, { cost_micro_usd: 1_000 + i }));
    if (i === 5) {
      const [read] = await test.record(reading('week_all', 1_000, { resets_at: test.clock.now() + hours(100) }));
      rejected = read?.id ?? '';
    }
    if (i === 20) await test.record(command('agent.paused', { name: 'Cy', until: test.clock.now() + minutes(5) }));
    if (i === 30) await test.record(command('quota.rejected', { corrects: rejected, reason: 'misread' }));
    if (i === 40) await test.record(command('day.closed', { date: '2026-01-05' }));
    if (i === 50) await test.record(command('identity.merged', { from: 'Bob', into: 'Ada' }));
    if (i === 60) {
      const difference = { cost_micro_usd: -7 };
      await test.record(command('usage.corrected', { corrects: receipt?.id, difference, reason: 'counted twice' }));
    }
  }
  return test;
}

/** Every table before, at and after a checkpoint, and between what changes more than a row. */
async function pasts({ ledger }: TestLedger): Promise<Page<TableRow>[]> {
  const pages: Page<TableRow>[] = [];
  for (const seq of [9, 10, 34, 60, 77]) {
    for (const name of tableNames) pages.push(await ledger.readTable(pool, name, { limit: 200 }, seq));
  }
  return pages;
}

const counted = async ({ ledger }: TestLedger) =>
  ledger.query<{ part: string; rows: number }>(
    'SELECT part, count(*) AS rows FROM checkpoints GROUP BY part ORDER BY part',
  );

async function reopened(t: Scope, test: TestLedger): Promise<TestLedger> {
  await test.close();
  return temporaryLedger(t, { place: test.place, clock: test.clock });
}

t.test('tables of the past are the same with checkpoints as without', { timeout: 400_000 }, async (t) => {
  const first = await lived(t);
  const expected = await pasts(first);
  t.strictSame(await counted(first), []);
  await first.ledger.keepCheckpoints(every);
  const test = await reopened(t, first);
  const { seq } = await test.ledger.head(pool);
  const [identities, state] = [await counted(test)].flatMap((rows) => [rows[0], rows.at(-1)]);
  t.equal(Number(state?.rows), Math.floor(seq / every), 'one every ten events');
  t.match(identities, { part: 'claude_identities' });
  t.strictSame(await pasts(test), expected);
});

t.test('checkpoints go on where they ended, and are due when the log has grown enough', async (t) => {
  const test = await lived(t);
  const stateAt = async () =>
    (await test.ledger.query<{ seq: number }>(`SELECT seq FROM checkpoints WHERE part = 'state' ORDER BY seq`)).map(
      ({ seq }) => seq,
    );
  await test.ledger.keepCheckpoints(40);
  const before = await stateAt();
  await test.ledger.keepCheckpoints(40);
  t.strictSame(await stateAt(), before);
  const { seq } = await test.ledger.head(pool);
  await test.record(...Array.from({ length: 45 }, () => usage('Ada')));
  const now = await test.ledger.readTable(pool, 'daily', { limit: 200 });
  await test.ledger.keepCheckpoints(40);
  t.strictSame(await stateAt(), [...before, before.length * 40 + 40]);
  const head = await test.ledger.head(pool);
  t.ok(head.seq > seq + 40);
  t.strictSame(await test.ledger.readTable(pool, 'daily', { limit: 200 }, head.seq), now);
});

t.test('events before the checkpoint are not read', async (t) => {
  const test = await lived(t);
  const asked = (name: TableName, seq: number) => test.ledger.readTable(pool, name, { limit: 200 }, seq);
  await test.ledger.keepCheckpoints(every);
  await variant.meddle(test.place, `UPDATE events SET payload = '{},{}' WHERE seq = 4`);
  for (const name of ['daily', 'quota', 'identities', 'allocations'] as const) {
    t.ok((await asked(name, 25)).rows.length > 0, name);
  }
  await t.rejects(asked('daily', 7), { message: /whose payload is no JSON object/ }, 'there is none before that');
});

t.test('far from a checkpoint the log is folded all the same', async (t) => {
  const test = await temporaryLedger(t);
  const uses = limits.checkpointEventsEvery + 500;
  const commands = Array.from({ length: 500 }, () => usage('Ada', { cost_micro_usd: 1 }));
  for (let sent = 0; sent < uses; sent += commands.length) await test.ledger.submit(pool, { commands });
  const asOf = async (seq: number) => (await test.ledger.readTable(pool, 'daily', { limit: 200 }, seq)).rows;
  t.match(await asOf(uses), [{ claude_name: 'Ada', reports: uses - 2 }], 'without the pool and the identity');
  await test.ledger.keepCheckpoints();
  t.match(await asOf(uses - 1), [{ claude_name: 'Ada', reports: uses - 3 }]);
});

t.test('historical usage is read from the current table, unless a merge has renamed its rows', async (t) => {
  const test = await lived(t);
  await test.record(usage('Cy', {}, { occurred_at: test.clock.now() - hours(24) }));
  await variant.meddle(test.place, `UPDATE events SET payload = '{},{}' WHERE seq = 4`);
  const events = await test.ledger.readStored(pool, { types: ['identity.merged'], limit: 1 });
  const merged = events[0]?.seq ?? 0;
  const page = await test.ledger.readTable(pool, 'usage', { limit: 200 }, merged);
  t.equal(page.rows[0]?.seq, merged - 1, 'the newest first');
  t.ok(
    page.rows.every(({ seq }) => Number(seq) < merged),
    'nothing that was reported later, of whatever time it is',
  );
  t.ok(page.rows.every(({ claude_name }) => claude_name !== 'Bob'));
  await t.rejects(test.ledger.readTable(pool, 'usage', { limit: 200 }, merged - 1), {
    message: /whose payload is no JSON object/,
  });
});

t.test('checkpoints of other rules are not used, and made again', async (t) => {
  const test = await lived(t);
  const asked = () => test.ledger.readTable(pool, 'daily', { limit: 200 }, 45);
  const expected = await asked();
  await test.ledger.keepCheckpoints(every);
  const made = await counted(test);
  await variant.meddle(test.place, `UPDATE checkpoints SET rules = 'others', contents = '[]' WHERE part <> 'state'`);
  await variant.meddle(test.place, `UPDATE checkpoints SET rules = 'others', contents = '{}' WHERE part = 'state'`);
  const again = await reopened(t, test);
  t.strictSame(await again.ledger.readTable(pool, 'daily', { limit: 200 }, 45), expected);
  await again.ledger.keepCheckpoints(every);
  t.strictSame(await counted(again), made);
  const right = await again.ledger.query(`SELECT 1 FROM checkpoints WHERE rules = 'others'`);
  t.strictSame(right, []);
});

t.test('a replay that finds the tables wrong forgets checkpoints; any other leaves them', async (t) => {
  const test = await lived(t);
  await test.ledger.keepCheckpoints(every);
  const made = await counted(test);
  await test.replay();
  t.strictSame(await counted(test), made, 'the tables were right');
  await variant.meddle(test.place, 'UPDATE daily_resource_share SET reports = 99');
  await test.replay({ check: true });
  t.strictSame(await counted(test), made, 'it only compared');
  await test.replay();
  t.strictSame(await counted(test), []);
});
