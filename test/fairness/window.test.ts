// The life of a window: it begins, is used and read, fills up, and resets; what a reading says of another period is not
// taken for this one.
import t from 'tap';
import { ruleOf } from '../../src/fairness/policy.js';
import { viewWindow } from '../../src/fairness/window-view.js';
import { Controller, hundredDollars, session, week } from '../support/controller.js';
import { hours, minutes, noon } from '../support/fold.js';

const weekEnd = noon + hours(100);

/** A fixed week and a session that begins with use; both learnt from readings: a dollar is 1 % of the week, 10 % of a session. */
function learnt(): Controller {
  const test = new Controller({ windows: [week, session] });
  test.join('ada');
  test.spend('ada', 0.5);
  for (let percent = 1; percent <= 8; percent++) {
    test.at += minutes(6);
    test.spend('ada', 1);
    test.read('week', percent, { resetsAt: weekEnd });
    test.read('session', 10 * percent, { resetsAt: noon + hours(5) });
  }
  test.at += minutes(6);
  return test;
}

t.test('a fixed window resets at its time, again and again, and keeps its budget', async (t) => {
  const test = learnt();
  const window = test.window();
  const { perDollar } = window;
  const deviation = Math.sqrt(window.covariance.tt);
  test.at = weekEnd + hours(400);
  test.spend('ada', 2);
  t.equal(window.resetAt, weekEnd + hours(3 * 168));
  t.equal(window.startAt, weekEnd + hours(2 * 168));
  t.ok(Math.abs(window.percent - 2 * perDollar) < 1);
  t.strictSame([...window.used], [['ada', 2_000_000]]);
  t.equal(window.cost - window.costAtStart, 2);
  t.ok(Math.abs(window.perDollar - perDollar) < 1e-12);
  t.ok(Math.sqrt(window.covariance.tt) > deviation, 'less certain after weeks');
  t.equal(viewWindow(test.state, window, test.at).known, true, 'but still known');
});

t.test('periods without use that go by at once leave what they leave one by one, however many they are', async (t) => {
  const [once, often] = [learnt(), learnt()];
  for (let period = 0; period < 20; period++) often.passTo(weekEnd + hours(period * 168 + 1));
  once.passTo(weekEnd + hours(19 * 168 + 1));
  for (const figure of ['startAt', 'resetAt', 'percent', 'perDollar', 'unattributed', 'costAtStart'] as const) {
    t.ok(Math.abs(Number(once.window()[figure]) - Number(often.window()[figure])) < 1e-6, figure);
  }
  for (const figure of ['pp', 'pt', 'pe', 'tt', 'te', 'ee'] as const) {
    const [one, other] = [once.window().covariance[figure], often.window().covariance[figure]];
    t.ok(Math.abs(one - other) <= 1e-6 * Math.abs(other), `${figure}: ${one} and ${other}`);
  }
  const second = new Controller({ windows: [{ ...week, length_s: 1, known_budget_micro_usd: 1_000_000 }] });
  second.passTo(second.at + hours(24 * 365 * 30));
  t.equal(second.window().startAt, second.at, '946 million periods');
});

t.test('looked at after its reset, before anything happened, it is the new one already', async (t) => {
  const test = learnt();
  const view = viewWindow(test.state, test.window(), weekEnd + hours(1));
  t.match(view, { ended: true, full: false, resetAt: weekEnd + hours(168), hoursLeft: 167, ledgerCost: 0 });
  t.ok(view.percent < 0.5);
  const idle = viewWindow(test.state, test.window('session'), weekEnd);
  t.match(idle, { ended: true, resetAt: null, hoursLeft: 5, percent: 0 }, 'one that begins with use does not run');
});

t.test('a window that begins with use begins on the hour of the first use', async (t) => {
  const test = new Controller({ windows: [session] });
  test.join('ada');
  t.equal(test.window('session').resetAt, null);
  test.at = noon + minutes(185);
  test.spend('ada', 1);
  t.equal(test.window('session').startAt, noon + hours(3));
  t.equal(test.window('session').resetAt, noon + hours(8));
  test.at = noon + hours(8);
  test.join('bo');
  t.equal(test.window('session').resetAt, null, 'ended, and none runs');
  test.at += minutes(61);
  test.spend('ada', 1);
  t.equal(test.window('session').startAt, noon + hours(9));
  t.equal(test.window('session').cost - test.window('session').costAtStart, 1);
});

