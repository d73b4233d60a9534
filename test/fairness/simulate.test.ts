// The simulated world keeps its books, hides what a controller may not know, and does what its scenario says.
import t from 'tap';
import type { WindowDefinition } from '../../src/simulate/controller.js';
import { evenSplit } from '../../src/simulate/even-split.js';
import { OriginalController } from '../../src/simulate/original.js';
import { meanScore, simulate, simulateSeeds } from '../../src/simulate/run.js';
import { quotaFactor, type ScenarioAgent, usualReadings } from '../../src/simulate/scenario.js';
import { windows } from '../../src/simulate/scenarios/parts.js';
import { scenarioNamed, scenarios } from '../../src/simulate/scenarios.js';
import { staticController } from '../../src/simulate/static.js';
import { type AgentTrace, lastValue, type Trace } from '../../src/simulate/trace.js';
import { dayMs, hourMs, minuteMs, secondMs, weekMs } from '../../src/simulate/units.js';
import { playWorld } from '../../src/simulate/world.js';
import { agentOf, everyUse, listener, play, quiet, sum, total, windowOf } from '../support/simulated-world.js';

t.test('the same seed gives the same trace, another one another', async (t) => {
  for (const name of ['human-bursts', 'everything-changes']) {
    const scenario = scenarioNamed(name);
    const first = play(scenario, () => new OriginalController());
    t.strictSame(
      play(scenario, () => new OriginalController()),
      first,
      name,
    );
    const other = play(scenario, () => new OriginalController(), '1');
    t.not(JSON.stringify(other.agents), JSON.stringify(first.agents));
  }
});

t.test('everyone has luck of their own', async (t) => {
  const runs = (first: Partial<ScenarioAgent>) => {
    const trace = play(
      quiet([
        { name: 'Ada', costUsd: 1, ...first },
        { name: 'Ben', costUsd: 1 },
      ]),
    );
    return trace.agents.map(({ autonomy }) => JSON.stringify(autonomy));
  };
  const [ada, ben] = runs({});
  t.not(ada, ben);
  const [otherAda, sameBen] = runs({ wantsSeconds: 3_600 });
  t.not(otherAda, ada);
  t.equal(sameBen, ben, 'whatever the other does');
});

t.test('a world at another date is the same world, with other times', async (t) => {
  const start = Date.UTC(2025, 5, 1);
  const scenario = scenarioNamed('human-bursts');
  const here = play(scenario, () => new OriginalController());
  const there = play(scenario, () => new OriginalController(), '0', start);
  const shifted = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) return value.map((item) => shifted(item));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shifted(item, key)]));
    }
    return ['at', 'start', 'end', 'measuredAt', 'resetsAt'].includes(key) && value !== null
      ? (value as number) + start
      : value;
  };
  t.strictSame(there, shifted(here));
  t.throws(() => play(scenario, staticController, '0', start + hourMs), /beginning of a day/);
});

t.test('a controller lives in UTC', async (t) => {
  const start = Date.UTC(2025, 5, 1);
  const pauses = [{ from: 5 * hourMs, until: 9 * hourMs }];
  const { heard, controller } = listener(7_200, { recheckSeconds: 1_800, pausedUntil: () => start + 15 * hourMs });
  const trace = play(quiet([{ name: 'Ada', costUsd: 1, pauses, joinsAt: hourMs }]), () => controller, '0', start);
  t.ok(heard.every(({ at }) => at >= start && at < start + 2 * dayMs));
  t.match(
    heard.find(({ what }) => what === 'pause'),
    { at: start + 5 * hourMs, until: start + 9 * hourMs },
  );
  t.equal(everyUse(trace).filter(({ at }) => at < start + 15 * hourMs).length, 1, 'stopped until the time it named');
  t.ok(everyUse(trace).length > 10);
  t.ok(heard.some(({ what }) => what === 'recheck'));
});

t.test('an agent runs once at a time', async (t) => {
  const minutes = Array.from({ length: 200 }, (_, i) => i);
  const pauses = minutes.map((i) => ({ from: i * 9 * minuteMs, until: (i * 9 + 1) * minuteMs }));
  const sessions = minutes.map((i) => ({ from: i * 15 * minuteMs, until: (i * 15 + 5) * minuteMs, usdPerHour: 1 }));
  for (const trouble of [{ pauses }, { sessions }]) {
    const trace = play(quiet([{ name: 'Ada', costUsd: 1, ...trouble }]), () => listener(300).controller);
    const ends = agentOf(trace, 'Ada').autonomy.map(({ at }) => at);
    t.ok(ends.slice(1).every((end, i) => end - ends[i]! >= 90 * secondMs));
    t.ok(ends.length > 100);
  }
});

