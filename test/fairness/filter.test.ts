// From whole percentages and the ledger's own cost to percent used, budget, and use outside the ledger; each with how
// uncertain it is. The first test was worked out by hand.
import t from 'tap';
import { isKnown, observe } from '../../src/fairness/filter.js';
import { defaultPolicy } from '../../src/fairness/policy.js';
import type { Window } from '../../src/fairness/state.js';
import { viewWindow } from '../../src/fairness/window-view.js';
import { Controller, hundredDollars } from '../support/controller.js';
import { hours, minutes } from '../support/fold.js';

/** A week read at 10 %, of which nothing more is known. */
function firstRead(): Controller {
  const test = new Controller();
  test.join('ada');
  test.read('week', 10, { resetsAt: test.at + hours(150) });
  return test;
}

/** A week whose dollar is a percentage point, learnt from ten readings. */
function learnt(): Controller {
  const test = firstRead();
  for (let percent = 13; percent <= 40; percent += 3) {
    test.at += minutes(30);
    test.spend('ada', 3);
    test.read('week', percent, { resetsAt: test.window().resetAt });
  }
  test.at += minutes(1);
  return test;
}

t.test('six readings, worked out by hand', async (t) => {
  const test = firstRead();
  const { covariance } = test.window();
  t.strictSame({ ...covariance }, { pp: 1 / 12 + 0.2, pt: 0, pe: 0, tt: 1e4, te: 0, ee: (15 / 168) ** 2 });
  const steps = [
    [12, 11, 11.0, 0.08333, 0.5323],
    [12, 12, 12.0, 0.08333, 0.4865],
    [14, 13, 13.0438, 0.07931, 0.457],
    [10, 14, 13.9324, 0.08189, 0.4071],
    [12, 15, 14.9607, 0.08288, 0.3899],
    [0, 15, 14.9746, 0.08317, 0.316],
  ] as const;
  for (const [cost, reading, percent, perDollar, deviation] of steps) {
    test.at += minutes(30);
    if (cost > 0) test.spend('ada', cost);
    test.read('week', reading, { resetsAt: test.window().resetAt });
    const { percent: p, perDollar: theta, covariance: after } = test.window();
    // As many digits as were worked out.
    t.equal(p.toFixed(4), percent.toFixed(4), `percent after ${reading}`);
    t.equal(theta.toFixed(5), perDollar.toFixed(5), `percent per dollar after ${reading}`);
    t.equal(Math.sqrt(after.pp).toFixed(4), deviation.toFixed(4), `deviation after ${reading}`);
  }
});

t.test('between readings use moves the percentage, and time widens it', async (t) => {
  const test = learnt();
  const { percent, perDollar, covariance } = test.window();
  const { pp } = covariance;
  test.at += minutes(10);
  test.spend('ada', 5);
  t.ok(
    Math.abs(test.window().percent - percent - 5 * perDollar) < 0.3,
    'by its cost, and a little that is not reported',
  );
  t.ok(covariance.pp > pp, 'less certain');
  const later = viewWindow(test.state, test.window(), test.at + hours(10));
  t.ok(later.deviation > Math.sqrt(covariance.pp), 'and still less after hours');
  t.ok(Math.abs(later.percent - test.window().percent) < 2);
});

t.test('the budget counts as known once it is within a third or so', async (t) => {
  const test = firstRead();
  t.equal(isKnown(defaultPolicy, test.window()), false, 'after one reading');
  t.equal(viewWindow(test.state, test.window(), test.at).budget, null);
  const { state, at } = learnt();
  const view = viewWindow(state, state.windows.get('week')!, at);
  t.equal(view.known, true);
  t.ok(Math.abs((view.budget ?? 0) - 100) < 12, `${view.budget} of 100 dollars`);
  t.ok((view.budgetDeviation ?? 1) < 0.12, `${view.budgetDeviation}`);
});

