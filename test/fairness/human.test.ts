// What people will use until a window resets: by habit, and on top of it while one is at work.
import t from 'tap';
import { type HumanForecast, humanForecast, noHumanUse, noteHumanUse } from '../../src/fairness/human.js';
import { defaultPolicy as policy } from '../../src/fairness/policy.js';
import type { HumanUse } from '../../src/fairness/state.js';
import { Controller, hundredDollars } from '../support/controller.js';
import { hours, minutes, noon } from '../support/fold.js';

/** Somebody at work: a dollar every six minutes for so many hours. */
function atWork(hoursLong: number): HumanUse {
  const human = { ...noHumanUse(policy), at: noon };
  for (let i = 0; i <= hoursLong * 10; i++) noteHumanUse(policy, human, noon + minutes(6 * i), 1);
  return human;
}

const rounded = ({ habit, attached }: HumanForecast) => [habit.toFixed(2), attached.toFixed(2)];

t.test('nobody seen, nobody expected', async (t) => {
  t.strictSame(humanForecast(policy, noHumanUse(policy), noon, 100), { habit: 0, attached: 0 });
});

t.test('habit: what was used over two days nobody was there before, by hand', async (t) => {
  const human = { ...noHumanUse(policy), at: noon };
  noteHumanUse(policy, human, noon, 12);
  // 12 dollars over 48 hours; nobody attached an hour later. Both decay with a half-life of 96 hours.
  const later = noon + hours(1);
  const kept = 2 ** (-1 / 96);
  const slow = (12 * kept) / (48 * kept + (1 - kept) / (Math.LN2 / 96));
  const { habit, attached } = humanForecast(policy, human, later, 10);
  t.ok(Math.abs(habit - 10 * slow) < 1e-9, `${habit}`);
  t.equal(attached, 0);
  t.ok(humanForecast(policy, human, noon + hours(400), 10).habit < 0.1, 'forgotten after weeks');
});

t.test('time without people counts from the first use of the window, by hand', async (t) => {
  const test = new Controller();
  test.setPolicy({ windows: [{ ...hundredDollars(noon), known_budget_micro_usd: 1_000_000_000 }] });
  test.join('ada');
  test.spend('ada', 1);
  test.at += hours(96);
  test.spend('ada', 12, { collaboration: true });
  // The 48 hours of before weigh half after a half-life, and the 96 since are 96 / (2 log 2) hours.
  const habit = (12 / (48 / 2 + 96 / 2 / Math.LN2)) * (168 - 96);
  const found = test.plannedWindow().view.humanHabit;
  t.ok(Math.abs(found - habit) < 1e-9, `${found}, by hand ${habit}`);
});

t.test('at work now: the present pace for the rest of a session', async (t) => {
  const human = atWork(3);
  const now = noon + hours(3);
  const soon = humanForecast(policy, human, now, 1);
  // 10 dollars an hour, of which the first hours are forgotten: 4 h · (1 − e^(−1/4)) of it within an hour.
  const expected = 10 * 4 * (1 - Math.exp(-1 / 4));
  t.ok(Math.abs(soon.habit + soon.attached - expected) < 1, `${soon.habit} + ${soon.attached}, by hand ${expected}`);
  const whole = humanForecast(policy, human, now, 100);
  t.ok(whole.attached > 30 && whole.attached < 40, `${whole.attached}: about four hours of it`);
});

t.test('gone a quarter of an hour after the last report', async (t) => {
  const human = atWork(3);
  const last = noon + hours(3);
  t.ok(humanForecast(policy, human, last + minutes(15), 5).attached > 10);
  t.equal(humanForecast(policy, human, last + minutes(15) + 1, 5).attached, 0);
});

t.test('it does not matter how often somebody looked', async (t) => {
  const human = atWork(1);
  const before = rounded(humanForecast(policy, human, noon + hours(9), 24));
  for (let i = 0; i < 50; i++) noteHumanUse(policy, human, noon + hours(1) + minutes(9 * i), 0);
  const [habit] = rounded(humanForecast(policy, human, noon + hours(9), 24));
  t.equal(habit, before[0]);
});

t.test('agents leave people the room they will need', async (t) => {
  const rate = (collaboration: boolean) => {
    const test = new Controller();
    test.setPolicy({ windows: [hundredDollars(test.at)] });
    test.join('ada');
    for (let i = 0; i < 30; i++) {
      test.spend('ada', 0.1, { collaboration });
      test.at += minutes(6);
    }
    return test.plannedWindow();
  };
  const [busy, alone] = [rate(true), rate(false)];
  t.equal(busy.view.percent.toFixed(6), alone.view.percent.toFixed(6));
  t.ok(busy.rate < alone.rate, `${busy.rate} < ${alone.rate}`);
  t.ok(busy.rateWithoutAttached > busy.rate, 'part of it only while somebody is at work');
  t.equal(alone.rateWithoutAttached, alone.rate);
});
