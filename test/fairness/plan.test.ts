// The plan of a whole pool, by hand: levels even out within the horizon, between a floor and a cap for everybody.
import t, { type Test } from 'tap';
import type { Policy } from '../../src/fairness/policy.js';
import { Controller, hundredDollars, week } from '../support/controller.js';
import { hours, noon } from '../support/fold.js';

/** Members of a week of so many dollars, who have used so much of it, in runs of a dollar, at its begin. */
function pool(dollars: number, used: Readonly<Record<string, number>>, policy: Partial<Policy> = {}): Controller {
  const test = new Controller();
  test.setPolicy({ windows: [{ ...hundredDollars(noon), known_budget_micro_usd: dollars * 1e6 }], ...policy });
  for (const key of Object.keys(used)) test.join(key);
  for (const [key, cost] of Object.entries(used)) {
    test.spend(key, cost);
    Object.assign(test.member(key), { wakes: 9, wakeCost: 1 });
  }
  return test;
}

/** Runs by itself every so many seconds, whatever it is told. */
const goRogue = (test: Controller, key: string, gap: number) =>
  Object.assign(test.member(key), { ratio: 0.3, gap, gaps: 9 });

/** Is there as always, until long after. */
function stay(test: Controller): void {
  for (const { presence } of test.state.members.values()) presence.until = test.at + hours(1_000);
}

function near(t: Test, found: number | null, byHand: number, what: string): void {
  const off = Math.abs((found ?? Number.NaN) - byHand);
  t.ok(off <= 1e-9 * Math.max(1, Math.abs(byHand)), `${what}: ${found}, by hand ${byHand}`);
}

t.test('levels even out within 48 hours', async (t) => {
  const test = pool(100, { ada: 10, bo: 4 });
  // 86 dollars in 168 hours; both together have 14 and shall have 2 L in 48 hours.
  const level = (48 * (86 / 168) + 14) / 2;
  for (const [key, used] of [
    ['ada', 10],
    ['bo', 4],
  ] as const) {
    const planned = test.planned(key);
    near(t, planned.level, level, `${key} is held at`);
    near(t, planned.rate, (level - used) / 48, `${key} is planned with`);
    near(t, planned.recommended, (level - used) / 48, `${key} is told`);
    near(t, planned.proportional, 86 / 168 / 2, 'half of it is an equal share');
    t.match(planned, { heldBy: 0, used, claim: { used, weight: 1, hours: 48 } });
  }
  near(t, pool(100, { ada: 10, bo: 4 }, { horizon_h: 24 }).planned('ada').claim.hours, 24, 'or what the policy says');
});

t.test('the horizon ends with the period, but for half an hour', async (t) => {
  for (const [left, horizon] of [
    [20, 20],
    [0.25, 0.5],
  ] as const) {
    const test = pool(100, { ada: 10, bo: 4 });
    test.at += hours(168 - left);
    stay(test);
    // Usually always there, and there now.
    for (const { presence } of test.state.members.values()) presence.byWeek.fill(1);
    near(t, test.planned('ada').claim.hours, horizon, `${left} hours left`);
  }
});

t.test('a period that has ended is level, though nothing has happened since', async (t) => {
  const test = pool(100, { ada: 10, bo: 4 });
  test.at += hours(169);
  t.match(test.planned('ada').claim, { used: 0 });
  t.equal(test.planned('ada').used, 10, 'what the plan was made with');
  near(t, test.planned('ada').rate, test.planned('bo').rate, 'the same rate');
});

t.test('who is hardly expected catches up in a twentieth of the horizon at least', async (t) => {
  const test = pool(100, { ada: 10, bo: 4 });
  test.pause('ada', 24);
  near(t, test.planned('ada').claim.hours, 24, 'half of it');
  test.pause('ada', 47);
  near(t, test.planned('ada').claim.hours, 2.4, 'an hour of it');
});

t.test('nobody who may run gets less than 15 % of its equal share, or more than three of them', async (t) => {
  const test = pool(100, { ada: 40, bo: 0, cy: 0 });
  const equal = 60 / 168 / 3;
  near(t, test.planned('ada').rate, 0.15 * equal, 'ada, far ahead');
  near(t, test.planned('bo').rate, (60 / 168 - 0.15 * equal) / 2, 'the others share the rest');
  const many = pool(1_000, { ada: 0, bo: 100, cy: 100, dee: 100, eve: 100 });
  near(t, many.planned('ada').rate, 3 * (600 / 168 / 5), 'ada, far behind');
  near(t, many.planned('ada').recommended, 3 * (600 / 168 / 5), 'and told so');
  near(t, pool(1_000, { ada: 0 }).planned('ada').cap, 12, 'alone it may run every five minutes');
  near(t, pool(1_000, { ada: 0, bo: 0 }).planned('ada').cap, 3 * (1_000 / 168 / 2), 'not so two');
});

