// From a rate to the seconds an agent is told: bounds, resets in between, full windows, and no nervousness.
import t from 'tap';
import type { WindowRule } from '../../src/fairness/policy.js';
import { Controller, hundredDollars, session, week } from '../support/controller.js';
import { hours, minutes, noon } from '../support/fold.js';

/** A pool of some members whose wakes have cost a dollar twice, in windows of known budgets. */
function pool(windows: readonly WindowRule[], keys: readonly string[] = ['ada', 'bo']): Controller {
  const test = new Controller();
  test.setPolicy({ windows: [...windows] });
  for (const key of keys) test.join(key);
  for (const key of [...keys, ...keys]) test.spend(key, 1);
  return test;
}

const budget = (dollars: number, rule: WindowRule = hundredDollars(noon)): WindowRule => ({
  ...rule,
  known_budget_micro_usd: dollars * 1e6,
});

t.test('an even pace of what is left', async (t) => {
  // 404 dollars, 4 are gone: 400 for two in 168 hours, a wake of a dollar in 50 minutes and 24 seconds.
  const told = pool([budget(404)]).told('ada');
  t.equal(told.interval, 3_024);
  t.match(told, { bound: 'rate', bindingWindow: 'week', blockedBy: [] });
});

t.test('never more often than the policy, or the member, allows', async (t) => {
  const test = pool([budget(1_000_000)]);
  t.match(test.told('ada'), { interval: 300, bound: 'minimum', bindingWindow: null });
  test.join('ada', { intervalSecondsMin: 1_200 });
  t.equal(test.told('ada').interval, 1_200);
  test.join('ada', { intervalSecondsMin: 20_000 });
  t.equal(test.told('ada').interval, 20_000, 'also where that is more than the longest interval');
  test.setPolicy({ interval_s_min: 700, interval_s_base: 700 });
  t.equal(test.told('bo').interval, 700);
});

t.test('a new minimum is kept at once, not approached', async (t) => {
  const test = pool([budget(404)]);
  Object.assign(test.member('ada'), { recommended: 700 });
  t.equal(test.told('ada').interval, 1_400, 'twice the last');
  test.join('ada', { intervalSecondsMin: 2_500 });
  t.equal(test.told('ada').interval, 2_500);
  Object.assign(test.member('ada'), { recommended: 2_490 });
  test.setPolicy({ deadband_log_ratio: 0.5 });
  t.equal(test.told('ada').interval, 2_500, 'nor is it too small a change');
});

t.test('never longer than the longest, unless an even pace of all is', async (t) => {
  const behind = pool([budget(400)]);
  behind.member('ada').used += 1_000;
  behind.setPolicy({ floor_fraction: 0 });
  t.match(behind.told('ada'), { interval: 14_400, bound: 'ceiling' });
  // Ten dollars for two in a week: a wake each in 33.6 hours, but for the 24 that are the limit.
  const poor = pool([budget(14)]);
  t.match(poor.told('ada'), { interval: 86_400, bound: 'ceiling' });
  // 30 dollars: 11.2 hours, and twice that is allowed.
  t.equal(pool([budget(34)]).told('ada').interval, Math.round(11.2 * 3_600));
});

t.test('a full window stops also those who are hardly expected, or not at all', async (t) => {
  const test = new Controller({ windows: [week] });
  test.join('ada');
  test.join('bo');
  test.pause('ada', 99);
  test.pause('bo', null);
  test.exhaust('week', test.at + hours(100));
  // Of the 100 hours to the reset ada is away 99, and bo all.
  t.ok((test.planned('ada').expected[0] as number) <= 0.01);
  t.equal(test.planned('bo').expected[0], 0);
  for (const key of ['ada', 'bo']) {
    const { blockedBy, bound, interval } = test.told(key);
    t.match({ blockedBy, bound }, { blockedBy: ['week'], bound: 'blocked' }, key);
    t.ok(interval >= 100 * 3_600 + 30 && interval <= 100 * 3_600 + 300, `${key} waits ${interval} s`);
  }
});

t.test('a full window is waited out, by everybody a little differently', async (t) => {
  const keys = Array.from({ length: 40 }, (_, i) => `agent ${i}`);
  const test = pool([budget(1_000), { ...session, models: ['opus'] }], keys);
  for (const key of keys.slice(1)) test.join(key, { model: 'opus' });
  test.exhaust('session', test.at + hours(2));
  const waits = keys.slice(1).map((key) => {
    const told = test.told(key);
    t.match(told, { bound: 'blocked', blockedBy: ['session'] }) || t.comment(key);
    return told.interval - 7_200;
  });
  t.ok(Math.min(...waits) >= 30 && Math.max(...waits) <= 300, `${Math.min(...waits)} to ${Math.max(...waits)} s after`);
  t.ok(new Set(waits).size > 30, 'not all at once');
  t.strictSame(
    keys.slice(1).map((key) => test.told(key).interval - 7_200),
    waits,
    'and always the same',
  );
  t.strictSame(test.told(keys[0] as string).blockedBy, [], 'whose model it does not count runs on');
});

