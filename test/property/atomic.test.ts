// An atomic request is recorded whole or not at all, and says which item spoiled it.
import fc from 'fast-check';
import t from 'tap';
import type { Command } from '../../src/events/command.js';
import type { PoolId } from '../../src/events/scalars.js';
import { command, register, usage } from '../support/command.js';
import { dumpPool } from '../support/dump.js';
import { equal } from '../support/equal.js';
import { minutes } from '../support/fold.js';
import { type TestLedger, temporaryLedger } from '../support/ledger.js';

const seed = Number(process.env.SEED ?? 20_260_107);

/** Items by whether they can be recorded in a pool that knows Ada, has used the key `used`, and was refused the key `refused`. */
const good = ['use', 'fresh name', 'keyed', 'repeated', 'nothing to do'] as const;
const bad = ['future', 'unknown identity', 'key reused', 'refused before'] as const;
type Item = (typeof good)[number] | (typeof bad)[number];

const items = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<Item>(...good) },
    { weight: 1, arbitrary: fc.constantFrom<Item>(...bad) },
  ),
  {
    minLength: 1,
    maxLength: 12,
  },
);

t.comment(`seed ${seed}`);

t.test('all or nothing', async (t) => {
  const test = await temporaryLedger(t);
  const used = usage('Ada', { cost_micro_usd: 1 }, { key: 'used' });
  const refused = command('agent.paused', { name: 'Nobody' }, { key: 'refused' });
  const commandFor = (item: Item, i: number): Command => {
    const make: Record<Item, () => Command> = {
      use: () => usage('Ada', { cost_micro_usd: i }),
      'fresh name': () => usage(`Eve ${i}`, { cost_micro_usd: i }),
      keyed: () => usage('Ada', { cost_micro_usd: i }, { key: `key ${i}` }),
      repeated: () => used,
      'nothing to do': () => command('agent.resumed', { name: 'Ada' }),
      future: () => usage('Ada', {}, { occurred_at: test.clock.now() + minutes(10) }),
      'unknown identity': () => command('agent.paused', { name: 'Nobody' }),
      'key reused': () => usage('Ada', { cost_micro_usd: 2 }, { key: 'used' }),
      'refused before': () => refused,
    };
    return make[item]();
  };
  let count = 0;
  await fc.assert(
    fc.asyncProperty(items, async (chosen) => {
      count += 1;
      const pool = `pool-${count}` as PoolId;
      await test.ledger.addPool(pool);
      await test.ledger.submit(pool, { commands: [register('Ada'), used, refused] });
      const before = await picture(test, pool);
      const outcomes = await test.ledger.submit(pool, { commands: chosen.map(commandFor), atomic: true });
      const after = await picture(test, pool);
      const spoiler = chosen.findIndex((item) => (bad as readonly Item[]).includes(item));
      if (spoiler < 0) {
        equal(
          outcomes.filter(({ status }) => status === 'rejected'),
          [],
          'rejected',
        );
        equal(
          outcomes.map(({ status }) => status),
          chosen.map(statusOf),
          'statuses',
        );
        return;
      }
      equal(after, before, `what the pool holds after ${chosen.join(', ')}`);
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome.status !== 'rejected') throw new Error(`${chosen[i]} was ${outcome.status}`);
        equal(outcome.code === 'atomic_failed', i !== spoiler, `${chosen[i]}: ${outcome.code}`);
      }
      const [again] = await test.ledger.submit(pool, {
        commands: [usage('Ada', {}, { key: `key ${chosen.indexOf('keyed')}` })],
      });
      equal(again?.status, 'recorded', 'a key of a request that failed is free');
    }),
    { numRuns: 60, seed, endOnFailure: true },
  );
  t.pass(`${count} requests`);
});

const statusOf = (item: Item) => (item === 'repeated' || item === 'nothing to do' ? 'repeated' : 'recorded');

async function picture({ ledger }: TestLedger, pool: PoolId): Promise<unknown> {
  return [await ledger.readStored(pool, { limit: 1_000 }), await dumpPool(ledger.tables, pool)];
}