t.test('weights share, and a model is limited by what counts it', async (t) => {
  const test = new Controller();
  const sonnet = {
    ...hundredDollars(noon),
    key: 'week_sonnet',
    known_budget_micro_usd: 10_000_000,
    models: ['sonnet'],
  };
  test.setPolicy({ windows: [hundredDollars(noon), sonnet] });
  test.join('ada', { weight: 3, model: 'claude-opus-4' });
  test.join('bo', { model: 'claude-sonnet-4' });
  near(t, test.planned('ada').proportional, (3 / 4) * (100 / 168), 'ada has three parts of four');
  near(t, test.planned('bo').proportional, 10 / 168, 'bo could have a fourth, but for the ten dollars of its model');
  t.match(test.planned('ada'), { expected: [1, -1], heldBy: 0 });
  t.match(test.planned('bo'), { expected: [1, 1], heldBy: 1 });
  near(t, test.planned('bo').rate, 10 / 168, 'it uses them up');
  near(t, test.planned('ada').rate, 90 / 168, 'and leaves the rest');
});

t.test('where floors do not fit beside those who take their own, they shrink alike', async (t) => {
  // A dollar an hour for three; of a third, 15 % are 0.05.
  const free = pool(168, { ada: 0, bo: 0, cy: 0 });
  near(t, free.planned('bo').claim.floor, 0.05, 'with room');
  for (const [taken, floor] of [
    [0.9, 0.05],
    [0.95, 0.025],
    [1, 0],
    [1.5, 0],
  ] as const) {
    const test = pool(168, { ada: 0, bo: 0, cy: 0 });
    goRogue(test, 'ada', 3_600 / taken);
    near(t, test.planned('bo').claim.floor, floor, `${taken} of a dollar is taken`);
    near(t, test.planned('bo').floor, 0.05, 'told by the floor as it is');
    near(t, test.planned('ada').rate, taken, 'and planned for');
    near(
      t,
      test.planned('ada').cap,
      taken > 1 ? 1 / 3 : 1,
      'who takes all is told its equal share, else three at most',
    );
  }
});

t.test('who asks for less than its floor is planned with what it asks for', async (t) => {
  const test = pool(168, { ada: 0, bo: 0 });
  // A run of a dollar every 100 hours is 0.01 an hour, and a fifth more; the floor is 15 % of half a dollar.
  Object.assign(test.member('ada'), { ratio: 3, gap: 360_000, gaps: 9 });
  t.match(test.planned('ada'), { conduct: 'demand', claim: { floor: 0.012, cap: 0.012 }, floor: 0.075 });
  near(t, test.planned('bo').rate, 1 - 0.012, 'the rest is lent');
});

t.test(
  'shares are worked out without floors and bounds, and without what is planned for those who take their own',
  async (t) => {
    const test = pool(168, { ada: 0, bo: 0 });
    goRogue(test, 'ada', 3_600);
    const { members } = test.planFor(168);
    for (const key of ['ada', 'bo']) {
      t.match(members.get(key), { claim: { floor: 0, cap: 12, hours: 168 } }, key);
      near(t, members.get(key)?.rate ?? null, 0.5, key);
    }
  },
);

t.test('only members who stayed are planned, and nobody under the static method', async (t) => {
  const test = pool(100, { ada: 10, bo: 4 });
  test.leave('bo');
  t.strictSame([...test.plan().members.keys()], ['ada']);
  near(t, test.planned('ada').proportional, 86 / 168, 'all is hers');
  test.setPolicy({ method: 'static' });
  t.equal(test.plan().members.size, 0);
});

t.test(
  'nobody is told to wait longer than the policy says, unless the pace of all is slower than half of that',
  async (t) => {
    // Two runs of a dollar, and so many dollars a week: twice the pace at which both run.
    for (const [dollars, longest] of [
      [168, 14_400],
      [60, Math.max(14_400, 2 * 2 * (168 / 60) * 3_600)],
      [20, 86_400],
    ] as const) {
      near(t, pool(dollars, { ada: 0, bo: 0 }).planned('ada').waits.longest, longest, `${dollars} dollars`);
    }
    const day = new Controller();
    day.setPolicy({ windows: [{ ...week, length_s: 86_400, known_budget_micro_usd: 1_000_000, margin_percent: 0 }] });
    day.join('ada');
    near(t, day.planned('ada').waits.longest, 14_400, 'a window of a day says nothing of pace');
  },
);