t.test('one that is shorter than an hour begins within it', async (t) => {
  const test = new Controller({ windows: [{ key: 'minute', length_s: 60, anchor: 'use' }] });
  test.join('ada');
  test.at += minutes(20) + 30_000;
  test.spend('ada', 1);
  t.equal(test.window('minute').resetAt, noon + minutes(21));
  t.equal(viewWindow(test.state, test.window('minute'), test.at).ended, false);
});

t.test('a reset that is announced later, with less used, came early', async (t) => {
  const test = learnt();
  const { perDollar } = test.window();
  test.read('week', 2, { resetsAt: test.at + hours(168) });
  t.match(test.window(), { percent: 2, resetAt: test.at + hours(168), startAt: test.at, perDollar, firstPercent: 2 });
  t.equal(test.window().used.size, 0);
  t.equal(test.member('ada').used, 0, 'and with the longest window the fairness period began again');
});

t.test('a reset that moves without a fall is the same period', async (t) => {
  const test = learnt();
  test.spend('ada', 0.25);
  const { used } = test.member('ada');
  t.not(used, 0);
  test.read('week', 8, { resetsAt: weekEnd + hours(3) });
  t.equal(test.window().resetAt, weekEnd + hours(3));
  t.ok(Math.abs(test.window().percent - 8) < 0.5);
  t.equal(test.member('ada').used, used);
});

t.test('one that begins with use, and resets at another time than thought, began at another time', async (t) => {
  const test = learnt();
  const { perDollar } = test.window('session');
  // What the ledger counted since that time is a guess; the reading is far nearer the truth, and no suspicion.
  const resetsAt = noon + hours(5) - minutes(36);
  test.read('session', 60, { resetsAt });
  t.match(test.window('session'), { resetAt: resetsAt, startAt: noon - minutes(36), suspicion: null });
  t.ok(Math.abs(test.window('session').percent - 60) < 3, `${test.window('session').percent}`);
  t.ok(Math.abs(test.window('session').perDollar / perDollar - 1) < 0.1, 'hardly a larger budget is made of it');
});

t.test('less used at nearly the same reset is no early reset, but a reading that is suspected', async (t) => {
  for (const [later, early] of [
    [minutes(15), false],
    [minutes(15) + 1, true],
  ] as const) {
    const test = learnt();
    test.read('week', 2, { resetsAt: weekEnd + later });
    t.equal(test.window().percent === 2, early, `${later} ms later`);
    t.equal(test.window().suspicion === null, early);
  }
  const hardly = learnt();
  hardly.read('week', 6, { resetsAt: weekEnd + hours(3) });
  t.not(hardly.window().percent, 6, 'two points less are not taken for a reset');
});

t.test('an early reset counts what the ledger has seen since the new period began', async (t) => {
  const test = learnt();
  // Two dollars were used at noon + 42 and noon + 48 min; the new period began between them.
  const began = noon + minutes(45);
  test.read('week', 1, { resetsAt: began + hours(168) });
  t.match(test.window(), { percent: 1, startAt: began });
  t.equal(test.window().cost - test.window().costAtStart, 1);
});

t.test('one that begins with use, by hand: it began when the ledger had counted so much', async (t) => {
  const test = learnt();
  const { perDollar, cost } = test.window('session');
  // It ends 35 minutes later than thought, so it began at noon + 35 min: the 6th of 8 dollars came a minute after that.
  const resetsAt = noon + hours(5) + minutes(35);
  const window = test.window('session');
  test.read('session', 30, { resetsAt, measuredAt: test.at });
  t.equal(window.startAt, noon + minutes(35));
  t.ok(Math.abs(window.cost - window.costAtStart - 3) < 1e-9, `${window.cost - window.costAtStart} dollars since`);
  t.equal(window.cost, cost);
  t.ok(Math.abs(window.percent - 3 * perDollar) < 1.5, `${window.percent}: about 10 % a dollar`);
  const same = learnt();
  const { percent } = same.window('session');
  same.read('session', Math.round(percent), { resetsAt: noon + hours(5) + minutes(10) });
  t.ok(Math.abs(same.window('session').costAtStart) < 1e-9, 'ten minutes are no other period');
});

