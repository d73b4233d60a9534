// Made-up histories, played into pools of one ledger: whatever is sent, in whatever batches, the log is whole, the tables
// say what an independent model says, and everything but the log can be thrown away and made again.
import fc from 'fast-check';
import t from 'tap';
import { evolve } from '../../src/events/evolve.js';
import type { PoolId } from '../../src/events/scalars.js';
import { emptyState, restoreState, serialiseState } from '../../src/events/state.js';
import { projections } from '../../src/projections/projector.js';
import { dumpPool, dumpTables } from '../support/dump.js';
import { variant } from '../support/engines.js';
import { equal } from '../support/equal.js';
import { logFault, type TestLedger, temporaryLedger } from '../support/ledger.js';
import { Model, withoutNothing } from '../support/model.js';
import { comparable, type Played, play } from '../support/play.js';
import { histories } from '../support/steps.js';

const seed = Number(process.env.SEED ?? 20_260_105);
const runs = Number(process.env.RUNS ?? 30);
const stepsMax = 60;
/** A history that fails is made shorter only on request: every try plays it again. */
const endOnFailure = process.env.SHRINK === undefined;

t.comment(`seed ${seed}`);

t.test('a history results in what the model says, in any batches', async (t) => {
  const test = await temporaryLedger(t);
  let count = 0;
  const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 12 }));
  await fc.assert(
    fc.asyncProperty(histories(stepsMax), sizes, async (history, batchSizes) => {
      count += 1;
      const [one, many] = [`one-${count}`, `many-${count}`] as [PoolId, PoolId];
      const played = await play(test, one, history);
      await agreesWithModel(test, one, history.zone, played);
      await logIsWhole(test, one, played);
      const batched = await play(test, many, history, () => batchSizes.next().value ?? 1);
      equal(
        batched.map(({ outcome }) => comparable(outcome)),
        played.map(({ outcome }) => comparable(outcome)),
        'outcomes',
      );
      equal(
        await dumpPool(test.ledger.tables, many),
        await dumpPool(test.ledger.tables, one),
        'rows of the batched pool',
      );
      await stateIsRestored(test, one);
    }),
    { numRuns: runs, seed, endOnFailure },
  );
  t.equal((await test.replay({ check: true })).identical, true, 'a replay of all pools gives what is live');
  const before = await dumpTables(test.ledger.tables);
  const heads = await test.ledger.heads();
  t.ok(Object.values(before).flat().length > 500, 'there was something to compare');
  await test.close();

  await variant.meddle(test.place, 'DROP VIEW recent_increments; DROP VIEW usage_by_hour');
  for (const { name } of projections.flatMap(({ tables }) => tables))
    await variant.meddle(test.place, `DROP TABLE ${name}`);
  const rebuilt = await temporaryLedger(t, { place: test.place, clock: test.clock });
  t.same(
    await rebuilt.ledger.outdatedProjections(),
    projections.map(({ name }) => name),
    'empty tables are not trusted',
  );
  t.equal((await rebuilt.replay()).swapped, true);
  t.strictSame(
    await dumpTables(rebuilt.ledger.tables),
    before,
    'dropped and replayed, the rows are the same to the byte',
  );
  t.ok(
    (await rebuilt.ledger.heads()).every(({ head }, i) => head.seq === (heads[i]?.head.seq ?? 0) + 1),
    'one event says so',
  );
});

t.test('tables as of an event are those of a ledger that stopped there', async (t) => {
  const test = await temporaryLedger(t);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(histories(40), fc.nat(), async (history, where) => {
      count += 1;
      const [whole, cut] = [`whole-${count}`, `cut-${count}`] as [PoolId, PoolId];
      await play(test, whole, history, () => 5);
      const steps = history.steps.slice(0, 1 + (where % history.steps.length));
      await play(test, cut, { ...history, steps });
      const at = (await test.ledger.head(cut)).seq;
      await test.ledger.keepCheckpoints(7);
      for (const name of ['usage', 'daily', 'quota', 'identities', 'allocations'] as const) {
        const filter = { limit: 1_000, descending: false };
        const then = await test.ledger.readTable(whole, name, filter, at);
        const now = await test.ledger.readTable(cut, name, filter);
        equal(then.rows.map(withoutOwn), now.rows.map(withoutOwn), `${name} as of ${at}`);
      }
    }),
    { numRuns: Math.ceil(runs / 5), seed, endOnFailure },
  );
  const [kept] = await test.ledger.query<{ rows: number }>('SELECT count(*) AS rows FROM checkpoints');
  t.ok((kept?.rows ?? 0) > count, `${count} histories with ${kept?.rows} checkpoints`);
});

