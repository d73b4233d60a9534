// What a window's use had added up to at past moments: exact to a minute, for eight hours and one point before them.
import t from 'tap';
import { costAt, noteCost, noteCostExactly, reachesTo } from '../../src/fairness/cost-history.js';
import type { CostHistory } from '../../src/fairness/state.js';
import { hours, minutes, noon } from '../support/fold.js';

const begun = (): CostHistory => ({ times: [0], costs: [0] });
const minutesOf = ({ times }: CostHistory) => times.map((time) => (time === 0 ? null : (time - noon) / 60_000));

t.test('the cost at a time is that of the last use up to then', async (t) => {
  const history = begun();
  for (const [minute, cost] of [
    [0, 1],
    [10, 4],
    [20, 9],
  ] as const)
    noteCost(history, noon + minutes(minute), cost);
  for (const [at, cost] of [
    [noon - 1, 0],
    [noon, 1],
    [noon + minutes(10) - 1, 1],
    [noon + minutes(10), 4],
    [noon + hours(5), 9],
  ] as const)
    t.equal(costAt(history, at), cost);
});

t.test('points closer than a minute to the one before become one', async (t) => {
  const history = begun();
  for (const [second, cost] of [
    [0, 1],
    [59, 2],
    [59.9, 3],
    [60, 4],
    [119, 5],
  ] as const)
    noteCost(history, noon + second * 1_000, cost);
  // Each time the newest point moves on while it is less than a minute after the one before it.
  t.strictSame(history.times.slice(1), [noon, noon + 59_900, noon + 119_000]);
  t.strictSame(history.costs, [0, 1, 3, 5]);
});

t.test('eight hours are kept, and one point from before them', async (t) => {
  const history = begun();
  for (const minute of [0, 60, 120]) noteCost(history, noon + minutes(minute), minute);
  noteCost(history, noon + hours(8) - 1, 500);
  t.strictSame(minutesOf(history).slice(0, 3), [null, 0, 60], 'nothing is that old yet');
  noteCost(history, noon + hours(8) + minutes(2), 501);
  t.strictSame(minutesOf(history).slice(0, 2), [0, 60], 'noon is: what was before it goes');
  noteCost(history, noon + hours(10), 502);
  t.strictSame(minutesOf(history)[0], 120, 'exactly eight hours old, it stands for what was before');
  t.equal(reachesTo(history, noon + minutes(120)), true);
  t.equal(reachesTo(history, noon + minutes(120) - 1), false);
  t.equal(reachesTo({ times: [], costs: [] }, noon), false);
  t.equal(costAt({ times: [], costs: [] }, noon), 0, 'of nothing');
});

t.test('at most 480 points are kept', async (t) => {
  const history = begun();
  for (let i = 0; i < 600; i++) noteCost(history, noon + i * 48_100, i);
  t.ok(history.times.length <= 480, `${history.times.length}`);
  const dense = begun();
  for (let i = 0; i <= 480; i++) noteCost(dense, noon + minutes(i * 0.99) + (i % 2) * 1_300, i);
  t.ok(dense.times.length <= 480);
  t.equal(costAt(dense, noon + hours(9)), 480, 'the newest among them');
});

t.test('however many uses there are, eight hours are kept, and the last minutes more closely', async (t) => {
  for (const everyMs of [200, 1_000, 20_000]) {
    const history = begun();
    const uses = hours(9) / everyMs;
    for (let i = 0; i <= uses; i++) noteCostExactly(history, noon + i * everyMs, i);
    const end = noon + hours(9);
    t.ok(reachesTo(history, end - hours(8)), `a use each ${everyMs} ms reaches back`);
    t.ok(history.times.length <= 960, `with ${history.times.length} points`);
    for (const [ago, spacing] of [
      [minutes(5), 7_500],
      [hours(2), 120_000],
      [hours(7), 120_000],
    ] as const) {
      const off = (end - ago - noon) / everyMs - costAt(history, end - ago);
      t.ok(off >= 0 && off * everyMs <= spacing, `${ago / 60_000} minutes ago it is ${off * everyMs} ms behind`);
    }
  }
});
