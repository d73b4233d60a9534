// One window of a plan: what is kept free of it, when nothing of it may be used, and how fast the rest may be.
import t, { type Test } from 'tap';
import type { WindowRule } from '../../src/fairness/policy.js';
import { Controller, hundredDollars, session } from '../support/controller.js';
import { hours, noon } from '../support/fold.js';

/** A hundred dollars a week that began at noon, unless a rule says otherwise. */
function known(rule: Partial<WindowRule> = {}, keys: readonly string[] = ['ada']): Controller {
  const test = new Controller();
  test.setPolicy({ windows: [{ ...hundredDollars(noon), ...rule }] });
  for (const key of keys) test.join(key);
  return test;
}

/** A week of which one reading is all that is known, with so many hours left; a run of ada costs half a dollar, the prior. */
function readOnce(percent: number, hoursLeft: number): Controller {
  const test = new Controller();
  test.join('ada');
  test.read('week', percent, { resetsAt: test.at + hours(hoursLeft) });
  return test;
}

function near(t: Test, found: number, byHand: number, what: string): void {
  t.ok(Math.abs(found - byHand) <= 1e-9 * Math.max(1, Math.abs(byHand)), `${what}: ${found}, by hand ${byHand}`);
}

/** Of the variance of a reading, 1/12 + 0.2, the deviation; half of it is kept free. */
const readingMargin = 0.5 * Math.sqrt(1 / 12 + 0.2);

t.test('what is left is spread over the hours to the reset', async (t) => {
  const test = known();
  test.spend('ada', 30);
  test.at += hours(68);
  near(t, test.plannedWindow().rate, 70 / 100, '70 dollars for 100 hours');
  const reserved = known({ margin_percent: 5 });
  reserved.spend('ada', 30);
  reserved.at += hours(68);
  near(t, reserved.plannedWindow().margin, 5, 'kept free');
  near(t, reserved.plannedWindow().rate, 65 / 100, '5 of them are kept free');
});

t.test('shortly before a reset what is left is not to be used up in seconds', async (t) => {
  // A fiftieth of the window, but not less than 5 minutes and not more than half an hour.
  for (const [lengthHours, least] of [
    [168, 0.5],
    [5, 0.1],
    [1, 1 / 12],
  ] as const) {
    const test = known({ length_s: lengthHours * 3_600 });
    test.at += hours(lengthHours) - 1_000;
    near(t, test.plannedWindow().rate, 100 / least, `a window of ${lengthHours} h`);
  }
});

t.test('used up is a window that is full, or has nothing free but its margin', async (t) => {
  const exhausted = (test: Controller) => {
    const { exhausted: isSo, rate, rateWithoutAttached } = test.plannedWindow();
    t.equal(rate === 0 && rateWithoutAttached === 0, isSo, 'of which nothing may be used');
    return isSo;
  };
  for (const [dollars, rule, expected] of [
    [99.75, {}, false],
    [99.8, {}, true],
    [94.9, { margin_percent: 5 }, false],
    [95, { margin_percent: 5 }, true],
  ] as const) {
    const test = known(rule);
    test.spend('ada', dollars);
    t.equal(exhausted(test), expected, `${dollars} %, ${JSON.stringify(rule)}`);
    test.setPolicy({ method: 'static' });
    t.equal(test.plannedWindow().exhausted, false, 'a static plan keeps nothing free');
  }
  const full = known();
  full.exhaust('week', full.at + hours(168));
  t.equal(exhausted(full), true);
});

t.test('what is uncertain of the percentage is kept free by half, up to three points', async (t) => {
  near(t, readOnce(20, 150).plannedWindow().margin, 0.8 + readingMargin, 'of a week 0.8, and half a deviation');
  const test = readOnce(20, 150);
  test.at += 1;
  test.read('week', 20, { resetsAt: test.window().resetAt });
  // A reading before the newest was taken back: its variance grows by 9, more than 3² with its own.
  test.unread('reading 1');
  near(t, test.plannedWindow().margin, 0.8 + 1.5, 'a deviation of three at most');
});

t.test('who counts, and how much: by weight, by presence, by what is expected', async (t) => {
  const test = known({}, ['ada', 'bo']);
  test.join('cy', { weight: 3 });
  test.pause('bo', null);
  test.pause('cy', 84);
  const { weight, weightPresent, weightExpected, wakeCostExpected } = test.plannedWindow();
  near(t, weight, 5, 'ada 1, bo 1, cy 3');
  near(t, weightPresent, 1, 'ada is there');
  near(t, weightExpected, 1 + 3 / 2, 'bo is not expected at all, cy half of the week');
  near(t, wakeCostExpected, 0.5 + 0.5 / 2, 'half a dollar a run');
  const ada = test.member('ada');
  ada.presence = { ...ada.presence, byDay: ada.presence.byDay.map(() => 0), until: test.at };
  // Ada is there, though usually never: ∫ e^(−s/3) ds over 9 hours of 168 is less than the 2 % it counts at least.
  const lasting = (3 * (1 - Math.exp(-3))) / 168;
  t.ok(lasting < 0.02);
  near(t, test.plannedWindow().weightExpected, 0.02 + 3 / 2, 'whoever is there counts a fiftieth at least');
});

t.test('the last runs are when there is less left than a run of everybody who is there', async (t) => {
  const last = (dollars: number, paused: boolean) => {
    const test = known({}, ['ada', 'bo']);
    Object.assign(test.member('ada'), { wakes: 9, wakeCost: 1 });
    Object.assign(test.member('bo'), { wakes: 9, wakeCost: 1 });
    Object.assign(test.window(), { percent: 100 - dollars });
    if (paused) test.pause('bo', null);
    return test.plannedWindow().lastWakes;
  };
  t.equal(last(2.01, false), false);
  t.equal(last(1.99, false), true, 'a dollar each');
  t.equal(last(1.99, true), false, 'one of them is not there');
  t.equal(last(0.99, true), true);
});

