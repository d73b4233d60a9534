// The parts of the simulator by themselves: chance, water-filling, the fairest week, scores, and the controllers compared.
import fc from 'fast-check';
import t from 'tap';
import { jain } from '../../src/fairness/jain.js';
import type { Controller } from '../../src/simulate/controller.js';
import { changesOf, valueAt } from '../../src/simulate/course.js';
import { type Demand, demandOf } from '../../src/simulate/demand.js';
import { levelsAtEntry } from '../../src/simulate/entry.js';
import { evenSplit } from '../../src/simulate/even-split.js';
import { idealOf } from '../../src/simulate/ideal.js';
import { claimed, levelFor } from '../../src/simulate/level.js';
import { longestWait } from '../../src/simulate/longest-wait.js';
import { OriginalController } from '../../src/simulate/original.js';
import { Random } from '../../src/simulate/random.js';
import type { Scenario, ScenarioAgent } from '../../src/simulate/scenario.js';
import { scenario as made, windows } from '../../src/simulate/scenarios/parts.js';
import { scenarioNamed, scenarios } from '../../src/simulate/scenarios.js';
import { scoreOf } from '../../src/simulate/score.js';
import { staticController } from '../../src/simulate/static.js';
import { type Limit, supplyOf } from '../../src/simulate/supply.js';
import { Timeline } from '../../src/simulate/timeline.js';
import type { Trace } from '../../src/simulate/trace.js';
import { dayMs, hourMs, microUsdPerUsd, weekMs } from '../../src/simulate/units.js';

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const mean = (numbers: readonly number[]) => sum(numbers) / numbers.length;
const spread = (numbers: readonly number[]) => {
  const middle = mean(numbers);
  return Math.sqrt(mean(numbers.map((number) => (number - middle) ** 2)));
};
const draws = (draw: () => number) => Array.from({ length: 40_000 }, draw);

t.test('the same seed draws the same numbers, another one others', async (t) => {
  const drawn = (seed: string) =>
    Array.from(
      { length: 20 },
      (
        (random) => () =>
          random.uniform()
      )(new Random(seed)),
    );
  t.strictSame(drawn('a'), drawn('a'));
  t.notSame(drawn('a'), drawn('b'));
  t.equal(new Set([...drawn('a'), ...drawn('aa'), ...drawn('')]).size, 60);
});

t.test('draws have the mean and the spread asked for', async (t) => {
  const random = new Random('moments');
  const near = (found: number, wanted: number, what: string) =>
    t.ok(Math.abs(found - wanted) < 0.02 * Math.max(1, wanted), `${what}: ${found}`);
  const uniform = draws(() => random.uniform(2, 4));
  near(mean(uniform), 3, 'uniform');
  t.ok(uniform.every((x) => x >= 2 && x < 4));
  const normal = draws(() => random.normal());
  near(mean(normal), 0, 'normal');
  near(spread(normal), 1, 'normal spread');
  const lognormal = draws(() => random.lognormal(5, 0.5));
  near(mean(lognormal), 5, 'lognormal');
  near(spread(lognormal) / mean(lognormal), 0.5, 'lognormal variation');
});

t.test('a course holds its last step, and its first one before that', async (t) => {
  const course = [
    { from: 0, value: 1 },
    { from: 10, value: 2 },
  ];
  t.strictSame(
    [-1, 0, 9, 10, 99].map((time) => valueAt(course, time)),
    [1, 1, 1, 2, 2],
  );
  t.strictSame([changesOf(course), changesOf(3)], [[10], []]);
});

t.test('what is put down happens in order of time, and of putting down within one time', async (t) => {
  const timeline = new Timeline();
  const random = new Random('order');
  const happened: string[] = [];
  const times = Array.from({ length: 500 }, () => Math.floor(random.uniform(0, 50)));
  times.forEach((time, i) => {
    timeline.at(time, () => happened.push(`${time} ${i}`));
  });
  timeline.at(20, () => timeline.at(3, () => happened.push(`late at ${timeline.now}`)));
  timeline.runUntil(40);
  const expected = times.map((time, i) => ({ time, i })).sort((a, b) => a.time - b.time || a.i - b.i);
  t.strictSame(
    happened.filter((text) => !text.startsWith('late')),
    expected.filter(({ time }) => time < 40).map(({ time, i }) => `${time} ${i}`),
  );
  t.ok(happened.includes('late at 20'), 'what is past happens at once');
  t.equal(timeline.now, 40);
});

