// Whatever the weights, the shares of those who take part make up the whole window.
import fc from 'fast-check';
import t from 'tap';
import { livingIdentities } from '../../src/events/identities.js';
import type { EpochMs } from '../../src/events/scalars.js';
import { allocationsOf } from '../../src/fairness/allocate.js';
import { staticPolicy } from '../../src/fairness/policy.js';
import { command, reading, register, usage } from '../support/command.js';
import { Fold } from '../support/fold.js';

const allocations = (fold: Fold) =>
  [...livingIdentities(fold.state)].flatMap((identity) =>
    allocationsOf(staticPolicy, fold.state, identity, fold.at as EpochMs),
  );

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

t.test('shares are one whole in every window, and balances cancel out', async (t) => {
  const weight = fc.double({ min: 0.001, max: 1_000, noNaN: true });
  const member = fc.record({
    weight,
    cost: fc.nat(1_000_000),
    gone: fc.constantFrom('here', 'here', 'retired', 'quarantined'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 12 }), async (members) => {
      const fold = new Fold();
      fold.take(reading('week_all', 2_000));
      fold.take(reading('session_5hour', 100));
      fold.take(register('Always'));
      for (const [i, { weight, cost, gone }] of members.entries()) {
        fold.take(register(`agent ${i}`, { weight, ...(gone === 'quarantined' ? { status: gone } : {}) }));
        if (gone === 'retired') fold.take(command('identity.retired', { name: `agent ${i}` }));
        fold.take(usage(`agent ${i}`, { cost_micro_usd: cost }));
      }
      const rows = allocations(fold);
      for (const window of ['week_all', 'session_5hour']) {
        const own = rows.filter((row) => row.window === window);
        const whole = sum(own.map(({ share }) => share));
        if (Math.abs(whole - 1) > 1e-9) throw new Error(`the shares of ${window} are ${whole}`);
        if (Math.abs(sum(own.map(({ balance }) => balance))) > own.length)
          throw new Error('balances do not cancel out');
        if (own.some(({ share, remaining }) => remaining !== null && (remaining < 0 || remaining > share))) {
          throw new Error('more is left than the share');
        }
      }
    }),
    { numRuns: 60, seed: 11 },
  );
  t.pass('60 pools');
});

t.test('one that left, or is set apart, has no share', async (t) => {
  const fold = new Fold();
  for (const name of ['Ada', 'Grace']) fold.take(register(name));
  fold.take(register('Eve', { status: 'quarantined' }));
  fold.take(command('identity.retired', { name: 'Grace' }));
  t.strictSame(
    allocations(fold).map(({ identity, share, window }) => [identity.name, share, window]),
    [
      ['Ada', 1, 'none'],
      ['Grace', 0, 'none'],
      ['Eve', 0, 'none'],
    ],
  );
});

t.test('nobody with a share is no division by nothing', async (t) => {
  const fold = new Fold();
  fold.take(register('Ada'));
  fold.take(command('identity.retired', { name: 'Ada' }));
  t.strictSame(
    allocations(fold).map(({ share, balance }) => [share, balance]),
    [[0, 0]],
  );
});