t.test('use outside the ledger is left room for, as it fades', async (t) => {
  const test = known();
  Object.assign(test.window(), { unattributed: 0.5, at: test.at });
  // Half a point an hour that is forgotten in a seventh of the week.
  const ahead = 0.5 * 24 * (1 - Math.exp(-168 / 24));
  near(t, test.plannedWindow().rate, (100 - ahead) / 168, 'less than the hundred dollars');
  Object.assign(test.window(), { unattributed: -0.5 });
  near(t, test.plannedWindow().rate, 100 / 168, 'less than nothing is not expected of others');
});

t.test('people are left room: for their habit, and for a session they are in', async (t) => {
  const test = known({ known_budget_micro_usd: 1_000_000_000 });
  test.spend('ada', 12, { collaboration: true });
  // 12 dollars in the 48 hours a newly seen habit counts for: 42 a week.
  const habit = (12 / 48) * 168;
  // The present pace has a half-life of half an hour, and lasts for four.
  const attached = ((12 * Math.LN2) / 0.5 - 12 / 48) * 4 * (1 - Math.exp(-168 / 4));
  const { rate, rateWithoutAttached } = test.plannedWindow();
  near(t, rateWithoutAttached, (1_000 - 12 - habit) / 168, 'without the session');
  near(t, rate, (1_000 - 12 - habit - attached) / 168, 'with it');
});

t.test('without a budget: the base interval, slower where use runs ahead of time', async (t) => {
  // Half a dollar a quarter of an hour is 2 an hour.
  for (const [percent, hoursLeft, factor, what] of [
    [4, 167, 1, 'below 5 % it is too early to tell'],
    [20, 84, 1, 'half of the time is over'],
    [20, 150, 18 / 168 / 0.2, '20 % are used in 18 of 168 hours'],
    [60, 160, 0.2, 'a fifth at least'],
    [92, 8.4, (100 - 0.8 - readingMargin - 92) / 10, 'less than 10 points are free'],
    [99, 0.84, 0.02, 'a fiftieth at least'],
  ] as const) {
    const { view, rate, exhausted } = readOnce(percent, hoursLeft).plannedWindow();
    t.match({ known: view.known, exhausted }, { known: false, exhausted: percent === 99 });
    if (percent < 99) near(t, rate, 2 * factor, what);
  }
  const almost = readOnce(99, 0.84);
  almost.setPolicy({ windows: [{ key: 'week', length_s: 604_800, anchor: 'fixed', margin_percent: 0 }] });
  near(t, almost.plannedWindow().rate, 2 * ((1 - readingMargin) / 10), 'with no margin, 1 point less the deviation');
});

t.test('without a budget, what two readings show at the steepest may be more than the base', async (t) => {
  const test = readOnce(10, 149);
  Object.assign(test.member('ada'), { wakes: 9, wakeCost: 0.1 });
  test.spend('ada', 12);
  Object.assign(test.member('ada'), { wakes: 9, wakeCost: 0.1 });
  test.at += hours(0.5);
  test.read('week', 11, { resetsAt: test.window().resetAt });
  const { view, rate, margin } = test.plannedWindow();
  t.equal(view.known, false);
  // A point, and one and a half that rounding may hide, for 12 dollars.
  const steepest = (1 + 1.5) / 12;
  near(t, rate, (100 - margin - view.percent) / steepest / 148.5, 'more than the 0.4 dollars an hour of the base');
  Object.assign(test.member('ada'), { wakeCost: 10 });
  near(t, test.plannedWindow().rate, 40, 'and less than a base of ten dollars a quarter of an hour');
});

t.test('without a budget people are left room as well', async (t) => {
  const test = readOnce(10, 149);
  Object.assign(test.member('ada'), { wakes: 9, wakeCost: 0.1 });
  test.spend('ada', 12, { collaboration: true });
  test.at += hours(0.2);
  test.read('week', 11, { resetsAt: test.window().resetAt });
  test.window().firstCost -= 100;
  test.window().lastCost -= 100;
  const { view, rate, rateWithoutAttached, margin } = test.plannedWindow();
  t.ok(!view.known && view.humanHabit > 30 && view.humanAttached > 10);
  const left = (100 - margin - view.percent) / (2.5 / 12) - view.humanHabit;
  near(t, rateWithoutAttached, left / 148.8, 'without the session');
  near(t, rate, (left - view.humanAttached) / 148.8, 'with it');
});

t.test('a window that ended since its last reading shows no steepness', async (t) => {
  const test = readOnce(10, 0.3);
  Object.assign(test.member('ada'), { wakes: 9, wakeCost: 0.1 });
  test.spend('ada', 12);
  Object.assign(test.member('ada'), { wakes: 9, wakeCost: 0.1 });
  test.at += hours(0.1);
  test.read('week', 11, { resetsAt: test.window().resetAt });
  test.at += hours(0.3);
  const { rate, view } = test.plannedWindow();
  t.match(view, { ended: true, known: false });
  near(t, rate, 0.4, 'the base');
});

t.test('a session is planned beside the week, each with what is left of it', async (t) => {
  const test = new Controller();
  test.setPolicy({
    windows: [hundredDollars(noon), { ...session, known_budget_micro_usd: 20_000_000, margin_percent: 0 }],
  });
  test.join('ada');
  test.spend('ada', 4);
  near(t, test.plannedWindow('session').rate, 16 / 5, '16 dollars for five hours');
  near(t, test.plannedWindow('week').rate, 96 / 168, '96 for the week');
  t.equal(test.planned('ada').heldBy, 0, 'the week holds it');
});