t.test('a first reading without a time of reset says of no period when it began', async (t) => {
  const test = new Controller({ windows: [week, session] });
  test.join('ada');
  test.read('session', 20);
  t.match(test.window('session'), { percent: 20, startAt: null, resetAt: null });
  test.spend('ada', 1);
  t.equal(test.window('session').resetAt, noon + hours(5), 'the next use begins one');
});

t.test('a week that nobody gave a reset for ends when it is read three points lower', async (t) => {
  for (const [percent, ends] of [
    [47, true],
    [47.1, false],
  ] as const) {
    const test = new Controller();
    test.join('ada');
    test.read('week', 50);
    test.spend('ada', 7);
    test.at += 1;
    test.read('week', percent);
    t.equal(test.member('ada').used, ends ? 0 : 7, `read at ${percent} %`);
    t.equal(test.window().percent === percent, ends);
  }
});

t.test('where the ledger does not reach back to the begin of a period, the reading counts', async (t) => {
  const test = learnt();
  const window = test.window('session');
  const { costAtStart } = window;
  Object.assign(window.history, { times: [noon + minutes(40)], costs: [window.cost] });
  t.ok(Math.abs(window.percent - 80) < 1);
  test.read('session', 72, { resetsAt: noon + hours(5) + minutes(14) });
  t.match(window, { suspicion: null, costAtStart });
  t.ok(Math.abs(window.percent - 72) < 0.6, `${window.percent}: by a variance of 9 more it is taken`);
  const reached = learnt();
  reached.read('session', 66, { resetsAt: noon + hours(5) + minutes(14) });
  const { percent, suspicion, cost, costAtStart: before } = reached.window('session');
  t.equal(cost - before, 6, 'dollars since a quarter past noon, nearly');
  t.equal(suspicion, null);
  t.ok(Math.abs(percent - 66) < 0.6, `${percent}: the 60 % that makes are known within a fifth`);
});

t.test('a late reading is compared with where use from elsewhere had brought the window', async (t) => {
  const test = new Controller();
  const covariance = { pp: 0.2, pt: 0, pe: 0, tt: 0.0025, te: 0, ee: 0.01 };
  const state = { at: noon, lastRead: noon - 1, startAt: noon - hours(50), resetAt: noon + hours(118), covariance };
  Object.assign(test.window(), { ...state, percent: 40, perDollar: 1, unattributed: 2 });
  test.at += hours(1);
  test.read('week', 40, { measuredAt: noon, resetsAt: noon + hours(118) });
  // Two points an hour, which fade with 24 hours.
  const since = 2 * 24 * (1 - Math.exp(-1 / 24));
  t.ok(Math.abs(test.window().percent - (40 + since)) < 0.05, `${test.window().percent}, by hand ${40 + since}`);
});

t.test('a budget that was read stays known when a policy is set', async (t) => {
  const test = learnt();
  const { perDollar, lastRead } = test.window();
  test.setPolicy({ horizon_h: 24 });
  t.match(test.window(), { perDollar, lastRead });
});

t.test('a known budget goes on with its period when a policy is set', async (t) => {
  const test = new Controller();
  test.setPolicy({ windows: [hundredDollars(noon), { ...session, known_budget_micro_usd: 20_000_000 }] });
  test.join('ada');
  t.match(test.window('session'), { startAt: null, resetAt: null }, 'one that begins with use waits for it');
  test.spend('ada', 3);
  test.at += hours(30);
  test.setPolicy({ windows: [{ ...hundredDollars(noon + hours(24)), resets_at: noon + hours(24) }, session] });
  t.match(test.window(), { startAt: noon, resetAt: noon + hours(168), percent: 3 });
});

