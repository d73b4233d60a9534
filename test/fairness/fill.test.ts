// Weighted max-min by progressive filling, against examples worked out by hand.
import t, { type Test } from 'tap';
import { type Claim, type Claimant, type Filled, fill, rateAt } from '../../src/fairness/fill.js';

interface Case extends Claim {
  readonly shares: readonly number[];
}

const claim = (weight: number, used: number, more: Partial<Case> = {}): Case => ({
  weight,
  used,
  hours: 48,
  floor: 0,
  cap: 100,
  shares: [1],
  ...more,
});

const three = [claim(1, 10), claim(1, 4), claim(2, 12)];

/** What each claim gets, figure by figure. */
function filled(claims: readonly Case[], limits: readonly number[]) {
  const all = fill(
    claims.map(({ shares, ...claim }) => ({ claim, shares })),
    limits,
  );
  const each = <T>(figure: (one: Filled<Claimant>) => T) => all.map(figure);
  return { rates: each(({ rate }) => rate), levels: each(({ level }) => level), heldBy: each(({ heldBy }) => heldBy) };
}

function near(t: Test, found: readonly (number | null)[], wanted: readonly number[], what: string): void {
  t.equal(found.length, wanted.length, what);
  for (const [i, value] of wanted.entries()) {
    t.ok(Math.abs((found[i] ?? Number.NaN) - value) < 6e-6, `${what} ${i}: ${found[i]}, by hand ${value}`);
  }
}

t.test('one limit evens the levels out', async (t) => {
  const { rates, levels, heldBy } = filled(three, [2]);
  near(t, levels, [30.5, 30.5, 30.5], 'level');
  near(t, rates, [0.427083, 0.552083, 1.020833], 'rate');
  t.strictSame(heldBy, [0, 0, 0]);
});

t.test('what one cannot use is left to the others', async (t) => {
  const [first, , third] = three as [Case, Case, Case];
  const { rates, levels } = filled([first, claim(1, 4, { cap: 0.3 }), third], [2]);
  near(t, [levels[0] ?? null], [34.533333], 'level');
  near(t, rates, [0.511111, 0.3, 1.188889], 'rate');
});

t.test('a floor is kept, and paid for by the others', async (t) => {
  // Without its floor of 0.5 the first, far ahead, would get nothing: the others share what is left of 2.
  const { rates } = filled([claim(1, 200, { floor: 0.5 }), claim(1, 0), claim(1, 0)], [2]);
  near(t, rates, [0.5, 0.75, 0.75], 'rate');
});

t.test('the tightest limit holds its members first; the others rise on', async (t) => {
  const both = { shares: [1, 1] };
  const claims = [claim(1, 0, both), claim(1, 0, both), claim(1, 0, { shares: [-1, 1] })];
  const { rates, heldBy, levels } = filled(claims, [1, 4]);
  near(t, rates, [0.5, 0.5, 3], 'rate');
  t.strictSame(heldBy, [0, 0, 1]);
  near(t, levels, [24, 24, 144], 'level');
});

t.test('a limit counts everybody by the time it runs, and leaves out whom it does not count', async (t) => {
  near(t, filled([claim(1, 0), claim(1, 0, { shares: [0.25] })], [2]).rates, [1.6, 1.6], 'a quarter of the time');
  const { rates, heldBy } = filled([claim(1, 0), claim(1, 0, { cap: 7, shares: [-1] })], [2]);
  near(t, rates, [2, 7], 'not counted');
  t.strictSame(heldBy, [0, null]);
});

t.test('with enough for everybody, everybody is at its cap and nobody is held', async (t) => {
  const { rates, heldBy, levels } = filled(three, [1_000]);
  t.strictSame(rates, [100, 100, 100]);
  t.strictSame(heldBy, [null, null, null]);
  t.strictSame(levels, [null, null, null]);
});

t.test('with nothing, everybody is at its floor', async (t) => {
  const { rates } = filled([claim(1, 5), claim(1, 0)], [0]);
  t.strictSame(rates, [0, 0]);
  t.strictSame(filled([], [1]).rates, [], 'and nobody is nobody');
});

t.test('a level gives what is missing to it, within bounds', async (t) => {
  const one = claim(2, 10, { hours: 5, floor: 1, cap: 6 });
  t.equal(rateAt(one, 10), 2);
  t.equal(rateAt(one, 1), 1);
  t.equal(rateAt(one, 1_000), 6);
  t.equal(rateAt(one, 1_000, 0, 9), 9);
});