t.test('what windows counted is what was used', async (t) => {
  for (const scenario of scenarios) {
    const trace = play(scenario);
    const factor = ({ name }: AgentTrace) =>
      quotaFactor(scenario, String(scenario.agents.find((agent) => agent.name === name)?.model ?? 'opus'));
    const used = trace.agents.map((agent) => factor(agent) * (total(agent.autonomy) + total(agent.collaboration)));
    for (const window of trace.windows) {
      if (window.key === 'week_sonnet') continue;
      const counted = sum(window.periods.map(({ usedMicroUsd }) => usedMicroUsd)) + window.usedAtEndMicroUsd;
      const off = counted - window.usedAtStartMicroUsd - sum(used) - trace.darkUseMicroUsd;
      const rounding = Object.keys(scenario.quotaFactors).length > 0 ? everyUse(trace).length : 1e-3;
      t.ok(Math.abs(off) <= rounding, `${scenario.name}, ${window.key}: ${off} over`);
    }
  }
  const trace = play(scenarioNamed('sonnet-binds'));
  const sonnet = sum(['Sonnet 1', 'Sonnet 2'].map((name) => total(agentOf(trace, name).autonomy)));
  t.equal(windowOf(trace, 'week_sonnet').periods[0]?.usedMicroUsd, sonnet);
});

t.test('a full window refuses work until its reset', async (t) => {
  const trace = play(scenarioNamed('three-equal'));
  const week = windowOf(trace, 'week_all');
  const fullAt = week.percentBp.find(({ value }) => value >= 10_000)!.at;
  const longestRun = 10 * minuteMs;
  t.ok(fullAt < 5 * dayMs);
  t.notOk(everyUse(trace).some(({ at }) => at > fullAt + longestRun));
  t.ok(trace.agents.every(({ runsRefused }) => runsRefused > 100));
  t.equal(week.periods[0]?.fullMs, weekMs - fullAt);

  const people = play(scenarioNamed('human-bursts'));
  t.ok(agentOf(people, 'Ada').refusedMicroUsd > 0, 'people are refused like anybody');
});

t.test('a full window of one model refuses nobody else', async (t) => {
  const trace = play(scenarioNamed('sonnet-binds'), () => evenSplit(scenarioNamed('sonnet-binds')));
  t.ok(agentOf(trace, 'Sonnet 1').runsRefused > 0);
  t.equal(agentOf(trace, 'Opus 1').runsRefused, 0);
});

t.test('the five-hour window begins with a use, at the full hour before it', async (t) => {
  const ada = { name: 'Ada', costUsd: 1, worksAt: (time: number) => (time / hourMs) % 7 < 1.5 };
  const trace = play(quiet([ada], { readings: { ...usualReadings, noisePoints: 5 } }));
  const uses = everyUse(trace).map(({ at }) => at);
  const ends = windowOf(trace, 'session_5hour').periods.map(({ end }) => end);
  const expected: number[] = [];
  for (const at of uses) {
    if (at >= (expected.at(-1) ?? 0)) expected.push(Math.floor(at / hourMs) * hourMs + 5 * hourMs);
  }
  t.strictSame(
    ends,
    expected.filter((end) => end <= trace.end),
  );
  t.strictSame(
    ends.slice(0, 3),
    [5, 12, 19].map((hours) => hours * hourMs),
    'and not every five hours',
  );
  const idle = trace.readings.filter(({ reading }) => Math.floor(reading.measuredAt / hourMs) % 7 === 5);
  t.ok(idle.length > 5);
  for (const { reading } of idle) {
    t.match(reading.windows[0], { key: 'session_5hour', percentBp: 0, resetsAt: null }, 'no period runs');
  }
});

/** Differences in points of percent between readings and what is really used. */
function readingErrors(trace: Trace, key: string): number[] {
  const truth = windowOf(trace, key).percentBp;
  return trace.readings.map(({ reading }) => {
    const shown = reading.windows.find((window) => window.key === key)!.percentBp;
    return (shown - lastValue(truth, reading.measuredAt)) / 100;
  });
}