t.test('a fixed window that was never read does not begin with use', async (t) => {
  const test = new Controller();
  test.join('ada');
  test.spend('ada', 3);
  t.match(test.window(), { startAt: null, resetAt: null, cost: 3 });
});

t.test('where the fairness period begins with use, its end is the end of the period', async (t) => {
  const test = new Controller({ windows: [session] });
  test.join('ada');
  test.spend('ada', 3);
  test.passTo(noon + hours(5) - 1);
  t.equal(test.member('ada').used, 3);
  test.passTo(noon + hours(5));
  t.equal(test.member('ada').used, 0);
  test.correct({ key: 'ada', collaboration: false, cost: 1, model: null, occurredAt: noon });
  t.match(test.window('session'), { cost: 3 });
  t.equal(test.member('ada').used, 0, 'no period runs: what is corrected is history');
});

t.test('a refusal until the reset, or of a window without one, fills it', async (t) => {
  const test = learnt();
  test.exhaust('week', weekEnd - minutes(10));
  t.match(test.window(), { full: true, resetAt: weekEnd - minutes(10), refusedUntil: null }, 'ten minutes before it');
  const before = learnt();
  before.exhaust('week', weekEnd - minutes(10) - 1);
  t.match(
    before.window(),
    { full: false, resetAt: weekEnd, refusedUntil: weekEnd - minutes(10) - 1 },
    'a little earlier',
  );
  const unread = new Controller();
  unread.exhaust('week', unread.at + hours(3));
  t.match(unread.window(), { full: true, resetAt: unread.at + hours(3), lastRead: unread.at }, 'nothing was known');
  const open = learnt();
  const { perDollar } = open.window();
  const { tt } = open.window().covariance;
  open.exhaust('week', null);
  t.match(open.window(), { full: true, resetAt: weekEnd, lastRead: noon + minutes(48), perDollar });
  t.ok(open.window().covariance.tt < 1.01 * tt, 'its budget is as well known as before');
});

t.test('without a time of reset, less used means that no period runs', async (t) => {
  const test = learnt();
  const { perDollar } = test.window('session');
  test.read('session', 0);
  t.match(test.window('session'), { percent: 0, resetAt: null, startAt: null, perDollar });
  test.at += 1;
  test.spend('ada', 1);
  t.ok(Math.abs(test.window('session').percent - perDollar) < 0.5, 'the next use begins one');
});

t.test('readings of another time are not taken', async (t) => {
  const test = learnt();
  test.spend('ada', 0.25);
  const before = JSON.stringify(test.window());
  const { used } = test.member('ada');
  t.not(used, 0);
  test.read('week', 50, { measuredAt: test.window().lastRead ?? 0 });
  test.read('week', 50, { measuredAt: (test.window().startAt ?? 0) - 1 });
  test.read('week', 50, { resetsAt: test.at });
  t.equal(JSON.stringify(test.window()), before, 'taken twice, before the period, or of one that is over');
  t.equal(test.member('ada').used, used, 'and no period began');
  test.read('week', 50, { resetsAt: test.at + 1 });
  t.not(JSON.stringify(test.window()), before);
});

t.test('one from before the reset that arrives after it is of the period that is over', async (t) => {
  const test = learnt();
  test.at = weekEnd + minutes(1);
  test.spend('ada', 1);
  const { percent, lastRead } = test.window();
  test.read('week', 9, { measuredAt: weekEnd - minutes(10) });
  t.match(test.window(), { percent, lastRead, suspicion: null });
  test.read('week', 9, { measuredAt: weekEnd });
  t.equal(test.window().lastRead, weekEnd);
});