t.test('of several full windows the last to reset counts', async (t) => {
  const test = pool([budget(1_000), { ...session, key: 'day' }, session]);
  test.exhaust('session', test.at + hours(2));
  test.exhaust('day', test.at + hours(9));
  const told = test.told('ada');
  t.strictSame(told.blockedBy, ['day', 'session']);
  t.ok(told.interval >= 9 * 3_600 + 30 && told.interval <= 9 * 3_600 + 300);
});

t.test('used up but for the margin is as good as full', async (t) => {
  const test = pool([{ ...budget(100), margin_percent: 5 }]);
  test.spend('ada', 91);
  t.equal(test.plannedWindow().exhausted, true);
  t.equal(test.told('ada').bound, 'blocked');
  t.equal(pool([budget(100)]).plannedWindow().exhausted, false);
});

t.test('what does not fit before the reset is saved up from the rate after it', async (t) => {
  const test = pool([budget(100, { ...hundredDollars(noon - hours(20)), length_s: 86_400 })], ['ada']);
  test.spend('ada', 89);
  test.setPolicy({ interval_s_max: 86_400 });
  // Of 100 dollars 9 are left for 4 hours: 2.25 an hour. A wake of 20 takes those 9, and 11 at 100 a day.
  Object.assign(test.member('ada'), { wakeCost: 20, wakes: 9 });
  t.equal(test.told('ada').interval, 4 * 3_600 + (3_600 * 11) / (100 / 24));
  Object.assign(test.member('ada'), { wakeCost: 5 });
  t.equal(test.told('ada').interval, (3_600 * 5) / 2.25, 'one that fits does not cross');
});

t.test('after the reset a member runs at the rate of whichever of its windows gives least', async (t) => {
  // A day as above, of which 9 dollars are left for 4 hours; a run of 20 dollars lacks 11 of them.
  const day = budget(100, { ...hundredDollars(noon - hours(20)), key: 'day', length_s: 86_400 });
  const interval = (windows: readonly WindowRule[]) => {
    const test = pool(windows, ['ada']);
    test.join('ada', { model: 'claude-opus-4' });
    test.spend('ada', 89);
    test.setPolicy({ interval_s_max: 86_400, interval_s_hard_max: 864_000 });
    Object.assign(test.member('ada'), { wakeCost: 20, wakes: 9 });
    return test.told('ada').interval;
  };
  const rest = (perHour: number) => Math.round(4 * 3_600 + (3_600 * 11) / perHour);
  t.equal(interval([day]), rest(100 / 24));
  t.equal(
    interval([{ ...day, margin_percent: 2 }]),
    Math.round(4 * 3_600 + (3_600 * 13) / (98 / 24)),
    '2 % are kept free',
  );
  t.equal(interval([day, { ...budget(91 + 3 * 168) }]), rest(3), 'one of 3, the binding one being the day');
  t.equal(
    interval([day, { ...budget(91 + 3 * 168), models: ['sonnet'] }]),
    rest(100 / 24),
    'unless it counts another model',
  );
});

t.test('after the reset those who are there share by weight, and whoever asks', async (t) => {
  // A day of 200 dollars with 4 hours left; the run of 40 dollars is more than what ada may use until then.
  const day = budget(200, { ...hundredDollars(noon - hours(20)), key: 'day', length_s: 86_400 });
  const test = pool([day], ['ada', 'bo']);
  test.join('ada', { weight: 2 });
  test.spend('bo', 178);
  test.setPolicy({ interval_s_max: 86_400, interval_s_hard_max: 864_000 });
  const byHand = (weights: number, what: string) => {
    Object.assign(test.member('ada'), { wakeCost: 40, wakes: 9 });
    const { rate, interval } = test.told('ada');
    t.ok(rate > 0 && 4 * rate < 40, `${rate} dollars an hour`);
    t.equal(interval, Math.round(4 * 3_600 + (3_600 * (40 - 4 * rate)) / ((2 / weights) * (200 / 24))), what);
  };
  byHand(3, 'ada 2 and bo 1');
  test.member('ada').presence.until = 0;
  byHand(3, 'ada, who asks, counts though she was not thought to be there');
  test.member('ada').presence.until = test.at + hours(1);
  test.pause('bo', null);
  byHand(2, 'bo is paused');
});