t.test('a reading that arrives late is compared with where the window stood when it was taken', async (t) => {
  const [late, prompt] = [learnt(), learnt()];
  const measuredAt = late.at + minutes(10);
  for (const test of [late, prompt]) test.at = measuredAt;
  prompt.read('week', 40, { measuredAt });
  for (const test of [late, prompt]) {
    test.at += minutes(20);
    test.spend('ada', 30);
  }
  late.read('week', 40, { measuredAt });
  t.match(late.window(), { lastRead: measuredAt, suspicion: null });
  t.ok(Math.abs(late.window().percent - prompt.window().percent) < 1, 'the 30 dollars since stay counted');
  t.ok(late.window().percent > 65);
});

t.test('one reading far off changes nothing; a second one that agrees does', async (t) => {
  const test = learnt();
  const { percent, perDollar } = test.window();
  const covariance = { ...test.window().covariance };
  test.read('week', 80);
  t.equal(test.window().perDollar, perDollar);
  t.ok(Math.abs(test.window().percent - percent) < 0.001, 'but for the minute that passed');
  t.ok(Math.abs(test.window().covariance.tt / covariance.tt - 1) < 0.001);
  t.not(test.window().suspicion, null);
  test.at += minutes(30);
  test.read('week', 80);
  t.equal(test.window().percent, 80, 'taken as it is');
  t.ok(test.window().perDollar > 1.3 * perDollar, 'and half the jump is put down to a smaller budget');
  t.ok(test.window().covariance.tt > 9 * covariance.tt, 'which is uncertain again');
  t.equal(test.window().suspicion, null);
});

t.test('a reading far off the other way is no confirmation, and one that fits ends the suspicion', async (t) => {
  const test = learnt();
  test.read('week', 80);
  test.at += minutes(30);
  test.read('week', 5);
  t.ok(Math.abs(test.window().percent - 40) < 2);
  t.ok((test.window().suspicion ?? 0) < -20, 'the newest is what is suspected');
  test.at += minutes(30);
  test.read('week', 41);
  t.equal(test.window().suspicion, null);
  t.ok(Math.abs(test.window().percent - 40) < 2);
});

t.test('two readings far off that do not agree are two suspicions', async (t) => {
  const test = learnt();
  for (const percent of [80, 55]) {
    test.at += minutes(30);
    test.read('week', percent);
    t.ok(Math.abs(test.window().percent - 40) < 2, `${percent} is not taken`);
  }
  test.at += minutes(30);
  test.read('week', 56);
  t.equal(test.window().percent, 56, 'a third that agrees with the second is');
});

t.test('a reading somewhat off counts less than its distance', async (t) => {
  const gain = (off: number) => {
    const test = learnt();
    test.at += minutes(30);
    const { percent } = test.window();
    test.read('week', percent + off);
    return (test.window().percent - percent) / off;
  };
  t.ok(gain(0.5) > 1.15 * gain(2.4), `${gain(0.5)} and ${gain(2.4)}`);
});

t.test('a first reading that was far too high is repaired by the next', async (t) => {
  const test = new Controller();
  test.join('ada');
  test.read('week', 90, { resetsAt: test.at + hours(150) });
  test.at += minutes(30);
  test.read('week', 10, { resetsAt: test.window().resetAt });
  t.equal(test.window().percent, 10);
});

t.test('a known budget is exact, whatever is read', async (t) => {
  const test = new Controller();
  test.setPolicy({ windows: [hundredDollars(test.at)] });
  test.join('ada');
  test.spend('ada', 12.5);
  test.at += minutes(30);
  test.read('week', 60);
  t.equal(test.window().percent, 12.5);
  test.spend('ada', 2, { occurredAt: test.at - minutes(20) });
  t.equal(test.window().percent, 14.5, 'a reading holds nothing, so use before it counts as well');
  const view = viewWindow(test.state, test.window(), test.at + hours(20));
  t.match(view, { percent: 14.5, deviation: 0, budget: 100, budgetDeviation: 0, known: true });
});

