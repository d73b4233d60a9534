// Goal: the analysis of a time says what happened in it: who used what, when windows were full, what was left at a reset,
// and who did not keep to its interval.
import t from 'tap';
import { Analyst } from '../../src/fairness/analyse.js';
import type { Analysis, AnalysisInput } from '../../src/fairness/analysis.js';
import { apply, emptyFairState } from '../../src/fairness/apply.js';
import type { FairEvent } from '../../src/fairness/fair-event.js';
import type { FairState } from '../../src/fairness/state.js';

const monday = Date.parse('2026-01-05T00:00:00Z');
const hour = 3_600_000;
const week = 168 * hour;

/** A pool and its analysis side by side, from Monday on. */
class World {
  readonly state: FairState = emptyFairState();
  readonly #analyst: Analyst;

  constructor(until: number) {
    this.#analyst = new Analyst(monday, until);
  }

  join(key: string, weight = 1, at = monday): void {
    const member = { key, name: key, weight, multiplier: 1, model: null };
    this.#take({ type: 'member', at, member }, { kind: 'other' });
  }

  use(at: number, key: string, cost: number, interval = 900, blockedBy: string[] = []): void {
    const told = { interval, blockedBy };
    this.#take(
      {
        type: 'used',
        at,
        key,
        collaboration: false,
        cost,
        model: null,
        occurredAt: at,
        issued: interval,
        blocked: blockedBy.length > 0,
      },
      { kind: 'use', key, collaboration: false, cost, model: null, told },
    );
  }

  read(at: number, percent: number, resetsAt = monday + week, key = 'week_all'): void {
    const windows = [{ key, percent, resetsAt, lengthSeconds: null }];
    this.#take({ type: 'read', at, event: `read ${at}`, measuredAt: at, windows }, { kind: 'reading' });
  }

  pause(at: number, key: string, until: number): void {
    this.#take({ type: 'paused', at, key, until }, { kind: 'other' });
  }

  correct(at: number, key: string, cost: number, occurredAt: number): void {
    const use = { key, collaboration: false, cost, model: null, occurredAt };
    this.#take({ type: 'corrected', at, use }, { kind: 'correction', ...use });
  }

  finish(): Analysis {
    return this.#analyst.finish(this.state);
  }

  #take(event: FairEvent, fact: AnalysisInput): void {
    this.#analyst.before(this.state, event.at, fact);
    apply(this.state, event);
    this.#analyst.after(this.state, event.at, fact);
  }
}

t.test('use is compared with entitlement, period by period', async (t) => {
  const world = new World(monday + 2 * week);
  world.join('ada');
  world.join('ben');
  world.read(monday + hour, 1);
  for (let i = 2; i < 160; i += 1) {
    world.use(monday + i * hour, 'ada', 1, 3_600);
    world.use(monday + i * hour + 1, 'ben', 1, 3_600);
  }
  for (let i = 2; i < 160; i += 1) {
    world.use(monday + week + i * hour, 'ada', 3, 3_600);
    world.use(monday + week + i * hour + 1, 'ben', 1, 3_600);
  }
  const analysis = world.finish();
  t.equal(analysis.periods.length, 2);
  t.match(analysis.periods[0], { from: monday, until: monday + week, autonomy: 316, jain: 1 });
  t.ok((analysis.periods[1]?.jain ?? 1) < 0.85, 'ada had three times as much');
  t.equal(analysis.autonomy, 316 + 632);
  t.same(
    analysis.members.map(({ key, used }) => [key, used]),
    [
      ['ada', 632],
      ['ben', 316],
    ],
  );
  const [transfer] = analysis.transfers;
  t.match(transfer, { from: 'ben', to: 'ada' });
  t.ok(Math.abs((transfer?.amount ?? 0) - 158) < 3, `${transfer?.amount}`);
  t.equal(analysis.envies[0]?.from, 'ben');
});

t.test('who is paused half of the time has half of a claim', async (t) => {
  const world = new World(monday + 100 * hour);
  world.join('ada');
  world.join('ben');
  world.pause(monday + 50 * hour, 'ben', monday + 200 * hour);
  for (let i = 1; i < 100; i += 1) {
    world.use(monday + i * hour, 'ada', 1);
    if (i < 50) world.use(monday + i * hour + 1, 'ben', 1);
  }
  const [ada, ben] = world.finish().members;
  t.match(ben?.memberPart, 0.5);
  t.ok(Math.abs((ben?.nominal ?? 0) - 148 / 3) < 1, `${ben?.nominal}`);
  t.ok(Math.abs((ada?.used ?? 0) / (ada?.entitled ?? 1) - 1) < 0.02, 'so it is fair that ada had twice as much');
});