t.test('water rises to the level at which the claims take the amount', async (t) => {
  const claims = [
    { from: 0, slope: 1, most: 100 },
    { from: 0, slope: 2, most: 6 },
    { from: 10, slope: 1, most: 100 },
  ];
  t.equal(levelFor(claims, 6), 2, 'both rise');
  t.equal(levelFor(claims, 14), 8, 'the second has all it wants');
  t.equal(levelFor(claims, 20), 12, 'the third has come in');
  t.equal(levelFor(claims, 1_000), 110, 'everybody has all they want');
  const any = fc.record({ from: fc.nat(50), slope: fc.integer({ min: 1, max: 9 }), most: fc.nat(100) });
  fc.assert(
    fc.property(fc.array(any, { minLength: 1 }), fc.double({ min: 0, max: 0.99, noNaN: true }), (claims, part) => {
      const amount = part * sum(claims.map(({ most }) => most));
      const level = levelFor(claims, amount);
      return Math.abs(sum(claims.map((claim) => claimed(claim, level))) - amount) < 1e-6;
    }),
  );
});

/** Every limit there is, spelled out: of the periods, and for each group of agents what the slots have room for. */
function everyLimit(scenario: Scenario, demands: readonly Demand[]): Limit[] {
  const { limits, slotRooms } = supplyOf(scenario, demands);
  if (slotRooms === null) return [...limits];
  const groups = Array.from({ length: 2 ** demands.length - 1 }, (_, bits) =>
    demands.map((_, i) => i).filter((i) => ((bits + 1) >> i) & 1),
  );
  const crowds = groups.map((group) => ({
    members: new Set(group),
    amount: sum([...slotRooms].map((room, k) => Math.min(room, sum(group.map((i) => demands[i]!.slots[k]!))))),
  }));
  return [...limits, ...crowds];
}

/** What is wrong with the ideal: a limit exceeded, or somebody who could be given more at the cost of the better off. */
function flaws(scenario: Scenario): string[] {
  const demands = scenario.agents.map((agent) => demandOf(agent, scenario));
  const limits = everyLimit(scenario, demands);
  const ideal = idealOf(scenario);
  const charges = demands.map(
    ({ name, unsteered, quotaFactor }) => (ideal.agents.get(name)!.autonomyMicroUsd - unsteered) * quotaFactor,
  );
  const entries = levelsAtEntry(demands, supplyOf(scenario, demands), scenario.scored);
  const levels = demands.map((demand, i) => entries[i]! + charges[i]! / demand.weight / demand.quotaFactor);
  const charged = ({ members }: Limit) => sum([...members].map((i) => charges[i]!));
  const slack = 10;
  const exceeded = limits.filter((limit) => charged(limit) > limit.amount + slack).map(() => 'a limit is exceeded');
  const poor = demands.flatMap(({ name, slots, weight }, i) => {
    if (charges[i]! >= sum([...slots]) - slack) return [];
    const justified = limits.some(
      (limit) =>
        limit.members.has(i) &&
        charged(limit) >= limit.amount - slack &&
        [...limit.members].every((j) => charges[j]! <= slack || levels[j]! <= levels[i]! + slack / Math.min(weight, 1)),
    );
    return justified ? [] : [`${name} could have more`];
  });
  return [...exceeded, ...poor];
}

t.test(
  'the fairest week keeps every limit, and nobody could have more without taking it from the worse off',
  async (t) => {
    for (const scenario of scenarios) {
      if (scenario.agents.length <= 5) t.strictSame(flaws(scenario), [], scenario.name);
    }
  },
);

t.test('the same holds for any agents with any hours', async () => {
  const agent = fc.record({
    costUsd: fc.integer({ min: 1, max: 40 }),
    weight: fc.integer({ min: 1, max: 5 }),
    from: fc.integer({ min: 0, max: 40 }),
    hours: fc.integer({ min: 1, max: 48 }),
    model: fc.constantFrom('opus', 'sonnet'),
    wantsSeconds: fc.constantFrom(300, 600, 3_600),
  });
  const budgets = fc.tuple(...[4_000, 1_000, 2_000].map((max) => fc.integer({ min: 1, max })));
  fc.assert(
    fc.property(fc.array(agent, { minLength: 1, maxLength: 5 }), budgets, (agents, budgets) => {
      const scenario = made({
        number: 0,
        name: 'any',
        description: 'Any.',
        lengthMs: 2 * dayMs,
        quotaFactors: { sonnet: 1.5 },
        windows: windows(...(budgets as [number, number, number])),
        agents: agents.map(({ from, hours, ...rest }, i) => ({
          ...rest,
          name: `agent ${i}`,
          worksAt: (time) => time >= from * hourMs && time < (from + hours) * hourMs,
        })),
      });
      const found = flaws(scenario);
      if (found.length > 0) throw new Error(found.join(', '));
    }),
    { numRuns: 150, seed: 5 },
  );
});

