// Goal: looking back, what was fair adds up to what was used, nobody is entitled to more than it could have used, and what
// some lent is what others borrowed.
import fc from 'fast-check';
import t from 'tap';
import { type Claimant, entitle, enviesOf, jainIndex, transfersOf } from '../../src/fairness/entitlement.js';
import { sum } from '../../src/fairness/sum.js';

const claimant = (
  key: string,
  weight: number,
  used: number,
  cap = 1_000,
  within: [string, number][] = [],
): Claimant => ({
  key,
  weight,
  used,
  cap,
  within: new Map(within),
});

/** Dollars, of whole micro-dollars. */
const dollars = fc.integer({ min: 0, max: 1_000_000_000 }).map((micro) => micro / 1_000_000);

const claimants = fc
  .array(
    fc.record({
      weight: fc.double({ min: 0.01, max: 100, noNaN: true }),
      used: dollars,
      room: dollars,
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((rows) => rows.map(({ weight, used, room }, i) => claimant(`k${i}`, weight, used, used + room)));

const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));

t.test('by hand: an equal share, one who asks for less, and who gets the rest', async (t) => {
  const rows = entitle([claimant('a', 1, 6), claimant('b', 1, 3), claimant('c', 2, 3, 3)]);
  t.same(
    rows.map(({ entitled }) => Math.round(entitled * 1e6) / 1e6),
    [4.5, 4.5, 3],
    'c used all it asked for; a and b share the rest evenly',
  );
  t.same(
    rows.map(({ nominal }) => nominal),
    [3, 3, 6],
  );
  t.match(transfersOf(rows), [{ from: 'c', to: 'a', amount: 3 }], 'b is at its nominal share');
  const [envy, ...others] = enviesOf(rows);
  t.match(envy, { from: 'b', to: 'a', amount: 3 });
  t.same(
    others.map(({ from, to }) => `${from}>${to}`),
    [],
    'c has what it asked for, a has most',
  );
});

t.test('a window of some models only is a limit for those it counts', async (t) => {
  const rows = entitle([
    claimant('opus', 1, 8),
    claimant('sonnet 1', 1, 3, 1_000, [['week_sonnet', 1]]),
    claimant('sonnet 2', 1, 1, 1_000, [['week_sonnet', 1]]),
  ]);
  t.same(
    rows.map(({ entitled }) => Math.round(entitled * 1e6) / 1e6),
    [8, 2, 2],
    'what the window held is shared by the two',
  );
  t.same(
    enviesOf(rows).map(({ from, to }) => `${from}>${to}`),
    ['sonnet 2>sonnet 1'],
    'what was used without the window was not there for them',
  );
});

t.test('what somebody without a claim used is shared out among those who have one', async (t) => {
  const rows = entitle([claimant('a', 1, 6, 8), claimant('guest', 0, 4)]);
  t.same(
    rows.map(({ entitled, nominal }) => [entitled, nominal]),
    [
      [10, 10],
      [0, 0],
    ],
    'all ten dollars are for a, though it could have used but eight',
  );
  t.same(enviesOf(rows), [], 'nobody envies without a weight, or for one');
  t.equal(jainIndex(rows), 1, 'nor is it asked how fair that was');
  t.same(
    entitle([claimant('guest', 0, 4)]).map(({ entitled, nominal }) => [entitled, nominal]),
    [[0, 0]],
  );
  t.same(transfersOf(entitle([claimant('a', 1, 3), claimant('b', 2, 6)])), [], 'all have used their part by weight');
});

t.test('entitlements and parts by weight add up to the use, within what each could use', async () => {
  fc.assert(
    fc.property(claimants, (all) => {
      const rows = entitle(all);
      const used = sum(all.map((one) => one.used));
      if (!near(sum(rows.map(({ entitled }) => entitled)), used)) return false;
      if (!near(sum(rows.map(({ nominal }) => nominal)), used)) return false;
      return rows.every(({ entitled, cap }) => entitled >= 0 && entitled <= cap * (1 + 1e-6) + 1e-9);
    }),
  );
});

t.test('nobody with a lower level could have had more', async () => {
  fc.assert(
    fc.property(claimants, (all) => {
      const rows = entitle(all);
      const highest = Math.max(...rows.map(({ entitled, weight }) => entitled / weight));
      return rows.every(
        ({ entitled, weight, cap }) => entitled / weight >= highest * (1 - 1e-6) || entitled >= cap * (1 - 1e-6) - 1e-9,
      );
    }),
  );
});

t.test('what is lent is what is borrowed', async () => {
  fc.assert(
    fc.property(claimants, (all) => {
      const rows = entitle(all);
      const transfers = transfersOf(rows);
      return rows.every(({ key, used, nominal }) => {
        const lent = sum(transfers.filter(({ from }) => from === key).map(({ amount }) => amount));
        const borrowed = sum(transfers.filter(({ to }) => to === key).map(({ amount }) => amount));
        return near(borrowed - lent, used - nominal) && (near(lent, 0) || near(borrowed, 0));
      });
    }),
  );
});

t.test('the index is 1 where all had their part, and falls to 1/n', async (t) => {
  t.equal(jainIndex([]), null);
  t.equal(jainIndex([{ used: 0, entitled: 0 }]), null);
  t.equal(jainIndex([1, 2, 5].map((entitled) => ({ used: entitled / 2, entitled }))), 1);
  t.equal(jainIndex([0, 0, 4].map((used) => ({ used, entitled: 2 }))), 1 / 3);
  fc.assert(
    fc.property(claimants, (all) => {
      const index = jainIndex(entitle(all));
      return index === null || (index <= 1 + 1e-9 && index >= 1 / all.length - 1e-9);
    }),
  );
});