t.test('use that the newest reading holds already is not added to it, however late it is reported', async (t) => {
  // 8 % were read at noon + 48 min, and a dollar is 1 %.
  const [late, since] = [learnt(), learnt()];
  const readAt = noon + minutes(48);
  late.spend('ada', 3, { occurredAt: readAt });
  t.ok(Math.abs(late.window().percent - 8) < 0.2, `8 % of before the reading stay 8 %: ${late.window().percent}`);
  late.correct({ key: 'ada', collaboration: false, cost: -2, model: null, occurredAt: readAt });
  t.ok(Math.abs(late.window().percent - 8) < 0.2, `nor is it taken from the reading: ${late.window().percent}`);
  t.ok(Math.abs(late.window().cost - 9.5) < 1e-9, 'the ledger counts 8.5 + 3 − 2 dollars');
  since.spend('ada', 3, { occurredAt: readAt + 1 });
  t.ok(Math.abs(since.window().percent - 11) < 0.4, `8 % and 3 dollars since then: ${since.window().percent}`);
});

t.test('at 100 % it is full, which says nothing new of its budget', async (t) => {
  const test = learnt();
  const { perDollar, resetAt } = test.window();
  const { tt } = test.window().covariance;
  test.read('week', 100, { resetsAt: resetAt });
  t.match(test.window(), { full: true, percent: 100, perDollar });
  t.ok(test.window().covariance.tt < 1.01 * tt);
  test.at += minutes(30);
  test.read('week', 97, { resetsAt: resetAt });
  t.match(test.window(), { full: false, percent: 97, perDollar });
  test.read('week', 100, { resetsAt: resetAt, measuredAt: test.at + 1 });
  test.at = weekEnd;
  test.join('bo');
  t.match(test.window(), { full: false, percent: 0 }, 'and empty after the reset');
});

t.test('refused by the provider it is full until then', async (t) => {
  const test = learnt();
  test.exhaust('session', test.at + hours(2));
  t.match(test.window('session'), { full: true, resetAt: test.at + hours(2), percent: 100 });
  test.at += hours(2);
  test.join('bo');
  t.equal(test.window('session').full, false);
  test.exhaust('session', test.at - 1);
  t.equal(test.window('session').full, false, 'a refusal that is over says nothing');
});

t.test('a refusal for a while does not end a week', async (t) => {
  const test = learnt();
  test.join('bo');
  const before = { ...test.window() };
  test.exhaust('week', test.at + 60_000);
  const told = test.told('bo');
  t.strictSame(told.blockedBy, ['week']);
  t.ok(told.interval >= 90 && told.interval <= 360, `${told.interval} s: shortly after the refusal ends`);
  t.match(test.window(), { resetAt: before.resetAt, percent: before.percent, full: false });
  test.at += 60_000;
  t.strictSame(test.told('bo').blockedBy, []);
  test.exhaust('week', test.at + hours(1));
  test.at += 1_000;
  test.read('week', 50);
  t.strictSame(test.told('bo').blockedBy, [], 'a reading that says something is left lifts it');
});

t.test('a refusal alone makes a window count', async (t) => {
  const test = new Controller({ windows: [week, session] });
  test.join('ada');
  t.strictSame(test.told('ada').blockedBy, []);
  test.exhaust('session', test.at + hours(1));
  t.strictSame(test.told('ada').blockedBy, ['session']);
});

t.test('a known budget needs no readings', async (t) => {
  const test = new Controller();
  test.setPolicy({ windows: [hundredDollars(noon - hours(24))] });
  test.join('ada');
  t.match(test.window(), { startAt: noon - hours(24), resetAt: noon + hours(144) });
  test.spend('ada', 30, { occurredAt: test.at - minutes(9) });
  t.equal(test.window().percent, 30);
  t.equal(test.plannedWindow().view.known, true);
  test.setPolicy({ windows: [week] });
  t.equal(test.plannedWindow().view.known, false, 'no longer known, it has to be read first');
  test.read('week', 44, { resetsAt: test.at + hours(9) });
  t.match(test.window(), { percent: 44, perDollar: 0 });
});

