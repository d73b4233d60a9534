// Weighted max-min by progressive filling, against examples worked out by hand.
import t, { type Test } from 'tap';
import { type Claim, fill, rateAt } from '../../src/fairness/fill.js';

const claim = (weight: number, used: number, more: Partial<Claim> = {}): Claim => ({
  weight,
  used,
  hours: 48,
  floor: 0,
  cap: 100,
  ...more,
});

const three = [claim(1, 10), claim(1, 4), claim(2, 12)];
const all = [1, 1, 1];

function near(t: Test, found: readonly (number | null)[], wanted: readonly number[], what: string): void {
  t.equal(found.length, wanted.length, what);
  for (const [i, value] of wanted.entries()) {
    t.ok(Math.abs((found[i] ?? Number.NaN) - value) < 6e-6, `${what} ${i}: ${found[i]}, by hand ${value}`);
  }
}

t.test('one limit evens the levels out', async (t) => {
  const { rates, levels, heldBy } = fill(three, [{ rate: 2, shares: all }]);
  near(t, levels, [30.5, 30.5, 30.5], 'level');
  near(t, rates, [0.427083, 0.552083, 1.020833], 'rate');
  t.strictSame(heldBy, [0, 0, 0]);
});

t.test('what one cannot use is left to the others', async (t) => {
  const [first, , third] = three as [Claim, Claim, Claim];
  const { rates, levels } = fill([first, claim(1, 4, { cap: 0.3 }), third], [{ rate: 2, shares: all }]);
  near(t, [levels[0] ?? null], [34.533333], 'level');
  near(t, rates, [0.511111, 0.3, 1.188889], 'rate');
});

t.test('a floor is kept, and paid for by the others', async (t) => {
  // Without its floor of 0.5 the first, far ahead, would get nothing: the others share what is left of 2.
  const { rates } = fill([claim(1, 200, { floor: 0.5 }), claim(1, 0), claim(1, 0)], [{ rate: 2, shares: all }]);
  near(t, rates, [0.5, 0.75, 0.75], 'rate');
});

t.test('the tightest limit holds its members first; the others rise on', async (t) => {
  const limits = [
    { rate: 1, shares: [1, 1, -1] },
    { rate: 4, shares: all },
  ];
  const { rates, heldBy, levels } = fill([claim(1, 0), claim(1, 0), claim(1, 0)], limits);
  near(t, rates, [0.5, 0.5, 3], 'rate');
  t.strictSame(heldBy, [0, 0, 1]);
  near(t, levels, [24, 24, 144], 'level');
});

t.test('a limit counts everybody by the time it runs, and leaves out whom it does not count', async (t) => {
  near(
    t,
    fill([claim(1, 0), claim(1, 0)], [{ rate: 2, shares: [1, 0.25] }]).rates,
    [1.6, 1.6],
    'a quarter of the time',
  );
  const { rates, heldBy } = fill([claim(1, 0), claim(1, 0, { cap: 7 })], [{ rate: 2, shares: [1, -1] }]);
  near(t, rates, [2, 7], 'not counted');
  t.strictSame(heldBy, [0, null]);
});

t.test('with enough for everybody, everybody is at its cap and nobody is held', async (t) => {
  const { rates, heldBy, levels } = fill(three, [{ rate: 1_000, shares: all }]);
  t.strictSame(rates, [100, 100, 100]);
  t.strictSame(heldBy, [null, null, null]);
  t.strictSame(levels, [null, null, null]);
});

t.test('with nothing, everybody is at its floor', async (t) => {
  const { rates } = fill([claim(1, 5, { floor: 0 }), claim(1, 0, { floor: 0 })], [{ rate: 0, shares: [1, 1] }]);
  t.strictSame(rates, [0, 0]);
  t.strictSame(fill([], [{ rate: 1, shares: [] }]).rates, [], 'and nobody is nobody');
});

t.test('a level gives what is missing to it, within bounds', async (t) => {
  const one = claim(2, 10, { hours: 5, floor: 1, cap: 6 });
  t.equal(rateAt(one, 10), 2);
  t.equal(rateAt(one, 1), 1);
  t.equal(rateAt(one, 1_000), 6);
  t.equal(rateAt(one, 1_000, 0, 9), 9);
});
