// Goal: agents of a world report as real ones do (response by response, under turns, under wrong names, from logs), and what
// they spend is what they would have spent in runs that are told once.
import t from 'tap';
import type { UseReport } from '../../src/simulate/controller.js';
import { type Grain, responsesOf } from '../../src/simulate/grain.js';
import { idealOf } from '../../src/simulate/ideal.js';
import { OriginalController } from '../../src/simulate/original.js';
import { Random } from '../../src/simulate/random.js';
import type { ScenarioAgent } from '../../src/simulate/scenario.js';
import { windows } from '../../src/simulate/scenarios/parts.js';
import { scenarioNamed } from '../../src/simulate/scenarios.js';
import { dayMs, hourMs, microUsdPerUsd, minuteMs, secondMs } from '../../src/simulate/units.js';
import {
  agentOf,
  everyUse,
  type Heard,
  listener,
  play,
  quiet,
  sum,
  total,
  windowOf,
} from '../support/simulated-world.js';

const five: Grain = { responses: [5, 5], gapSeconds: [20, 20] };
const ada: ScenarioAgent = { name: 'Ada', costUsd: 1 };

const usesIn = (heard: readonly Heard[]): { at: number; use: UseReport }[] =>
  heard.flatMap((event) => (event.what === 'report' || event.what === 'record' ? [event] : []));
const timesOf = (heard: readonly Heard[], what: Heard['what']) =>
  heard.filter((event) => event.what === what).map(({ at }) => at);
/** Differences from one to the next, in seconds. */
const gaps = (times: readonly number[]) => times.slice(1).map((at, i) => (at - (times[i] as number)) / secondMs);
/** Reports with less than a minute between them are of one run. */
function runsIn<T extends { readonly at: number }>(reports: readonly T[]): T[][] {
  const runs: T[][] = [];
  for (const report of reports) {
    const run = runs.at(-1);
    if (run !== undefined && report.at - (run.at(-1) as T).at < minuteMs) run.push(report);
    else runs.push([report]);
  }
  return runs;
}

t.test('the same runs are told in five reports or in one', async (t) => {
  const costsUnder = (grain?: Grain) => {
    const { heard, controller } = listener(1_800);
    const trace = play(quiet([{ ...ada, ...(grain === undefined ? {} : { grain }) }]), () => controller);
    const runs = runsIn(usesIn(heard));
    t.equal(agentOf(trace, 'Ada').runs, runs.length);
    const { intervals } = agentOf(trace, 'Ada');
    t.equal(intervals.length, runs.length, 'one answer of each counts');
    t.ok(grain === undefined || intervals.every(({ left }) => Math.abs(left - 1_700) < 1), 'told at its end');
    return runs;
  };
  const [one, many] = [costsUnder(), costsUnder(five)];
  t.equal(one.length, many.length);
  t.ok(one.length > 90);
  const costs = (runs: typeof one) => runs.map((run) => sum(run.map(({ use }) => use.costMicroUsd)));
  const off = costs(many).map((cost, i) => Math.abs(cost - (costs(one)[i] ?? 0)));
  t.ok(Math.max(...off) <= 5, 'a run costs the same, to a rounding of each report');
  for (const run of many) {
    t.strictSame(
      gaps(run.map(({ at }) => at)).map((gap) => Math.round(gap)),
      [20, 20, 20, 20],
    );
  }
  const starts = many.map(([first]) => first?.at ?? 0);
  t.ok(
    gaps(starts).every((gap) => Math.abs(gap - 1_800) < 1),
    'from the start of a run to that of the next',
  );
});