t.test('one window that is in its last runs is enough', async (t) => {
  const test = pool([budget(100), budget(1_000, { ...hundredDollars(noon), key: 'second' })]);
  t.equal(test.told('ada').lastWakes, false);
  Object.assign(test.window('week'), { percent: 98.5 });
  t.equal(test.told('ada').lastWakes, true, 'a dollar and a half for two runs of a dollar');
});

t.test('a bound is told as it is, not approached', async (t) => {
  const test = pool([budget(1_000_000)]);
  Object.assign(test.member('ada'), { recommended: 10_000 });
  t.match(test.told('ada'), { interval: 300, bound: 'minimum' });
});

t.test('a full window that says no time is waited out for its whole length', async (t) => {
  const test = pool([budget(1_000), session]);
  test.exhaust('session', null);
  Object.assign(test.window('session'), { resetAt: null, startAt: null });
  const { interval, blockedBy } = test.told('ada');
  t.strictSame(blockedBy, ['session']);
  t.ok(interval >= 5 * 3_600 + 30 && interval <= 5 * 3_600 + 300, `${interval} s`);
});

t.test('small changes are not passed on, large ones in steps of two', async (t) => {
  const test = pool([budget(404)]);
  t.equal(test.use('ada', 0).interval, 3_024);
  const with2percent = (base: number, factor: number) => ({ wakeCost: base * factor });
  Object.assign(test.member('ada'), with2percent(1, 1.04));
  t.equal(test.use('ada', 0).interval, 3_024, '4 % more');
  Object.assign(test.member('ada'), with2percent(1, 1.06));
  const next = test.use('ada', 0).interval;
  t.ok(next > 3_100 && next < 3_300, `${next}: 6 % more`);
  Object.assign(test.member('ada'), with2percent(1, 4));
  t.equal(test.use('ada', 0).interval, 2 * next);
  t.ok(test.told('ada').interval > 2.5 * next, 'and the rest next time');
  Object.assign(test.member('ada'), with2percent(1, 0.1));
  t.equal(test.use('ada', 0).interval, next);
});

t.test('after a full window the wait for it is not what the next interval is smoothed against', async (t) => {
  const test = pool([budget(404), session]);
  test.use('ada', 0);
  test.exhaust('session', test.at + hours(4));
  t.ok(test.use('ada', 0).interval > 14_400);
  t.equal(test.member('ada').recommended, null);
  test.at += hours(4);
  t.ok(test.use('ada', 0).interval < 4_000);
});

t.test('no reading, no block: everybody runs around the base interval', async (t) => {
  const test = new Controller({ windows: [week, session] });
  for (const key of ['ada', 'bo', 'cy']) test.join(key);
  for (let i = 0; i < 40; i++) {
    for (const key of ['ada', 'bo', 'cy']) {
      const { interval } = test.use(key, 1);
      if (interval < 600 || interval > 1_500) t.fail(`${key} is told ${interval}`);
    }
    test.at += minutes(15);
  }
  t.pass();
});

t.test('who has no share runs at the base, but for full windows', async (t) => {
  const test = pool([budget(404), session, { ...week, key: 'week_opus', models: ['opus'] }]);
  t.match(test.told('stranger'), { interval: 900, bound: 'static' });
  test.exhaust('week_opus', test.at + hours(50));
  t.equal(test.told('stranger').interval, 900, 'it may not be one of that model');
  test.exhaust('session', test.at + hours(2));
  t.match(test.told('stranger'), { interval: 7_230, bound: 'blocked', blockedBy: ['session'] });
});

t.test('the static method tells everybody the base, and stops at full windows only', async (t) => {
  const test = pool([budget(100)]);
  test.setPolicy({ method: 'static' });
  test.spend('ada', 95.5);
  t.match(test.told('ada'), { interval: 900, bound: 'static' });
  test.join('ada', { intervalSecondsMin: 1_500 });
  t.equal(test.told('ada').interval, 1_500, 'what a member asks for is kept');
  test.exhaust('week', null);
  t.match(test.told('ada'), { bound: 'blocked', blockedBy: ['week'] });
});

t.test('by a plan made before its last use, a member is told what it may do after it', async (t) => {
  const test = pool([budget(404)]);
  const before = test.plan();
  const { interval } = test.told('ada');
  test.spend('ada', 50);
  Object.assign(test.member('ada'), { wakeCost: 1 });
  const after = test.toldBy(before, 'ada');
  t.ok(after.interval > 2 * interval, `${after.interval}, after ${interval}`);
  t.equal(test.toldBy(before, 'bo').interval, interval, 'the others by the plan as it was');
});
