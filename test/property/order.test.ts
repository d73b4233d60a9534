// Reports that carry a key and their own time may come in any order, more than once, alone or together: the totals are
// the same, and each counts once.
import fc from 'fast-check';
import t from 'tap';
import type { Command } from '../../src/events/command.js';
import type { PoolId } from '../../src/events/scalars.js';
import { register, usage } from '../support/command.js';
import { equal } from '../support/equal.js';
import { noon } from '../support/fold.js';
import { logFault, type TestLedger, temporaryLedger } from '../support/ledger.js';

const seed = Number(process.env.SEED ?? 20_260_106);
const names = ['Ada', 'Grace', 'Zoë'];

const report = fc.record({
  name: fc.constantFrom(...names),
  mode: fc.constantFrom('autonomy', 'collaboration'),
  cost: fc.nat(1_000_000),
  tokens: fc.nat(1_000),
  hoursAgo: fc.nat(72),
});
const reports = fc.array(report, { minLength: 2, maxLength: 60 }).chain((distinct) => {
  const places = fc.array(fc.nat(distinct.length - 1), { maxLength: 30 });
  const arrival = places.chain((repeated) =>
    fc.shuffledSubarray([...distinct.keys(), ...repeated], { minLength: distinct.length + repeated.length }),
  );
  return fc.record({
    distinct: fc.constant(distinct),
    arrival,
    cuts: fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
  });
});

t.comment(`seed ${seed}`);

t.test('order, repetition and batches change no total', async (t) => {
  const test = await temporaryLedger(t, { timeZone: 'America/New_York' });
  let count = 0;
  await fc.assert(
    fc.asyncProperty(reports, async ({ distinct, arrival, cuts }) => {
      count += 1;
      const commands = distinct.map(({ name, mode, cost, tokens, hoursAgo }, i) =>
        usage(
          name,
          { mode, cost_micro_usd: cost, tokens: { input: tokens } },
          { key: `report ${i}`, occurred_at: noon - hoursAgo * 3_600_000 },
        ),
      );
      const [plain, shuffled] = [`plain-${count}`, `shuffled-${count}`] as [PoolId, PoolId];
      await openPool(test, plain);
      await openPool(test, shuffled);
      await test.ledger.submit(plain, { commands });
      // All at once: what waits for the same commit is decided together.
      const submissions = cut(
        arrival.map((i) => commands[i] as Command),
        cuts,
      );
      const outcomes = (
        await Promise.all(submissions.map((part) => test.ledger.submit(shuffled, { commands: part })))
      ).flat();

      equal(outcomes.filter(({ status }) => status === 'recorded').length, distinct.length, 'recorded');
      equal(
        outcomes.filter(({ status }) => status === 'repeated').length,
        arrival.length - distinct.length,
        'repeated',
      );
      const seqs = outcomes.map((outcome) => (outcome.status === 'rejected' ? 0 : outcome.receipt?.seq));
      equal(new Set(seqs).size, distinct.length, 'a repetition has the receipt of the first');
      equal(await totals(test, shuffled), await totals(test, plain), 'totals');
      const events = await test.ledger.readStored(shuffled, { limit: 1_000 });
      equal(logFault(events), null, 'chain');
      equal(events.length, 1 + names.length + distinct.length, 'events');
    }),
    { numRuns: 40, seed, endOnFailure: true },
  );
  t.pass(`${count} sets of reports`);
});

async function openPool(test: TestLedger, pool: PoolId): Promise<void> {
  await test.ledger.addPool(pool);
  await test.ledger.submit(pool, { commands: names.map((name) => register(name)) });
}

function cut<T>(values: readonly T[], sizes: Iterator<number>): T[][] {
  const parts: T[][] = [];
  for (let from = 0; from < values.length; from += (parts.at(-1) as T[]).length) {
    parts.push(values.slice(from, from + (sizes.next().value as number)));
  }
  return parts;
}

const totals = async ({ ledger }: TestLedger, pool: PoolId) =>
  Promise.all([
    ledger.query(
      `SELECT claude_name, date, autonomous_tokens, collaborative_tokens, total_tokens, autonomous_cost_micro_usd, collaborative_cost_micro_usd,
       total_cost_micro_usd, reports FROM daily_resource_share WHERE pool = ? ORDER BY claude_name, date`,
      [pool],
    ),
    ledger.query(
      'SELECT claude_name, mode, count(*) AS rows, sum(total_tokens) AS tokens, sum(cost_micro_usd) AS cost FROM resource_share_increments WHERE pool = ? GROUP BY claude_name, mode ORDER BY claude_name, mode',
      [pool],
    ),
  ]);