t.test('responses come from several at once, with silences, within the time a run takes', async (t) => {
  const random = new Random('responses');
  const grain: Grain = { responses: [4, 8], gapSeconds: [3, 60], subagents: [2, 5], secondsMax: 240 };
  const runs = Array.from({ length: 500 }, () => responsesOf(grain, random));
  const counts = runs.map(({ length }) => length);
  t.ok(Math.min(...counts) >= 8 && Math.min(...counts) < 14, 'few of two');
  t.ok(Math.max(...counts) <= 40 && Math.max(...counts) > 30, 'many of five');
  for (const run of runs) {
    t.ok(Math.abs(sum(run.map(({ part }) => part)) - 1) < 1e-9 && run.every(({ part }) => part > 0));
    const times = run.map(({ afterMs }) => afterMs);
    if (times.some((time, i) => time < (times[i - 1] ?? 0)) || (times.at(-1) ?? 0) > 240 * secondMs + 1e-6)
      t.fail('late');
  }
  t.ok(
    runs.some((run) => (run.at(-1)?.afterMs ?? 0) > 240 * secondMs - 1e-6),
    'a long run is cut to its time',
  );
  const silent: Grain = { ...five, silences: { chance: 0.1, seconds: [120, 400] } };
  const silences = Array.from({ length: 500 }, () => responsesOf(silent, random))
    .flatMap((run) => gaps([0, ...run.map(({ afterMs }) => afterMs)]))
    .filter((gap) => gap > 21);
  t.ok(silences.every((gap) => gap >= 140 - 1e-6 && gap <= 420 + 1e-6));
  t.ok(silences.length > 200 && silences.length < 300, `${silences.length} of 2500 are silent`);
});

t.test('a run under a turn names it in every report, and lets it go at its end', async (t) => {
  const { heard, controller } = listener(1_800);
  play(quiet([{ ...ada, grain: { ...five, hasTurns: true } }]), () => controller);
  let open: string | undefined;
  let turns = 0;
  for (const event of heard) {
    if (event.what === 'beginTurn') {
      t.equal(open, undefined, 'one at a time');
      open = event.turn;
      turns += 1;
    }
    if (event.what === 'report') t.equal(event.use.turn, open);
    if (event.what === 'endTurn') {
      t.equal(event.turn, open);
      open = undefined;
    }
  }
  t.equal(turns, runsIn(usesIn(heard)).length);
  t.strictSame(
    timesOf(heard, 'endTurn').slice(0, 50),
    runsIn(usesIn(heard))
      .map((run) => run.at(-1)?.at)
      .slice(0, 50),
  );
});

t.test('who wants no answer asks once its run is over', async (t) => {
  const silent = [{ ...ada, grain: { ...five, isUnanswered: true } }];
  const { heard, controller } = listener(900, { recheckSeconds: 7_200, recheck: () => 1_500 });
  play(quiet(silent), () => controller);
  t.equal(timesOf(heard, 'report').length, 0);
  t.ok(gaps(runsIn(usesIn(heard)).map(([first]) => first?.at ?? 0)).every((gap) => Math.abs(gap - 1_500) < 1));

  const old = listener(900, { recheckSeconds: 7_200 });
  play(quiet(silent), () => old.controller);
  const runs = runsIn(usesIn(old.heard));
  const asked = timesOf(old.heard, 'recheck');
  t.strictSame(asked.slice(0, 50), runs.map((run) => (run.at(-1)?.at ?? 0) + 5 * secondMs).slice(0, 50));
  t.ok(Math.abs((gaps(runs.map(([first]) => first?.at ?? 0))[3] ?? 0) - 900) < 1, 'nothing new: what it goes by');

  const deaf = listener(1_200);
  play(quiet(silent), () => deaf.controller);
  const answered = runsIn(usesIn(deaf.heard)).length;
  t.equal(timesOf(deaf.heard, 'report').length, answered, 'one that cannot be asked answers the last report of a run');
  t.equal(timesOf(deaf.heard, 'record').length, 4 * answered);
});

t.test('a full window cuts a run short', async (t) => {
  const trace = play(quiet([{ ...ada, costUsd: 20, grain: five }], { windows: windows(5_000, 50) }));
  const full = windowOf(trace, 'session_5hour').percentBp.filter(({ value }) => value >= 10_000);
  t.ok(full.length > 5);
  const uses = everyUse(trace).map(({ at }) => at);
  const [first] = full;
  const reset = (Math.floor((first?.at ?? 0) / (5 * hourMs)) + 1) * 5 * hourMs;
  t.strictSame(
    uses.filter((at) => at > (first?.at ?? 0) && at < reset),
    [],
  );
  t.ok(agentOf(trace, 'Ada').autonomy.length % 5 !== 0, 'in the middle of one');
});