t.test('readings see no more than their noise and rounding', async (t) => {
  const agents = scenarioNamed('three-equal').agents;
  const week = { windows: windows(5_000, 1_000), lengthMs: weekMs };
  const exact = play(quiet(agents, { ...week, readings: { ...usualReadings, noisePoints: 0 } }));
  t.ok(readingErrors(exact, 'week_all').every((error) => Math.abs(error) <= 0.5));
  const down = play(quiet(agents, { ...week, readings: { ...usualReadings, noisePoints: 0, rounding: 'down' } }));
  t.ok(readingErrors(down, 'week_all').every((error) => error <= 0 && error > -1));

  const usual = play(quiet(agents, week));
  const errors = readingErrors(usual, 'week_all').slice(20);
  const mean = sum(errors) / errors.length;
  const deviation = Math.sqrt(sum(errors.map((error) => (error - mean) ** 2)) / errors.length);
  t.ok(Math.abs(mean) < 0.1, `mean ${mean}`);
  t.ok(Math.abs(deviation - Math.sqrt(0.35 ** 2 + 1 / 12)) < 0.06, `deviation ${deviation}`);
  t.ok(errors.every((error) => Math.abs(error) < 0.5 + 4 * 0.35));
  t.ok(usual.readings.every(({ reading }) => reading.windows.every(({ percentBp }) => percentBp % 100 === 0)));
});

t.test('readings come every half hour, take less than a minute, and are lost now and then', async (t) => {
  const { readings } = play(quiet([{ name: 'Ada', costUsd: 1 }], { lengthMs: 8 * weekMs }));
  t.ok(readings.every(({ reading }) => reading.measuredAt % (30 * minuteMs) === 10 * secondMs));
  const delays = readings.map(({ at, reading }) => (at - reading.measuredAt) / secondMs);
  t.ok(Math.min(...delays) >= 20 && Math.max(...delays) <= 60);
  const lost = 1 - readings.length / (8 * 7 * 48);
  t.ok(lost > 0.02 && lost < 0.04, `${lost} lost`);
});

t.test('only a full window reads 100 %', async (t) => {
  const trace = play(scenarioNamed('three-equal'));
  const week = windowOf(trace, 'week_all').percentBp;
  for (const { reading } of trace.readings) {
    const isFull = lastValue(week, reading.measuredAt) >= 10_000;
    const shown = reading.windows.find(({ key }) => key === 'week_all')!.percentBp;
    if (isFull !== (shown === 10_000)) t.fail(`${shown} at ${reading.measuredAt}`);
  }
  t.ok(trace.readings.length > 300);
});

t.test('readings fail as the scenario says', async (t) => {
  const ada = { name: 'Ada', costUsd: 1 };
  const outages = [{ from: 5 * hourMs, until: 9 * hourMs }];
  const silent = play(quiet([ada], { readings: { ...usualReadings, outages } })).readings;
  const measured = silent.map(({ reading }) => reading.measuredAt / hourMs);
  t.notOk(measured.some((hour) => hour >= 5 && hour < 9));
  t.ok(measured.some((hour) => hour < 5) && measured.some((hour) => hour >= 9));

  const late = play(quiet([ada], { readings: { ...usualReadings, lateMs: 2 * hourMs } })).readings;
  t.ok(late.every(({ at, reading }) => at - reading.measuredAt >= 2 * hourMs + 20 * secondMs));

  const glitches = [{ at: 6 * hourMs, key: 'week_all' as const, percent: 77 }];
  const wrong = play(quiet([ada], { readings: { ...usualReadings, lost: 0, glitches } })).readings;
  const shown = wrong.filter(({ reading }) => reading.windows.some(({ percentBp }) => percentBp === 7_700));
  t.strictSame(
    shown.map(({ reading }) => reading.measuredAt),
    [6 * hourMs + 10 * secondMs],
  );
});