t.test('no certainty is made of lost digits', async (t) => {
  // Wakes that cost ten million times what was expected: of the variance of θ less is left than a double can tell.
  for (const prior of [1, 10, 1_000]) {
    const test = new Controller();
    test.setPolicy({ wake_cost_micro_usd_prior: prior });
    test.join('ada');
    test.read('week', 10, { resetsAt: test.at + hours(150) });
    for (let i = 1; i <= 20; i++) {
      test.at += minutes(30);
      test.spend('ada', 10 * prior * (1 + i / 70));
      test.read('week', 10 + 2 * i, { resetsAt: test.window().resetAt });
      const { pp, tt, ee } = test.window().covariance;
      if (!(pp > 0 && tt > 0 && ee > 0)) t.fail(`${prior}, ${i}: ${JSON.stringify(test.window().covariance)}`);
    }
    t.equal(isKnown(defaultPolicy, test.window()), true);
  }
});

/** A week of which a good deal is known: 40 % used, a dollar is 1 %, a fifth of a point an hour comes from elsewhere. */
function standing(more: Partial<Window> = {}): Window {
  const covariance = { pp: 0.2, pt: 0.01, pe: 0.02, tt: 0.0025, te: 0.001, ee: 0.01 };
  return Object.assign(new Controller().window(), {
    percent: 40,
    perDollar: 1,
    unattributed: 0.2,
    covariance,
    ...more,
  });
}

t.test('a late reading, by hand: 3 dollars and 2 hours after it was taken', async (t) => {
  const window = standing();
  const matrix = [
    [0.2, 0.01, 0.02],
    [0.01, 0.0025, 0.001],
    [0.02, 0.001, 0.01],
  ] as const;
  // The reading is of p − 3 θ − 2 e, which was expected to be 36.6.
  const [a, b] = [-3, -2];
  const cross = matrix.map(([p, d, e]) => p + a * d + b * e) as [number, number, number];
  const variance = cross[0] + a * cross[1] + b * cross[2] + (1 / 12 + 0.2);
  const off = 37.2 - (40 - 3 * 1 - 2 * 0.2);
  observe(defaultPolicy, window, 37.2, { costSince: 3, hoursSince: 2 }, false);
  const near = (found: number, byHand: number, what: string) =>
    t.ok(Math.abs(found - byHand) < 1e-12, `${what}: ${found}, by hand ${byHand}`);
  near(window.percent, 40 + (cross[0] / variance) * off, 'percent');
  near(window.perDollar, 1 + (cross[1] / variance) * off, 'percent per dollar');
  near(window.unattributed, 0.2 + (cross[2] / variance) * off, 'percent per hour from elsewhere');
  const { pp, pt, pe, tt, te, ee } = window.covariance;
  for (const [i, [found, row, column]] of (
    [
      [pp, 0, 0],
      [pt, 0, 1],
      [pe, 0, 2],
      [tt, 1, 1],
      [te, 1, 2],
      [ee, 2, 2],
    ] as const
  ).entries()) {
    near(found, (matrix[row]?.[column] as number) - (cross[row] * cross[column]) / variance, `covariance ${i}`);
  }
});