t.test('a chatterer reports every so many seconds, whatever it hears, until a window is full', async (t) => {
  const chatter = {
    name: 'Chatter',
    costUsd: 0.5,
    chattersSeconds: 20,
    joinsAt: hourMs,
    worksAt: (time: number) => time < dayMs,
  };
  const { heard, controller } = listener(7_200);
  const trace = play(quiet([chatter]), () => controller);
  const times = timesOf(heard, 'report');
  t.equal(times[0], hourMs);
  t.ok((times.at(-1) ?? 0) < dayMs && (times.at(-1) ?? 0) > dayMs - minuteMs);
  const between = gaps(times);
  t.ok(between.every((gap) => gap >= 14 - 1e-3 && gap <= 26 + 1e-3));
  t.ok(Math.abs(sum(between) / between.length - 20) < 0.5);
  const cost = total(agentOf(trace, 'Chatter').autonomy) / microUsdPerUsd / times.length;
  t.ok(Math.abs(cost - 0.5) < 0.02, `${cost} USD each`);

  const full = play(quiet([chatter], { windows: windows(5_000, 50) }));
  t.ok(windowOf(full, 'session_5hour').periods.every(({ usedMicroUsd }) => usedMicroUsd < 55 * microUsdPerUsd));
  t.notOk(idealOf(quiet([chatter])).agents.get('Chatter')?.isSteered);
});

t.test('now and then a whole run goes by another name', async (t) => {
  const { heard, controller } = listener(900, { recheckSeconds: 300 });
  const trace = play(quiet([{ ...ada, grain: five, mistypes: { chance: 0.2, as: 'Adda' } }]), () => controller);
  const runs = runsIn(usesIn(heard));
  const names = runs.map((run) => [...new Set(run.map(({ use }) => use.name))]);
  t.ok(names.every(({ length }) => length === 1));
  const mistyped = names.filter(([name]) => name === 'Adda').length / runs.length;
  t.ok(mistyped > 0.12 && mistyped < 0.28, `${mistyped} of the runs`);
  t.equal(total(agentOf(trace, 'Ada').autonomy), sum(usesIn(heard).map(({ use }) => use.costMicroUsd)), 'all are hers');
  t.notOk(heard.some((event) => event.what === 'register' && event.member.name === 'Adda'));
});

t.test('history is told in order within seconds, and nobody used it now', async (t) => {
  const start = Date.UTC(2025, 5, 1);
  const history = [
    {
      at: 6 * hourMs,
      days: { from: 60, until: 2 },
      agents: [
        { name: 'Ada', costUsd: 3, runsPerDay: 6, withPeople: 0.5 },
        { name: 'Ben', costUsd: 0.001, runsPerDay: 1, withPeople: 0.5 },
      ],
    },
  ];
  const { heard, controller } = listener();
  const trace = play(quiet([{ ...ada, grain: five }], { history }), () => controller, '0', start);
  const told = heard.flatMap((event) => (event.what === 'record' ? [event] : []));
  t.ok(told.length > 1_000);
  t.ok(told.every(({ at }) => at >= start + 6 * hourMs && at <= start + 6 * hourMs + 10 * secondMs));
  const occurred = told.map(({ use }) => (use.occurredAt as number) - start);
  t.strictSame(
    occurred,
    occurred.toSorted((a, b) => a - b),
  );
  t.ok((occurred[0] as number) >= -60 * dayMs && (occurred[0] as number) < -58 * dayMs);
  t.ok((occurred.at(-1) as number) < -dayMs);
  const cost = sum(told.map(({ use }) => use.costMicroUsd)) / microUsdPerUsd;
  t.ok(cost > 800 && cost < 1_400, `${cost} USD in 59 days of 6 runs of 3 USD`);
  const withPeople = told.filter(({ use }) => use.mode === 'collaboration').length / told.length;
  t.ok(withPeople > 0.4 && withPeople < 0.6);
  const without = play(quiet([{ ...ada, grain: five }]), () => listener().controller, '0', start);
  t.strictSame(trace.windows, without.windows);
  t.strictSame(trace.agents, without.agents);
});