t.test('a controller is told of windows what is public, and no budget that is secret', async (t) => {
  const told: (readonly WindowDefinition[])[] = [];
  for (const name of ['sonnet-binds', 'known-budget']) {
    const made = (windows: readonly WindowDefinition[]) => {
      told.push(windows);
      return staticController();
    };
    playWorld(scenarioNamed(name), made, '0', 0);
  }
  const week = { seconds: 604_800, anchor: 'fixed' } as const;
  t.strictSame(told[0], [
    { key: 'session_5hour', seconds: 18_000, anchor: 'use' },
    { key: 'week_all', ...week },
    { key: 'week_sonnet', ...week, models: ['sonnet'] },
  ]);
  t.strictSame(told[1], [{ key: 'week_all', ...week, knownBudgetMicroUsd: 1_000_000_000 }]);
  t.equal(play(scenarioNamed('known-budget')).readings.length, 0);
});

t.test('agents come within a minute, run for minutes, and keep to the interval', async (t) => {
  const { heard, controller } = listener(1_200);
  const trace = play(
    quiet([{ name: 'Ada', costUsd: 2, joinsAt: 3 * hourMs, collaborativePref: 7, weight: 3 }]),
    () => controller,
  );
  t.strictSame(
    heard.find(({ what }) => what === 'register'),
    {
      at: 3 * hourMs,
      what: 'register',
      member: { name: 'Ada', weight: 3, multiplier: 1, model: 'opus', collaborativePref: 7 },
    },
  );
  const ends = agentOf(trace, 'Ada').autonomy.map(({ at }) => at);
  t.ok(ends[0]! > 3 * hourMs + 65 * secondMs && ends[0]! < 3 * hourMs + 665 * secondMs);
  const perRun = (ends.at(-1)! - ends[0]!) / (ends.length - 1) / secondMs;
  t.ok(Math.abs(perRun - 1_200) < 5, `${perRun} s`);
  const cost = total(agentOf(trace, 'Ada').autonomy) / 1e6 / ends.length;
  t.ok(cost > 1.7 && cost < 2.3, `${cost} USD a run`);
  t.strictSame(agentOf(trace, 'Ada').runs, ends.length);
});

t.test('without an interval agents rest for half a minute after a run', async (t) => {
  const trace = play(quiet([{ name: 'Ada', costUsd: 0.01 }]), () => listener(0).controller);
  const gaps = agentOf(trace, 'Ada').autonomy.map(({ at }, i, all) => at - (all[i - 1]?.at ?? 0));
  t.ok(Math.min(...gaps) >= 90 * secondMs);
});

t.test('some run as they like', async (t) => {
  const rogue = { name: 'Rogue', costUsd: 1, ignoresSeconds: 700 };
  const modest = { name: 'Modest', costUsd: 1, wantsSeconds: 3_600 };
  const trace = play(quiet([rogue, modest]), () => listener(1_800).controller);
  const every = (name: string) => (2 * dayMs) / secondMs / agentOf(trace, name).runs;
  t.ok(Math.abs(every('Rogue') - 700) < 10, `${every('Rogue')} s`);
  t.ok(Math.abs(every('Modest') - 3_600) < 200, `${every('Modest')} s`);
  const held = play(quiet([modest]), () => listener(7_200).controller);
  t.equal(agentOf(held, 'Modest').runs, 24, 'nobody runs more often than told');
});

t.test('away, out of hours and after leaving nobody runs', async (t) => {
  const ada: ScenarioAgent = {
    name: 'Ada',
    costUsd: 1,
    away: [{ from: 2 * hourMs, until: 4 * hourMs }],
    worksAt: (time) => time < 30 * hourMs || time > 32 * hourMs,
    leavesAt: 40 * hourMs,
    leaveAnnounced: true,
  };
  const { heard, controller } = listener();
  const hours = everyUse(play(quiet([ada]), () => controller)).map(({ at }) => at / hourMs);
  const within = (from: number, until: number) => hours.filter((hour) => hour > from + 0.2 && hour < until).length;
  t.strictSame([within(2, 4), within(30, 32), within(40, 48)], [0, 0, 0]);
  t.ok(within(0, 2) > 5 && within(4, 30) > 90 && within(32, 40) > 25);
  t.strictSame(
    heard.filter(({ what }) => what === 'retire'),
    [{ at: 40 * hourMs, what: 'retire', name: 'Ada' }],
  );
});

