/**
 * Goal: the cost of a time up to now is what the rows of that time add up to, whatever came, left or was rebuilt since
 * it was asked for last, and is not added up as a whole each time.
 */
import t from 'tap';
import type { EpochMs, PoolId } from '../../src/events/scalars.js';
import { command, register, usage } from '../support/command.js';
import { variant } from '../support/engines.js';
import { hours, minutes } from '../support/fold.js';
import { pool, type TestLedger, temporaryLedger } from '../support/ledger.js';
import { randomSource } from '../support/random.js';

const second = 'second' as PoolId;
const seed = Number(process.env.SEED ?? 1);

const since = ({ clock }: TestLedger) => (clock.now() - hours(24)) as EpochMs;

async function addedUp(test: TestLedger): Promise<number> {
  const sql = `SELECT SUM(cost_micro_usd) AS cost FROM resource_share_increments WHERE pool = ? AND timestamp > ?`;
  const [row] = await test.ledger.query<{ cost: number | null }>(sql, [pool, new Date(since(test)).toISOString()]);
  return row?.cost ?? 0;
}

const asked = (test: TestLedger) => test.ledger.costSince(pool, since(test));

t.test('it is what the rows add up to, as time and the log go on', async (t) => {
  const test = await temporaryLedger(t);
  const random = randomSource(seed);
  const below = (end: number) => Math.floor(random() * end);
  await test.ledger.addPool(second);
  t.equal(await asked(test), 0, 'nothing was used');
  await test.record(register('Ada'), register('Dan'));
  let isMerged = false;
  const steps: readonly (() => Promise<unknown>)[] = [
    () => test.record(usage('Ada', { cost_micro_usd: below(9_999) })),
    () =>
      test.record(usage('Bob', { cost_micro_usd: below(9_999) }, { occurred_at: test.clock.now() - below(hours(30)) })),
    () => test.ledger.submitOne(second, usage('Cy', { cost_micro_usd: below(9_999) })),
    async () => {
      const occurredAt = test.clock.now() - below(hours(24));
      const [receipt] = await test.record(usage('Ada', { cost_micro_usd: 500 }, { occurred_at: occurredAt }));
      test.clock.advance(minutes(below(100)));
      const difference = { cost_micro_usd: -below(500) };
      await test.record(command('usage.corrected', { corrects: receipt?.id, difference, reason: 'counted twice' }));
    },
    async () => {
      if (isMerged) return;
      isMerged = true;
      await test.record(usage('Dan', { cost_micro_usd: 77 }));
      await test.record(command('identity.merged', { from: 'Dan', into: 'Ada' }));
    },
    async () => {
      test.clock.advance(minutes(below(200)));
    },
    async () => {
      test.clock.advance(below(10) === 0 ? hours(below(40)) : below(3));
    },
  ];
  for (let i = 0; i < 150; i += 1) {
    await (steps[below(steps.length)] as () => Promise<unknown>)();
    if (below(3) === 0) t.equal(await asked(test), await addedUp(test), `step ${i} of seed ${seed}`);
  }
});

t.test('many may ask at once, while uses come', async (t) => {
  const test = await temporaryLedger(t);
  const uses = Array.from({ length: 40 }, (_, i) => test.record(usage('Ada', { cost_micro_usd: i + 1 })));
  const answers = await Promise.all(Array.from({ length: 40 }, () => asked(test)));
  const sums = new Set(Array.from({ length: 41 }, (_, i) => (i * (i + 1)) / 2));
  t.strictSame(
    answers.filter((answer) => !sums.has(answer)),
    [],
    'each is the cost of the uses up to one of them',
  );
  await Promise.all(uses);
  t.equal(await asked(test), 820);
});

t.test('time that goes back changes nothing', async (t) => {
  const test = await temporaryLedger(t);
  await test.record(usage('Ada', { cost_micro_usd: 5 }, { occurred_at: test.clock.now() - hours(23) }));
  test.clock.advance(hours(2));
  t.equal(await asked(test), 0);
  test.clock.goTo(test.clock.now() - hours(2));
  t.equal(await asked(test), 5);
});

t.test('rows that were added up are not looked at again', async (t) => {
  const test = await temporaryLedger(t);
  await test.record(usage('Ada', { cost_micro_usd: 5 }));
  t.equal(await asked(test), 5);
  await variant.meddle(test.place, 'UPDATE resource_share_increments SET cost_micro_usd = 1000');
  await test.record(usage('Ada', { cost_micro_usd: 7 }));
  t.equal(await asked(test), 12);
});

t.test('after a replay the rows that it built count', async (t) => {
  const test = await temporaryLedger(t);
  await test.record(usage('Ada', { cost_micro_usd: 5 }), usage('Bob', { cost_micro_usd: 6 }));
  await variant.meddle(test.place, 'UPDATE resource_share_increments SET cost_micro_usd = 1000');
  t.equal(await asked(test), 2_000, 'rows are believed');
  t.equal((await test.replay()).swapped, true);
  t.equal(await asked(test), 11);
});