t.test('who asks all the time asks while it waits, and while it runs if it likes', async (t) => {
  const asked = (asks: ScenarioAgent['asks'], recheckSeconds: number | null = 1_800) => {
    const { heard, controller } = listener(900, { recheckSeconds });
    play(quiet([{ ...ada, grain: five, ...(asks === undefined ? {} : { asks }) }]), () => controller);
    return { times: timesOf(heard, 'recheck'), runs: runsIn(usesIn(heard)) };
  };
  t.equal(asked(undefined).times.length, 0, 'the wait is over before');
  const { times, runs } = asked({ everySeconds: 10 });
  const isRunning = (time: number) => runs.some((run) => time >= (run[0]?.at ?? 0) && time <= (run.at(-1)?.at ?? 0));
  t.notOk(times.some(isRunning));
  t.ok(Math.abs(times.length / runs.length - 79) < 3, 'every ten seconds of 800');
  const busy = asked({ everySeconds: 10, whileRunning: true });
  t.equal(busy.times.length, times.length + 4 * runs.length, 'before each report but the first');
  t.equal(asked({ everySeconds: 10, whileRunning: true }, null).times.length, 0, 'nobody there to be asked');
});

t.test('a person may report every response', async (t) => {
  const sessions = [{ from: 5 * hourMs, until: 9 * hourMs, usdPerHour: 12, everySeconds: [10, 60] as const }];
  const { heard, controller } = listener();
  const trace = play(quiet([{ ...ada, sessions }]), () => controller);
  const people = usesIn(heard).filter(({ use }) => use.mode === 'collaboration');
  const between = gaps(people.map(({ at }) => at));
  t.ok(between.every((gap) => gap >= 10 - 1e-3 && gap <= 60 + 1e-3));
  t.ok(Math.min(...between) < 13 && Math.max(...between) > 57);
  const perHour = total(agentOf(trace, 'Ada').collaboration) / microUsdPerUsd / 4;
  t.ok(Math.abs(perHour - 12) < 1, `${perHour} USD an hour`);
});

t.test('agents of one owner are due what one agent is, or so many times that', async (t) => {
  const used = (agents: readonly ScenarioAgent[]) =>
    [...idealOf(quiet(agents, { windows: windows(300, 1_000) })).agents.values()].map(({ autonomyMicroUsd }) =>
      Math.round(autonomyMicroUsd / microUsdPerUsd),
    );
  const pair = (groupWeight?: number) =>
    [3, 1].map((weight, i) => ({
      name: `Pair ${i}`,
      costUsd: 1,
      weight,
      group: 'pair',
      ...(groupWeight === undefined ? {} : { groupWeight }),
    }));
  t.strictSame(used([ada, ...pair()]), [150, 113, 38]);
  t.strictSame(used([ada, ...pair(2)]), [100, 150, 50]);
  const { heard, controller } = listener();
  play(quiet([ada, ...pair(2)]), () => controller);
  t.match(
    heard.flatMap((event) => (event.what === 'register' ? [event.member] : [])),
    [
      { name: 'Ada', group: undefined },
      { name: 'Pair 0', group: 'pair', groupWeight: 2 },
      { name: 'Pair 1', group: 'pair', groupWeight: 2 },
    ],
  );
});

t.test('the original takes history for use of today', async (t) => {
  const intervals = (name: string) => {
    const trace = play(scenarioNamed(name), () => new OriginalController());
    return agentOf(trace, 'Ada').intervals.filter(({ at }) => at > 6 * hourMs && at < 10 * hourMs);
  };
  t.ok(intervals('history-arrives').every(({ value }) => value > 1_800));
});