t.test('two readings that agree, by hand: half of the jump is put down to the budget', async (t) => {
  // It stood at 36.6 when the reading was taken, 3 dollars and 2 hours ago.
  for (const [measured, jump, relative] of [
    [60, Math.log(60 / 36.6), Math.log(60 / 36.6) / 2 + 0.1],
    [15, Math.log(15 / 36.6), -Math.log(15 / 36.6) / 2 + 0.1],
    [9, 0, 0.3],
  ] as const) {
    const window = standing({ suspicion: measured - 36.6 });
    observe(defaultPolicy, window, measured, { costSince: 3, hoursSince: 2 }, false);
    const perDollar = Math.exp(jump / 2);
    const { percent, covariance, suspicion } = window;
    t.ok(Math.abs(window.perDollar - perDollar) < 1e-12, `a dollar is ${window.perDollar} %, by hand ${perDollar}`);
    t.ok(Math.abs(percent - (measured + 3 * perDollar + 2 * 0.2)) < 1e-12, `${percent} %, with what came since`);
    t.ok(Math.abs(covariance.tt - (relative * perDollar) ** 2) < 1e-12, `uncertain by ${relative} of it`);
    t.match(covariance, { pp: 1 / 12 + 0.2, pt: 0, pe: 0, te: 0, ee: 0.04 });
    t.equal(suspicion, null);
  }
  const fromLow = standing({ percent: 8, suspicion: 30 });
  observe(defaultPolicy, fromLow, 40, { costSince: 0, hoursSince: 0 }, false);
  t.match(fromLow, { percent: 40, perDollar: 1 }, 'below 10 % a jump says nothing of the budget');
  const negative = standing({ unattributed: -0.2, suspicion: 23 });
  observe(defaultPolicy, negative, 60, { costSince: 0, hoursSince: 2 }, false);
  t.equal(negative.percent, 60, 'nothing is taken away for hours that went by');
  const tenfold = standing({ percent: 10, suspicion: 80 });
  observe(defaultPolicy, tenfold, 90, { costSince: 0, hoursSince: 0 }, false);
  t.equal(tenfold.perDollar, 2, 'nine times as much counts as four times: e^(log(4) / 2)');
});

t.test(
  'what is suspected: more than four deviations, more than two and a half points, of a window that is known',
  async (t) => {
    const certain = { pp: 0, pt: 0, pe: 0, tt: 0.0025, te: 0, ee: 0 };
    // The deviation is that of the reading alone, 0.532: four of it are 2.13.
    const suspicion = (off: number, more: Partial<Window> = {}) => {
      const window = standing({ covariance: { ...certain }, ...more });
      observe(defaultPolicy, window, 40 + off, { costSince: 0, hoursSince: 0 }, false);
      return window.suspicion;
    };
    t.equal(suspicion(2.4), null, 'hardly more than rounding');
    t.ok(Math.abs((suspicion(2.6) ?? 0) - 2.6) < 1e-9);
    t.ok(Math.abs((suspicion(-2.6) ?? 0) + 2.6) < 1e-9);
    t.equal(suspicion(3, { covariance: { ...certain, pp: 1 } }), null, 'four deviations are 4.5 then');
    t.equal(suspicion(20, { covariance: { ...certain, tt: 0.36 ** 2 } }), null, 'a budget known within 36 % is not');
    t.not(suspicion(20, { covariance: { ...certain, tt: 0.34 ** 2 } }), null, 'within 34 % it is');
    // A suspicion of the same sign confirms when it lies within half of the distance and 2 points.
    t.equal(suspicion(20, { suspicion: 8.1 }), null, '8.1 and 20 agree');
    t.equal(suspicion(20, { suspicion: 7.9 }), 20, '7.9 and 20 do not');
    t.equal(suspicion(3, { suspicion: -0.4 }), 3, 'nor do two of different signs');
  },
);

t.test('of an unknown window a reading that fell far replaces what was read before', async (t) => {
  const fell = (off: number, more: Partial<Window> = {}) => {
    const covariance = { pp: 0.2, pt: 0, pe: 0, tt: 1e4, te: 0, ee: 0.01 };
    const window = standing({ perDollar: 0, covariance, ...more });
    observe(defaultPolicy, window, 40 + off, { costSince: 0, hoursSince: 0 }, false);
    return window.percent === 40 + off;
  };
  // Four deviations are 4 √(0.2 + 1/12 + 0.2) = 2.78, but 3 points are needed.
  t.equal(fell(-2.9), false);
  t.equal(fell(-3.1), true);
  t.equal(fell(20), false, 'one that rose is weighed with what was known');
  const wide = { pp: 2, pt: 0, pe: 0, tt: 1e4, te: 0, ee: 0.01 };
  t.equal(fell(-6, { covariance: { ...wide } }), false, 'four deviations are 6.04 here');
  t.equal(fell(-6.1, { covariance: { ...wide } }), true);
});