t.test('the fairest week by hand', async (t) => {
  const usd = (name: string) =>
    [...idealOf(scenarioNamed(name)).agents.values()].map(({ autonomyMicroUsd }) =>
      Math.round(autonomyMicroUsd / microUsdPerUsd),
    );
  t.strictSame(usd('three-equal'), [400, 400, 400]);
  t.strictSame(usd('unequal-weights'), [600, 300, 150, 150]);
  t.strictSame(usd('heavy-and-light'), [724, 101, 76], 'the light ones get all they want');
  t.strictSame(usd('newcomer'), [350, 350, 350, 150], 'no share of the time before it came');
  t.strictSame(usd('human-bursts'), [305, 305, 305], 'what people use is nobody’s share');
  t.strictSame(usd('sonnet-binds'), [625, 625, 175, 175]);
  t.strictSame(usd('five-hour-binds'), [672, 672, 672], 'a week of 33.6 windows of 60');
  t.strictSame(usd('ignores-the-interval').slice(0, 3), [261, 261, 261], 'what is taken anyhow is taken from all');
});

t.test('what nobody can steer, and time that is not there, is left out of the fairest week', async (t) => {
  const usd = (scenario: Scenario) =>
    [...idealOf(scenario).agents.values()].map(({ autonomyMicroUsd }) => Math.round(autonomyMicroUsd / microUsdPerUsd));
  const world = (fiveHour: number, ...agents: ScenarioAgent[]) =>
    made({
      number: 0,
      name: 'world',
      description: 'World.',
      lengthMs: 10 * hourMs,
      windows: windows(1e6, fiveHour),
      agents: agents.map((agent, i) => ({ ...agent, name: `agent ${i}` })),
    });
  const agent = { name: '', costUsd: 3.16 };
  const whole = 360;
  t.strictSame(usd(world(1e6, agent)), [whole], 'as often as it may');
  t.strictSame(usd(world(20, agent, agent, { ...agent, costUsd: 1, ignoresSeconds: 1_800 })), [10, 10, 20]);
  const half = { from: 0, until: 5 * hourMs };
  t.strictSame(usd(world(1e6, { ...agent, joinsAt: 5 * hourMs }, agent)), [whole / 2, whole]);
  t.strictSame(usd(world(1e6, { ...agent, sessions: [{ ...half, usdPerHour: 1 }] })), [whole / 2]);
  t.strictSame(usd(world(1e6, { ...agent, pauses: [half] })), [whole / 2]);
  t.strictSame(usd(world(1e6, { ...agent, bursts: [{ ...half, factor: 3 }] })), [2 * whole]);
});

t.test('who leaves is entitled to the time it was a member', async (t) => {
  const { agents, ...rest } = scenarioNamed('three-equal');
  const leaving = { ...rest, agents: agents.map((agent, i) => (i === 2 ? { ...agent, leavesAt: weekMs / 2 } : agent)) };
  const used = [...idealOf(leaving).agents.values()].map(({ autonomyMicroUsd }) => autonomyMicroUsd / microUsdPerUsd);
  t.strictSame(used.map(Math.round), [500, 500, 200]);
});

t.test('Jain’s index is 1 for equals and 1/n where one has all, and none where nobody has anything', async (t) => {
  t.equal(jain([2, 2, 2]), 1);
  t.equal(jain([0, 0, 5, 0]), 1 / 4);
  t.equal(jain([0, 0]), null);
});