function withoutOwn(row: Record<string, unknown>): Record<string, unknown> {
  const { id: _id, pool: _pool, event_id: _event, corrects: _corrects, ...rest } = row;
  return rest;
}

async function agreesWithModel(test: TestLedger, pool: PoolId, zone: string, played: readonly Played[]): Promise<void> {
  const model = new Model(zone);
  for (const { command, outcome, at } of played) {
    model.now = at;
    const taken = model.take(command, outcome.status === 'recorded' ? outcome.receipt.id : undefined);
    if (taken !== (outcome.status === 'recorded')) {
      throw new Error(
        `the model ${taken ? 'took' : 'refused'} ${JSON.stringify(command)}, the ledger: ${JSON.stringify(outcome)}`,
      );
    }
  }
  const { tables } = test.ledger;
  const increments = await tables.query<Sums>(
    'SELECT claude_name AS label, sum(total_tokens) AS tokens, sum(coalesce(cost_micro_usd, 0)) AS cost FROM resource_share_increments WHERE pool = ? GROUP BY claude_name',
    [pool],
  );
  equal(sumsOf(increments), model.totals, 'sums of the increments');
  const daily = await tables.query<Sums>(
    `SELECT claude_name || ' ' || date || ' autonomy' AS label, autonomous_tokens AS tokens, autonomous_cost_micro_usd AS cost FROM daily_resource_share WHERE pool = ?
     UNION ALL SELECT claude_name || ' ' || date || ' collaboration', collaborative_tokens, collaborative_cost_micro_usd FROM daily_resource_share WHERE pool = ?`,
    [pool, pool],
  );
  equal(sumsOf(daily), model.daily, 'daily totals');
  const [readings] = await tables.query<{ rows: number }>('SELECT count(*) AS rows FROM quota_info WHERE pool = ?', [
    pool,
  ]);
  equal(readings?.rows, model.readings, 'readings that stand');
}

interface Sums {
  readonly label: string;
  readonly tokens: number;
  readonly cost: number;
}

const sumsOf = (rows: readonly Sums[]) =>
  withoutNothing(Object.fromEntries(rows.map(({ label, tokens, cost }) => [label, [tokens, cost]])));

async function logIsWhole(test: TestLedger, pool: PoolId, played: readonly Played[]): Promise<void> {
  const events = await test.ledger.readStored(pool, { limit: 10_000 });
  equal(logFault(events), null, 'chain');
  equal(
    events.map(({ seq }) => seq),
    events.map((_, i) => i + 1),
    'no gap',
  );
  equal(
    events.every(({ id }, i) => i === 0 || id > (events[i - 1]?.id ?? '')),
    true,
    'ids grow',
  );
  const asked = events.filter(
    ({ key, type }) => key !== null && type !== 'identity.registered' && type !== 'alert.raised',
  );
  equal(new Set(asked.map(({ key }) => key)).size, asked.length, 'each key once');
  const receipts = played.flatMap(({ outcome }) => (outcome.status === 'recorded' ? [outcome.receipt] : []));
  equal(
    receipts.map(({ id }) => id),
    receipts.map(({ seq }) => events[seq - 1]?.id),
    'receipts name what is in the log',
  );
  equal(
    receipts.map(({ hash }) => hash),
    receipts.map(({ seq }) => events[seq - 1]?.hash),
    'receipts carry its hash',
  );
}

/** A state kept at some event, and the events after it, give the live state; so do all events. */
async function stateIsRestored(test: TestLedger, pool: PoolId): Promise<void> {
  const events = await test.ledger.readEvents(pool, { limit: 10_000 });
  let state = emptyState(pool);
  for (const [i, event] of events.entries()) {
    evolve(state, event);
    if (i % 7 === 3) state = restoreState(serialiseState(state));
  }
  equal(serialiseState(state), serialiseState(test.ledger.state(pool)), 'state');
}