t.test('a pause is told and kept', async (t) => {
  const { heard, controller } = listener();
  const pauses = [{ from: 5 * hourMs, until: 9 * hourMs }];
  const trace = play(quiet([{ name: 'Ada', costUsd: 1, pauses }]), () => controller);
  t.strictSame(
    heard.filter(({ what }) => what === 'pause'),
    [{ at: 5 * hourMs, what: 'pause', name: 'Ada', until: 9 * hourMs }],
  );
  const hours = everyUse(trace).map(({ at }) => at / hourMs);
  t.equal(hours.filter((hour) => hour > 5.2 && hour < 9).length, 0);
  t.ok(hours.some((hour) => hour < 9.2 && hour > 9));
});

t.test('a controller can stop an agent itself', async (t) => {
  const { controller } = listener(900, { pausedUntil: () => dayMs });
  const hours = everyUse(play(quiet([{ name: 'Ada', costUsd: 1 }]), () => controller)).map(({ at }) => at / hourMs);
  t.equal(hours.filter((hour) => hour < 24).length, 1);
  t.ok(hours.filter((hour) => hour > 24).length > 90);
});

t.test('a change of model is registered and counted', async (t) => {
  const { heard, controller } = listener();
  const model = [
    { from: 0, value: 'sonnet' },
    { from: dayMs, value: 'opus' },
  ];
  const scenario = quiet([{ name: 'Ada', costUsd: 1, model }], { windows: windows(5_000, 1_000, 500) });
  const trace = play(scenario, () => controller);
  const models = heard.flatMap((event) => (event.what === 'register' ? [[event.at, event.member.model]] : []));
  t.strictSame(models, [
    [0, 'sonnet'],
    [dayMs, 'opus'],
  ]);
  const sonnet = windowOf(trace, 'week_sonnet').usedAtEndMicroUsd;
  const ada = agentOf(trace, 'Ada').autonomy;
  t.ok(Math.abs(sonnet - lastValue(ada, dayMs)) < 5e6 && total(ada) > 1.8 * sonnet);
});

t.test('nothing is registered of one that has not joined', async (t) => {
  const { heard, controller } = listener();
  const weight = [1, 2, 3, 4].map((value, i) => ({ from: i * 12 * hourMs, value }));
  const ada = { name: 'Ada', costUsd: 1, weight, joinsAt: 20 * hourMs, leavesAt: 30 * hourMs };
  play(quiet([ada]), () => controller);
  const weights = heard.flatMap((event) => (event.what === 'register' ? [[event.at, event.member.weight]] : []));
  t.strictSame(weights, [
    [20 * hourMs, 2],
    [24 * hourMs, 3],
  ]);
});

t.test('bursts make runs costly', async (t) => {
  const bursts = [{ from: dayMs, until: 2 * dayMs, factor: 6 }];
  const ada = agentOf(play(quiet([{ name: 'Ada', costUsd: 1, bursts }])), 'Ada').autonomy;
  const ratio = (total(ada) - lastValue(ada, dayMs)) / lastValue(ada, dayMs);
  t.ok(ratio > 5 && ratio < 7, `${ratio}`);
});

t.test('a late reporter leaves out its last hours', async (t) => {
  const { heard, controller } = listener();
  const trace = play(quiet([{ name: 'Late', costUsd: 1, reportsLateMs: 6 * hourMs }]), () => controller);
  let reported = 0;
  for (const event of heard) {
    if (event.what !== 'report') continue;
    reported += event.use.costMicroUsd;
    t.equal(reported, lastValue(agentOf(trace, 'Late').autonomy, event.at - 6 * hourMs));
  }
});

t.test('while a person works with an agent it does nothing by itself', async (t) => {
  const { heard, controller } = listener();
  const sessions = [{ from: 5 * hourMs, until: 8 * hourMs, usdPerHour: 24 }];
  const trace = play(quiet([{ name: 'Ada', costUsd: 1, sessions }]), () => controller);
  const { autonomy, collaboration } = agentOf(trace, 'Ada');
  const hours = autonomy.map(({ at }) => at / hourMs);
  t.equal(hours.filter((hour) => hour > 5 + 1 / 6 && hour < 8).length, 0);
  t.ok(
    hours.some((hour) => hour > 8 && hour < 8.2),
    'and goes on afterwards',
  );
  t.strictSame(
    collaboration.map(({ at }) => at),
    Array.from({ length: 36 }, (_, i) => 5 * hourMs + i * 5 * minuteMs),
  );
  t.ok(total(collaboration) > 55e6 && total(collaboration) < 90e6, 'some 72 USD');
  const reported = heard.filter((event) => event.what === 'report' && event.use.mode === 'collaboration');
  t.equal(reported.length, 36);
  const patient = play(quiet([{ name: 'Ada', costUsd: 1, sessions }]), () => listener(4 * 3_600).controller);
  const next = agentOf(patient, 'Ada')
    .autonomy.map(({ at }) => at / hourMs)
    .find((hour) => hour > 8);
  t.ok(next !== undefined && next < 8.2, 'at once, however long it was to wait');
});