t.test('use of a model counts where the model does', async (t) => {
  const test = new Controller({ windows: [week, { ...week, key: 'week_sonnet', models: ['sonnet'] }] });
  test.join('ada', { model: 'Claude-Sonnet-4' });
  test.join('bo', { model: 'claude-opus-4' });
  test.spend('ada', 1);
  test.spend('bo', 2);
  test.spend('bo', 4, { model: 'claude-SONNET-4' });
  t.equal(test.window('week').cost, 7);
  t.equal(test.window('week_sonnet').cost, 5);
  test.join('cy');
  test.spend('cy', 8);
  t.equal(test.window('week_sonnet').cost, 5, 'a model nobody named is none of them');
  t.equal(ruleOf(test.state.policy, 'week_opus', null).models?.[0], 'opus');
});

t.test('a correction changes the period it belongs to, and no later one', async (t) => {
  const test = new Controller();
  test.setPolicy({ windows: [hundredDollars(noon)] });
  test.join('ada');
  test.spend('ada', 30);
  const correct = (cost: number, occurredAt: number) =>
    test.correct({ key: 'ada', collaboration: false, cost, model: null, occurredAt });
  test.at += hours(1);
  correct(-10, noon);
  t.match(test.window(), { percent: 20, cost: 20 });
  t.equal(test.window().used.get('ada'), 20_000_000);
  t.equal(test.member('ada').used, 20);
  test.at += hours(168);
  test.spend('ada', 5);
  correct(-10, noon);
  t.ok(Math.abs(test.window().percent - 5) < 1e-9);
  t.equal(test.window().used.get('ada'), 5_000_000);
  t.equal(test.member('ada').used, 5);
});

t.test('no correction makes less than nothing used', async (t) => {
  const test = new Controller();
  test.join('ada');
  test.spend('ada', 30);
  test.setPolicy({ windows: [hundredDollars(noon)] });
  // The budget counts from when it became known: the use before is not in the percentage.
  test.correct({ key: 'ada', collaboration: false, cost: -10, model: null, occurredAt: noon });
  t.match(test.window(), { percent: 0, cost: 20 });
});

t.test('a correction takes from the pace what the use still weighs in it', async (t) => {
  const [corrected, never] = [new Controller(), new Controller()];
  for (const test of [corrected, never]) {
    test.join('ada');
    if (test === corrected) test.spend('ada', 50);
    else test.spend('ada', 0);
    test.at += hours(30);
    test.spend('ada', 8);
  }
  corrected.correct({ key: 'ada', collaboration: false, cost: -50, model: null, occurredAt: noon });
  t.ok(Math.abs(corrected.window().burn.cost - never.window().burn.cost) < 1e-9);
});

t.test('the newest reading, taken back, is as if it had never been', async (t) => {
  const [back, never] = [learnt(), learnt()];
  const event = back.read('week', 80, { resetsAt: weekEnd + hours(1) });
  for (const test of [back, never]) {
    test.at += minutes(30);
    test.spend('ada', 3);
  }
  back.unread(event);
  t.ok(Math.abs(back.window().percent - never.window().percent) < 1e-6);
  t.match(back.window(), { resetAt: weekEnd, suspicion: null, lastRead: never.window().lastRead });
  t.ok(Math.abs(Math.sqrt(back.window().covariance.pp / never.window().covariance.pp) - 1) < 1e-3);
});

t.test('also the first, and one that filled the window', async (t) => {
  const test = new Controller();
  test.join('ada');
  test.unread(test.read('week', 30));
  t.equal(test.window().lastRead, null);
  t.equal(test.plannedWindow().view.percent, 0);
  const full = learnt();
  full.unread(full.read('week', 100));
  t.match(full.window(), { full: false });
  t.ok(full.window().percent < 10);
});

t.test('an older one, taken back, leaves the percentage less certain', async (t) => {
  const test = learnt();
  const { percent } = test.window();
  const { pp } = test.window().covariance;
  test.unread('reading 3');
  t.equal(test.window().percent, percent);
  t.ok(test.window().covariance.pp > pp + 8);
});

t.test('a reading from before a budget was known cannot bring the guess back', async (t) => {
  const test = learnt();
  const event = test.read('week', 9, { resetsAt: weekEnd });
  test.setPolicy({ windows: [{ ...week, known_budget_micro_usd: 50_000_000 }] });
  test.unread(event);
  t.equal(test.window().perDollar, 2);
});