t.test('a score by hand', async (t) => {
  const usd = (value: number) => value * microUsdPerUsd;
  const names = ['Ada', 'Ben', 'Cleo'] as const;
  const scenario = made({
    number: 0,
    name: 'two weeks',
    description: 'Two weeks.',
    lengthMs: 2 * weekMs,
    scored: { from: weekMs, until: 2 * weekMs },
    windows: windows(1_500, 1e6),
    agents: [10, 4, 1].map((weight, i) => ({ name: names[i]!, costUsd: 1, weight })),
  });
  const agent = (i: number, used: number, intervals: readonly number[]) => ({
    name: names[i]!,
    intervals: intervals.map((value, k) => ({ at: weekMs + (24 + k) * hourMs, value, left: value })),
    rechecks: [],
    autonomy: [
      { at: hourMs, value: usd(77) },
      { at: weekMs + hourMs, value: usd(77 + used) },
    ],
    collaboration: [{ at: hourMs, value: usd(30) }],
    refusedMicroUsd: usd(10),
    runs: 2,
    runsRefused: 0,
  });
  const window = { percentBp: [], usedAtStartMicroUsd: 0, usedAtEndMicroUsd: 0 };
  const period = (day: number, full: number, used = 0) => ({
    end: day * dayMs,
    usedMicroUsd: usd(used),
    budgetMicroUsd: usd(1_500),
    fullMs: full * hourMs,
  });
  const trace: Trace = {
    start: 0,
    end: 2 * weekMs,
    agents: [agent(0, 1_000, [900, 900 * Math.E]), agent(1, 300, [900]), agent(2, 50, [900, 900])],
    windows: [
      { ...window, key: 'week_all', periods: [period(7, 50, 1_500), period(14, 3, 1_350)] },
      { ...window, key: 'week_sonnet', periods: [period(7, 50), period(14, 2)] },
      { ...window, key: 'session_5hour', periods: [period(3, 1), period(8, 0.5), period(9, 0.5)] },
    ],
    readings: [],
    darkUseMicroUsd: 0,
  };
  const score = scoreOf(trace, scenario, idealOf(scenario));
  const rounded = Object.fromEntries(Object.entries(score).map(([key, value]) => [key, Math.round(value * 1e6) / 1e6]));
  t.strictSame(rounded, {
    jain: 0.931034,
    deviation: 0.4,
    deviationNet: 0.355556,
    utilisation: 0.9,
    lockedOutHours: 5,
    blockedHours: 1,
    refused: 0.25,
    volatility: 0.5,
    longestWait: Math.round(1e6 * Math.E) / 1e6,
  });
});

t.test('the longest wait is measured by the pace of the ideal, and not while a window is full', async (t) => {
  const scenario = made({
    number: 0,
    name: 'waits',
    description: 'Waits.',
    windows: windows(168, 1e6, 1e6),
    agents: [
      { name: 'Ada', costUsd: 1 },
      { name: 'Rogue', costUsd: 0.001, ignoresSeconds: 86_400 },
      { name: 'Modest', costUsd: 1, wantsSeconds: 86_400 },
    ],
  });
  const agents = ['Ada', 'Rogue', 'Modest'].map((name, i) => ({
    name,
    intervals: [9_000, 36_000].map((value, day) => ({
      at: day * dayMs + 1,
      value: 99_999,
      left: value * (i === 0 ? 1 : 100),
    })),
    rechecks: [{ at: 2 * dayMs, value: 99_999, left: i === 0 ? 10_000 : 99_999 }],
    autonomy: [],
    collaboration: [],
    refusedMicroUsd: 0,
    runs: 0,
    runsRefused: 0,
  }));
  const ideal = idealOf(scenario);
  const paceSeconds = (168 * 3_600 * microUsdPerUsd) / (ideal.agents.get('Ada')?.autonomyMicroUsd ?? 0);
  /** In seconds, where a window was used so much on the second day. */
  const longest = (key: string, basisPoints: number) => {
    const percentBp = [
      { at: dayMs, value: basisPoints },
      { at: 2 * dayMs - 1, value: 0 },
    ];
    const traced = scenario.windows.map((window) => ({
      key: window.key,
      percentBp: window.key === key ? percentBp : [],
      usedAtStartMicroUsd: 0,
      usedAtEndMicroUsd: 0,
      periods: [],
    }));
    const trace = { start: 0, end: weekMs, agents, windows: traced, readings: [], darkUseMicroUsd: 0 };
    return Math.round(longestWait(trace, scenario, ideal) * paceSeconds);
  };
  t.equal(longest('week_all', 9_799), 36_000);
  t.equal(longest('week_all', 9_800), 10_000, 'the re-check is the longest that is left');
  t.equal(longest('session_5hour', 9_800), 10_000);
  t.equal(longest('week_sonnet', 9_800), 36_000, 'a window of another model');
});

function registered(controller: Controller, multipliers: Readonly<Record<string, number>>): Controller {
  for (const [name, multiplier] of Object.entries(multipliers)) {
    controller.register(0, { name, weight: 1, multiplier, model: 'opus', collaborativePref: 0 });
  }
  return controller;
}

function uses(controller: Controller, at: number, name: string, usd: number): number {
  return controller.report(at, { name, mode: 'autonomy', costMicroUsd: usd * microUsdPerUsd, model: 'opus' });
}