t.test('who waits for long asks again, and follows the answer', async (t) => {
  const asked: number[] = [];
  const { controller } = listener(4 * 3_600, {
    recheckSeconds: 1_800,
    recheck: (at) => (asked.push(at) % 3 === 0 ? 5_000 : null),
  });
  const trace = play(quiet([{ name: 'Ada', costUsd: 1 }]), () => controller);
  const { autonomy, rechecks } = agentOf(trace, 'Ada');
  const gaps = autonomy.slice(1).map(({ at }, i) => (at - autonomy[i]!.at) / secondMs);
  t.ok(Math.abs(sum(gaps) / gaps.length - 5_400) < 300, 'three times half an hour instead of four hours');
  t.equal(rechecks.length, Math.floor(asked.length / 3));
  t.ok(asked.every((at) => autonomy.some((use) => at > use.at && (at - use.at) % (30 * minuteMs) === 0)));
});

t.test('who runs, is away, or does as it likes asks nothing', async (t) => {
  const asking = (agent: Partial<ScenarioAgent>, interval: number) => {
    const { heard, controller } = listener(interval, { recheckSeconds: 1_800 });
    play(quiet([{ name: 'Ada', costUsd: 1, ...agent }]), () => controller);
    return heard.filter(({ what }) => what === 'recheck').map(({ at }) => at / hourMs);
  };
  t.equal(asking({}, 1_800).length, 0, 'the wait is over by then');
  t.ok(asking({}, 3_600).length > 40);
  t.equal(asking({ ignoresSeconds: 7_200 }, 900).length, 0);
  t.equal(asking({ wantsSeconds: 7_200 }, 900).length, 0);
  const span = { from: 10 * hourMs, until: 20 * hourMs };
  for (const reason of [{ away: [span] }, { pauses: [span] }, { sessions: [{ ...span, usdPerHour: 1 }] }]) {
    const asked = asking(reason, 3_600);
    t.equal(asked.filter((hour) => hour > 10 && hour < 20).length, 0);
    t.ok(asked.some((hour) => hour < 10) && asked.some((hour) => hour > 20));
  }
});

t.test('use that nobody reports is counted all the same', async (t) => {
  const { heard, controller } = listener();
  const darkUse = [{ model: 'opus', usdPerHour: (time: number) => (time < dayMs ? 6 : 0) }];
  const trace = play(quiet([{ name: 'Ada', costUsd: 1 }], { darkUse }), () => controller);
  t.ok(trace.darkUseMicroUsd > 120e6 && trace.darkUseMicroUsd < 168e6, 'some 144 USD');
  const reported = sum(heard.map((event) => (event.what === 'report' ? event.use.costMicroUsd : 0)));
  t.equal(windowOf(trace, 'week_all').usedAtEndMicroUsd, reported + trace.darkUseMicroUsd);
  const scarce = play(quiet([], { darkUse, windows: windows(30, 1_000) }));
  t.ok(scarce.darkUseMicroUsd >= 30e6 && scarce.darkUseMicroUsd < 34e6, 'and refused by a full window');
});

t.test('a budget that falls below what is used fills the window, one that grows opens it', async (t) => {
  const budgets = [
    { from: 0, value: 5_000 },
    { from: 10 * hourMs, value: 20 },
    { from: 15 * hourMs, value: 5_000 },
  ];
  const trace = play(quiet([{ name: 'Ada', costUsd: 1 }], { windows: windows(budgets, 1_000) }));
  const hours = everyUse(trace).map(({ at }) => at / hourMs);
  t.equal(hours.filter((hour) => hour > 10.2 && hour < 15).length, 0);
  t.ok(hours.some((hour) => hour < 10) && hours.some((hour) => hour > 15));
  t.ok(lastValue(windowOf(trace, 'week_all').percentBp, 10 * hourMs) > 10_000);
});