t.test('a window is full from a reading until its reset, and stops agents once', async (t) => {
  const world = new World(monday + week + 10 * hour);
  world.join('ada');
  world.read(monday + hour, 10);
  world.use(monday + 100 * hour, 'ada', 1);
  world.read(monday + 150 * hour, 100);
  const untilReset = 18 * 3_600;
  world.use(monday + 150 * hour + 1_000, 'ada', 0, untilReset - 1, ['week_all']);
  world.use(monday + 151 * hour + 1_000, 'ada', 0, untilReset - 3_601, ['week_all']);
  world.use(monday + week + hour, 'ada', 1);
  const { windows } = world.finish();
  t.match(windows, [{ key: 'week_all', fullHours: 18, blockedAnswers: 2 }]);
  t.same(windows[0]?.full, [{ from: monday + 150 * hour, until: monday + week }]);
  t.ok(Math.abs((windows[0]?.blockedAgentHours ?? 0) - 18) < 0.01, 'the same wait does not count twice');
  t.match(windows[0]?.resets, [{ at: monday + week, unused: 0, early: false }]);
});

t.test('what is left at a reset is noted, also where nobody looked, and where it came early', async (t) => {
  const late = new World(monday + week + hour);
  late.join('ada');
  late.read(monday + 160 * hour, 70);
  t.match(late.finish().windows, [{ fullHours: 0, resets: [{ at: monday + week, early: false }] }]);

  const early = new World(monday + 100 * hour);
  early.join('ada');
  early.read(monday + hour, 60);
  early.read(monday + 50 * hour, 61);
  early.read(monday + 60 * hour, 1, monday + 60 * hour + week);
  const [reset] = early.finish().windows[0]?.resets ?? [];
  t.match(reset, { at: monday + 60 * hour, early: true });
  t.ok(Math.abs((reset?.unused ?? 0) - 39) < 2, `${reset?.unused}`);
});

t.test('an agent that runs more often than it is told is named, with when and how often', async (t) => {
  const world = new World(monday + 48 * hour);
  world.join('ada');
  world.join('rogue');
  for (let i = 0; i < 60; i += 1) world.use(monday + i * hour * 0.5, 'rogue', 1, 3_600);
  for (let i = 30; i < 48; i += 1) world.use(monday + i * hour, 'ada', 1, 3_600);
  const { rogues, members } = world.finish();
  t.match(rogues, [{ key: 'rogue', until: null, gap: 1_800 }]);
  t.ok(Math.abs((rogues[0]?.ratio ?? 0) - 0.5) < 0.01);
  t.ok((rogues[0]?.from ?? 0) > monday, 'it is noticed after some reports');
  t.match(
    members.find(({ key }) => key === 'ada'),
    { rogueReports: 0 },
  );
});

t.test('a correction counts in the period of what it corrects', async (t) => {
  const world = new World(monday + 2 * week);
  world.join('ada');
  world.read(monday + hour, 1);
  world.use(monday + 2 * hour, 'ada', 10);
  world.use(monday + week + hour, 'ada', 3);
  world.correct(monday + week + 2 * hour, 'ada', -4, monday + 2 * hour);
  t.match(world.finish().periods, [{ autonomy: 6 }, { autonomy: 3 }]);
});

t.test('who asks for less than it is offered is content with what it had', async (t) => {
  const world = new World(monday + 100 * hour);
  world.join('ada');
  world.join('light');
  for (let i = 1; i < 100; i += 1) {
    world.use(monday + i * hour, 'ada', 3, 3_600);
    world.use(monday + i * hour + 1, 'light', 1, 900);
  }
  const { members, envies, jain } = world.finish();
  t.match(members[1], { key: 'light', demandLimited: true, used: 99, entitled: 99 });
  t.same(envies, []);
  t.equal(jain, 1);
});

t.test('nothing happened', async (t) => {
  const analysis = new World(monday + hour).finish();
  t.match(analysis, { autonomy: 0, jain: null, members: [], transfers: [], envies: [], windows: [], rogues: [] });
});