function week(controller: Controller, at: number, percent: number, resetsAt: number): void {
  controller.read(at, { measuredAt: at, windows: [{ key: 'week_all', percentBp: 100 * percent, resetsAt }] });
}

t.test('the original looks at the lowest user of a day', async (t) => {
  const controller = registered(new OriginalController(), { Ada: 1, Ben: 2, Cleo: 1 });
  t.equal(uses(controller, 0, 'Ada', 3), 900, 'nothing was known before');
  t.equal(uses(controller, 1, 'Ben', 2), 900, 'nothing of its own');
  t.equal(uses(controller, 2, 'Ada', 0), 2_700, '3 over the lowest, which is 2 over a multiplier of 2');
  t.equal(uses(controller, 3, 'Cleo', 0), 900);
  t.equal(uses(controller, 4, 'Ada', 0), 900, 'somebody with nothing switches it off');
  t.equal(uses(controller, dayMs + 1, 'Ada', 1), 900, 'what is a day old is forgotten');
  t.equal(uses(controller, dayMs + 5, 'Ben', 9), 900);
  t.equal(uses(controller, dayMs + 6, 'Ben', 0), Math.trunc(900 * 4.5));
  t.equal(uses(controller, dayMs + 7, 'Stranger', 0.1875), 900);
  t.equal(uses(controller, dayMs + 8, 'Ben', 0), 4_500, 'five times at most');
  t.equal(uses(controller, dayMs + 9, 'Stranger', 0), 562, '0.1875 over 3, measured by 0.1');
});

t.test('the original brakes by whole percents of the week, up to four hours', async (t) => {
  const controller = registered(new OriginalController(), { Ada: 1, Ben: 1 });
  const interval = () => uses(controller, 0.2999 * weekMs, 'Ada', 0);
  week(controller, 0, 29, weekMs);
  t.equal(interval(), 900, 'not ahead of the week');
  week(controller, 0, 58, weekMs);
  t.equal(interval(), 1_800, '58 over 29');
  uses(controller, 0.2998 * weekMs, 'Ada', 50);
  uses(controller, 0.2998 * weekMs, 'Ben', 10);
  week(controller, 0, 99, weekMs);
  t.equal(interval(), 14_400);
  t.equal(uses(controller, 0.009 * weekMs, 'Ben', 0), 900, 'not within the first percent');
});

t.test('the original pauses everybody once the week is full', async (t) => {
  const controller = registered(new OriginalController(), { Ada: 1, Ben: 1 });
  controller.pause(0, 'Ben', 5 * hourMs);
  t.equal(controller.pausedUntil?.('Ben'), 5 * hourMs);
  week(controller, hourMs, 100, weekMs);
  t.equal(controller.pausedUntil?.('Ada'), 0, 'not before the next report');
  uses(controller, hourMs, 'Ada', 1);
  t.strictSame([controller.pausedUntil?.('Ada'), controller.pausedUntil?.('Ben')], [weekMs, weekMs]);
});

t.test('work with people is no use of the original’s day, but gets an answer', async (t) => {
  const controller = registered(new OriginalController(), { Ada: 1, Ben: 1 });
  controller.report(0, { name: 'Ada', mode: 'collaboration', costMicroUsd: 9e6, model: 'opus' });
  uses(controller, 1, 'Ben', 1);
  t.equal(uses(controller, 2, 'Ada', 1), 900);
});

t.test('the static controller never changes its mind, the even split knows every share', async (t) => {
  t.equal(uses(staticController(), 0, 'Ada', 1e6), 900);
  const unequal = evenSplit(scenarioNamed('unequal-weights'));
  t.strictSame(
    ['Ada', 'Ben', 'Cleo'].map((name) => uses(unequal, 0, name, 1)),
    [weekMs / 6e5, weekMs / 3e5, weekMs / 1.5e5].map(Math.round),
  );
  t.equal(uses(evenSplit(scenarioNamed('plenty')), 0, 'Ada', 1), 302);
});

t.test('scenarios are numbered, named and told apart', async (t) => {
  t.strictSame(
    scenarios.map(({ number }) => number),
    Array.from({ length: 34 }, (_, i) => i + 1),
  );
  t.equal(new Set(scenarios.map(({ name }) => name)).size, 34);
  for (const { name, description } of scenarios) t.match(description, /^[A-Z][^.]*(\d\.\d[^.]*)?\.$/, name);
  t.throws(() => scenarioNamed('none such'), /no scenario/);
});