t.test('an early reset begins every window again', async (t) => {
  const [at, idle] = [13 * hourMs + 20 * minuteMs, 40 * hourMs];
  const ada = { name: 'Ada', costUsd: 1, worksAt: (time: number) => time < 20 * hourMs };
  const trace = play(quiet([ada], { earlyResets: [at, idle], readings: { ...usualReadings, lost: 0 } }));
  const used = agentOf(trace, 'Ada').autonomy;
  const week = windowOf(trace, 'week_all');
  t.match(week.periods, [
    { end: at, usedMicroUsd: lastValue(used, at) },
    { end: idle, usedMicroUsd: total(used) - lastValue(used, at) },
  ]);
  t.equal(lastValue(week.percentBp, at), 0);
  const ends = windowOf(trace, 'session_5hour').periods.map(({ end }) => end);
  t.ok(ends.includes(at));
  t.notOk(ends.includes(idle), 'no period ran');
  const resets = trace.readings.map(({ reading }) => reading.windows.find(({ key }) => key === 'week_all')!.resetsAt);
  t.strictSame([...new Set(resets)], [weekMs, weekMs + at, weekMs + idle]);
});

t.test('a window that had begun before keeps its use and its reset', async (t) => {
  const trace = play(scenarioNamed('installed-mid-week'));
  const week = windowOf(trace, 'week_all');
  t.equal(week.percentBp[0]?.value, 5_500);
  t.equal(week.periods[0]?.end, 3 * dayMs);
});

t.test('fixed intervals lock everybody out for days', async (t) => {
  const { mean } = simulateSeeds(scenarioNamed('three-equal'), staticController, ['0', '1']);
  t.ok(mean.lockedOutHours > 50, `${mean.lockedOutHours} h`);
  t.equal(mean.volatility, 0);
  t.ok(simulate(scenarioNamed('five-hour-binds'), staticController, '0').score.blockedHours > 60);
  t.ok(simulate(scenarioNamed('human-bursts'), staticController, '0').score.refused > 0.3, 'people are refused');
});

t.test('the original shows the faults it is known for', async (t) => {
  const score = (name: string) => simulate(scenarioNamed(name), () => new OriginalController(), '0').score;
  t.ok(score('three-equal').lockedOutHours > 20, 'it brakes too late');
  t.ok(score('unequal-weights').deviation > 0.8, 'it knows no weights');
  t.ok(score('idle-returns').deviation > 0.25, 'who comes back gets no share of what is left');
  t.ok(score('plenty').utilisation < 0.5, 'it never goes below the base interval');
  t.ok(score('sonnet-binds').lockedOutHours > 80, 'it sees one window of three');
  t.ok(score('five-hour-binds').blockedHours > 30);
});

t.test('an even split by an oracle is fair to equals, and lends nothing', async (t) => {
  const score = (name: string) => {
    const scenario = scenarioNamed(name);
    return simulateSeeds(scenario, () => evenSplit(scenario), ['0', '1', '2']);
  };
  const equal = score('three-equal');
  t.ok(equal.mean.jain > 0.99 && equal.mean.deviation < 0.1);
  t.ok(equal.deviationMax >= equal.mean.deviation && equal.utilisationMin <= equal.utilisationMax);
  t.ok(score('idle-returns').mean.utilisation < 0.9);
});

t.test('a second week alone can count', async (t) => {
  const scenario = scenarioNamed('weekdays-only');
  const { trace, score } = simulate(scenario, staticController, '0');
  t.equal(windowOf(trace, 'week_all').periods.length, 2);
  const [, second] = windowOf(trace, 'week_all').periods;
  t.equal(score.utilisation, second!.usedMicroUsd / second!.budgetMicroUsd);
});

t.test('the mean of scores is the mean of each figure', async (t) => {
  const scores = ['0', '1'].map((seed) => simulate(scenarioNamed('three-equal'), staticController, seed).score);
  const { mean } = simulateSeeds(scenarioNamed('three-equal'), staticController, ['0', '1']);
  t.strictSame(mean, meanScore(scores));
  t.equal(mean.jain, (scores[0]!.jain + scores[1]!.jain) / 2);
});
