// What holds of runs, whatever happened: money counts, not the number of reports that tell of it; what is history, or only
// asked, changes nothing; no wait outlives what causes it; and who does not do as it is told takes little from the others.
import t from 'tap';
import { restoreState, serialiseState } from '../../src/events/state.js';
import { apply, tell } from '../../src/fairness/apply.js';
import { fractionOf } from '../../src/fairness/hash.js';
import { type Plan, type PlannedMember, plan } from '../../src/fairness/plan.js';
import type { PlannedWindow } from '../../src/fairness/planned-window.js';
import { learnPresence } from '../../src/fairness/presence.js';
import { recommend } from '../../src/fairness/recommend.js';
import type { FairState, Member } from '../../src/fairness/state.js';
import { wakeCostOf } from '../../src/fairness/wakes.js';
import { command, usage } from '../support/command.js';
import { Controller, copyOf, found, hundredDollars, session, week } from '../support/controller.js';
import { equal } from '../support/equal.js';
import { days, Fold, hours, minutes, noon } from '../support/fold.js';
import { type Life, type LifeStep, someLives } from '../support/lives.js';
import { Living, type Way } from '../support/living.js';
import { type Moment, ofEach, someMoments } from '../support/moments.js';
import { randomSource } from '../support/random.js';

const seed = Number(process.env.SEED ?? 20_260_111);
const runs = Number(process.env.RUNS ?? 200);
const byRun: Way = { method: 2 };

t.comment(`seed ${seed}`);

/** Every other wait is so short that the reports on both sides of it may be one run. */
function inBursts(life: Life): Life {
  let waits = 0;
  const shorter = (step: LifeStep): LifeStep => {
    if (step.step !== 'wait') return step;
    waits += 1;
    return waits % 2 === 0 ? step : { ...step, ms: step.ms % minutes(3) };
  };
  return { ...life, steps: life.steps.map(shorter) };
}

const some = someLives(runs, 80, seed).map(inBursts);

// A report split into parts. Two comparisons are exact. Told at one moment, the parts leave the whole of what one report leaves,
// also in what decays and in the filter, and end with the same answer. Told apart, they leave what one report told with the first
// of them leaves in everything that is counted by run (a run begins with its first part); what decays is then compared with sums
// of the test's own, in which every part decays from its own time.

const keys = ['ada', 'bo', 'cy'] as const;

interface Split {
  readonly key: string;
  readonly at: number;
  /** Micro-USD, and milliseconds after the first. */
  readonly parts: readonly { readonly micro: number; readonly after: number }[];
  readonly turn: string | undefined;
  readonly collaboration: boolean;
  /** What the member is told when all parts are known, in seconds. */
  readonly issued: number;
  /** A reading of the week before it. */
  readonly percent: number | null;
}

/** Runs of three members, of 1 to 40 parts: a run begins at least 300 s after the last part of the one before it. */
function someSplits(random: () => number, apart: boolean): Split[] {
  const whole = (bound: number) => Math.floor(random() * bound);
  const splits: Split[] = [];
  let at = noon;
  let percent = 2;
  for (let i = 0; i < 25; i++) {
    at += 300_000 + whole(random() < 0.2 ? hours(6) : minutes(30));
    let after = 0;
    const parts = Array.from({ length: 1 + whole(random() < 0.3 ? 40 : 6) }, (_, part) => {
      after += part > 0 && apart ? whole(40_001) : 0;
      return { micro: whole(400_000), after };
    });
    // A period that ends between the parts divides them.
    if (apart && dayOf(at) !== dayOf(at + after)) at += after;
    percent += random() * 2;
    splits.push({
      key: keys[whole(3)] as string,
      at,
      parts,
      turn: random() < 0.3 ? `turn ${i}` : undefined,
      collaboration: !apart && random() < 0.2,
      issued: 300 + whole(3_000),
      percent: random() < 0.4 ? Math.round(percent) : null,
    });
    at += after;
  }
  return splits;
}

const dayOf = (at: number): number => Math.floor((at - noon) / hours(24));

const dayRule = { ...hundredDollars(noon), key: 'day', length_s: 86_400 };

function emptyPool(): Controller {
  const test = new Controller({ method_version: 2, windows: [week, session, dayRule], plan_ms: 0 });
  for (const key of keys) test.join(key);
  return test;
}

/** `asks`: every report of a run asks for an interval. Otherwise the member is told a given one in the end. */
function tellSplit(test: Controller, split: Split, way: 'whole' | 'parts', asks: boolean): number | null {
  const { key, at, turn, collaboration, issued, percent } = split;
  test.at = at;
  if (percent !== null) test.read('week', percent, { resetsAt: noon + days(7), measuredAt: at - 1 });
  // The filter lets the drift of a step count after its use: a report of nothing brings it to the moment first.
  test.spend('nobody', 0);
  if (turn !== undefined) apply(test.state, { type: 'turn', at, key, turn, ends: false });
  const sum = split.parts.reduce((micro, part) => micro + part.micro, 0);
  let told: number | null = null;
  for (const { micro, after } of way === 'whole' ? [{ micro: sum, after: 0 }] : split.parts) {
    test.at = at + after;
    if (asks && !collaboration) told = test.use(key, micro / 1e6, { turn, collaboration }).interval;
    else test.spend(key, micro / 1e6, { turn, collaboration });
  }
  test.passTo(at + (split.parts.at(-1)?.after ?? 0));
  if (turn !== undefined) apply(test.state, { type: 'turn', at: test.at, key, turn, ends: true });
  if (!asks || collaboration)
    tell(test.state, key, { issued, blocked: false, pace: { rate: 1, isFresh: false } }, test.at);
  return told;
}

function near(found: number | null, wanted: number | null, what: string, tolerance = 0): void {
  const off = Math.abs((found ?? Number.NaN) - (wanted ?? Number.NaN));
  if (found === wanted || off <= tolerance + 1e-9 * Math.abs(wanted ?? 0)) return;
  throw new Error(`${what}: ${found} instead of ${wanted}`);
}

/** What is counted by run or by dollar, and so does not know of parts. */
function sameCounts(one: Controller, other: Controller): void {
  for (const key of keys) {
    const [a, b] = [one.member(key), other.member(key)];
    for (const field of ['wakeCost', 'wakes', 'gap', 'ratio', 'gaps', 'used', 'autonomy', 'collaboration'] as const)
      near(b[field], a[field], `${key}, ${field}`);
  }
  for (const [key, window] of one.state.windows) {
    const same = other.window(key);
    near(same.cost, window.cost, `${key}, cost`);
    if (key !== 'session') equal([...same.used].sort(), [...window.used].sort(), `${key}, used`);
  }
}

/** Parts of a report are as many steps of the filter, each of which adds 1e-9 to a variance; readings weigh by that. */
const filterNoise = 1e-8;

function sameWindows(one: Controller, other: Controller, parts: number): void {
  for (const [key, a] of one.state.windows) {
    const b = other.window(key);
    for (const field of ['cost', 'costSquared', 'costSquaredTwice', 'hours'] as const)
      near(b.burn[field], a.burn[field], `${key}, burn ${field}`);
    near(b.percent, a.percent, `${key}, percent`, parts * filterNoise);
    for (const field of ['pp', 'pt', 'tt'] as const) {
      const scale = Math.sqrt(a.covariance[field === 'pp' ? 'pp' : 'tt'] * a.covariance[field === 'tt' ? 'tt' : 'pp']);
      near(b.covariance[field], a.covariance[field], `${key}, ${field}`, parts * filterNoise * (1 + scale));
    }
  }
}

t.test('parts of a report told at one moment leave what the report leaves, and end with its answer', async (t) => {
  let answers = 0;
  for (let i = 0; i < runs; i++) {
    const [whole, split] = [emptyPool(), emptyPool()];
    let parts = 0;
    for (const one of someSplits(randomSource(seed + i), false)) {
      parts += one.parts.length;
      const told = tellSplit(whole, one, 'whole', true) ?? 0;
      const again = tellSplit(split, one, 'parts', true) ?? 0;
      if (Math.abs(told - again) > 1)
        throw new Error(`log ${i}: told ${again} s instead of ${told} s: ${JSON.stringify(one)}`);
      sameCounts(whole, split);
      sameWindows(whole, split, parts);
      answers += 1;
    }
  }
  t.equal(answers, 25 * runs);
});

interface Sums {
  cost: number;
  squared: number;
  twice: number;
  at: number;
}

/** Sums with half-lives of a tenth of a window, by hand: the squares of a run are those of its sum so far. */
function addTo(sums: Sums, lengthMs: number, at: number, cost: number, before: number): void {
  const kept = 2 ** (-(at - sums.at) / (lengthMs / 10));
  const grown = (before + cost) ** 2 - before ** 2;
  sums.cost = sums.cost * kept + cost;
  sums.squared = sums.squared * kept + grown;
  sums.twice = sums.twice * kept ** 2 + grown;
  sums.at = at;
}

t.test('parts up to 40 s apart count as one report told with the first of them', async (t) => {
  let told = 0;
  for (let i = 0; i < runs; i++) {
    const [whole, split] = [emptyPool(), emptyPool()];
    const sums: Sums = { cost: 0, squared: 0, twice: 0, at: noon };
    for (const one of someSplits(randomSource(seed - 1 - i), true)) {
      tellSplit(whole, one, 'whole', false);
      tellSplit(split, one, 'parts', false);
      sameCounts(whole, split);
      let before = 0;
      for (const { micro, after } of one.parts) {
        addTo(sums, days(7), one.at + after, micro / 1e6, before);
        before += micro / 1e6;
        told += 1;
      }
      const { cost, costSquared, costSquaredTwice } = split.window('week').burn;
      near(cost, sums.cost, 'burn');
      near(costSquared, sums.squared, 'burn, squares');
      near(costSquaredTwice, sums.twice, 'burn, squares of weights');
    }
  }
  t.ok(told > 100 * runs, `${told} parts`);
});

t.test('history from before the period changes no answer of those who have had two runs', async (t) => {
  let [imported, answers] = [0, 0];
  for (const [i, life] of some.entries()) {
    const random = randomSource(seed + i);
    const importing = ({ fold }: Living) => {
      if (fold.events.at(-1)?.type !== 'usage.recorded') return;
      for (const identity of [...fold.state.identities.values()]) {
        const member = fold.state.fair.members.get(identity.key);
        if (member === undefined || member.retired || member.wakes < 2 || random() > 0.5) continue;
        const { advises, advice } = fold;
        fold.advises = false;
        const mode = random() < 0.2 ? 'collaboration' : 'autonomy';
        const occurredAt = fold.at - days(8) - Math.floor(random() * days(60));
        fold.take(
          usage(
            identity.name,
            { mode, cost_micro_usd: Math.floor(random() * 5e6), model: member.model ?? undefined },
            { occurred_at: occurredAt },
          ),
        );
        Object.assign(fold, { advises, advice });
        imported += 1;
      }
    };
    const [without, with_] = [
      new Living(life, { ...byRun, planMs: 0 }),
      new Living(life, { ...byRun, planMs: 0, after: importing }),
    ];
    equal(with_.intervals, without.intervals, `life ${i}, intervals`);
    answers += without.told.length;
  }
  t.ok(imported > 10 * runs && answers > 10 * runs, `${imported} imported, ${answers} answers`);
});

t.test('a question changes nothing but the last answer', async (t) => {
  let [asked, answered] = [0, 0];
  for (const [i, life] of some.entries()) {
    let events = 0;
    const after = ({ fold }: Living) => {
      events += 1;
      if (events % 6 !== 0) return;
      const at = fold.at + ((events * 7_919_000) % minutes(90));
      for (const { name, key, mergedInto } of fold.state.identities.values()) {
        if (mergedInto !== null) continue;
        const asking = new Fold();
        asking.state = restoreState(serialiseState(fold.state));
        asking.at = at;
        const question = command('agent.advised', { name });
        if (!asking.decide(question).accepted) continue;
        const events = asking.take(question).length;
        asked += 1;
        answered += events;
        const silent = copyOf(fold.state.fair);
        if (events > 0) apply(silent, { type: 'left', at, key: 'nobody' });
        const member = silent.members.get(key);
        if (events > 0 && member !== undefined) learnPresence(member, at);
        equal(butAnswers(asking.state.fair, key), butAnswers(silent, key), `life ${i}: ${name} asked`);
      }
    };
    new Living(life, { ...byRun, after });
  }
  t.ok(asked > 10 * runs && answered > runs, `${asked} questions, ${answered} new answers`);
});

/** What the controller knows, without the last answer to one member and how long it counts as present after that. */
function butAnswers(state: FairState, key: string): unknown {
  const members = [...state.members.values()].map((member) => {
    if (member.key !== key) return member;
    const {
      issued: _,
      recommended: __,
      blocked: ___,
      toldRate: ____,
      unanswered: _____,
      toldAt: ______,
      presence,
      ...rest
    } = member;
    return { ...rest, presence: { ...presence, until: null } };
  });
  const windows = [...state.windows.values()].map((window) => ({ ...window, used: [...window.used] }));
  return { members, windows, hour: state.hour };
}

t.test('a snapshot anywhere, and the rest, give the whole', async (t) => {
  let told = 0;
  for (const [i, life] of some.entries()) {
    let events = 0;
    const after = ({ fold }: Living) => {
      events += 1;
      if (events % 7 !== 3) return;
      const { referenced } = fold.state;
      fold.state = { ...restoreState(serialiseState(fold.state)), referenced };
    };
    const [whole, interrupted] = [
      new Living(life, { ...byRun, planMs: 0 }),
      new Living(life, { ...byRun, planMs: 0, after }),
    ];
    equal(interrupted.intervals, whole.intervals, `life ${i}, intervals`);
    equal(
      JSON.parse(serialiseState(interrupted.fold.state)),
      JSON.parse(serialiseState(whole.fold.state)),
      `life ${i}, state`,
    );
    told += whole.told.length;
  }
  t.ok(told > 10 * runs, `${told} answers`);
});

const moments = someMoments(runs, seed, byRun);

/** Dollars per hour of a member after a reset of a window: an even pace of a fresh one, shared by those who are there. */
function freshRate(made: Plan, { member, expected }: PlannedMember, held: PlannedWindow, at: number): number {
  let rate = (100 - held.margin) / held.view.perDollar / held.view.lengthHours;
  let weights = 0;
  const place = made.windows.indexOf(held);
  for (const [j, window] of made.windows.entries())
    if (j !== place && (expected[j] as number) >= 0) rate = Math.min(rate, window.rate);
  for (const other of made.members.values())
    if ((other.expected[place] as number) >= 0 && (other.present || other.member === member))
      weights += other.member.omega;
  return at >= 0 ? (member.omega * rate) / weights : 0;
}

const staggerMax = (name: string): number => 30 + 270 * fractionOf(name);

t.test('no wait outlives the window that causes it by more than one wait in the fresh one', async (t) => {
  let [crossing, waits] = [0, 0];
  ofEach(moments, ({ state, at }: Moment) => {
    if (state.policy.method === 'static') return false;
    const made = plan(state, at);
    for (const planned of made.members.values()) {
      const { member } = planned;
      const told = recommend(state.policy, made, member, at);
      const since = member.run === null ? 0 : Math.max(0, at - member.run.start) / 1_000;
      const least = Math.max(state.policy.interval_s_min, member.intervalSecondsMin ?? 0, 0);
      const causes =
        told.blockedBy.length > 0 ? told.blockedBy : told.bindingWindow === null ? [] : [told.bindingWindow];
      let most = 0;
      for (const key of causes) {
        const held = found(
          made.windows.find(({ view }) => view.key === key),
          key,
        );
        const { reopensAt, resetAt, hoursLeft, known } = held.view;
        const ends = told.blockedBy.length > 0 ? reopensAt : resetAt;
        const left = ends === null ? hoursLeft * 3_600 : Math.max(1, (ends - at) / 1_000);
        const cost = wakeCostOf(state.policy, member, made.fleet);
        const rate =
          known && told.blockedBy.length === 0 ? freshRate(made, planned, held, at) : Number.POSITIVE_INFINITY;
        const fresh = cost <= 0 ? 0 : (3_600 * cost) / rate;
        most = Math.max(most, left + Math.max(staggerMax(member.name), fresh));
        if (told.interval - since > left) crossing += 1;
      }
      const blind = made.windows.every(
        ({ view }, j) =>
          (planned.expected[j] as number) < 0 ||
          (!view.known && (view.window.lastRead === null || at - view.window.lastRead > hours(48))),
      );
      const allowed = Math.max(most, least - since, blind ? state.policy.interval_s_base - since : 0);
      if (told.interval - since > allowed + 1)
        throw new Error(`${member.name} waits ${told.interval - since} s of ${allowed}: ${JSON.stringify(told)}`);
      waits += 1;
    }
    return true;
  });
  t.ok(waits > 10 * runs && crossing > runs, `${waits} waits, ${crossing} over a reset`);
});

/** Makes some of a state's members not do what they are told. */
function disobeying(state: FairState, at: number, random: () => number): FairState {
  const copy = copyOf(state);
  for (const member of copy.members.values()) {
    const roll = random();
    if (roll < 0.3) Object.assign(member, { gaps: 9, ratio: 0.2 + random() / 2, gap: 10 + random() * 900 });
    else if (roll < 0.5) goOn(member, at, random);
  }
  return copy;
}

function goOn(member: Member, at: number, random: () => number): void {
  const start = at - Math.floor(minutes(21) + random() * hours(10));
  const cost = random() * 30;
  const before = { costBefore: member.wakeCost, runsBefore: member.wakes, recommendedBefore: member.recommended };
  Object.assign(member, { toldRate: random() / 100, runLength: null });
  member.run = { start, last: at - 1_000, cost, turn: null, closed: false, ...before };
}

t.test('who does not do as it is told leaves the others what is theirs, or half of it', async (t) => {
  const random = randomSource(seed);
  const seen = { known: 0, unknown: 0 };
  ofEach(moments, ({ state, at }: Moment) => {
    const made = plan(disobeying(state, at, random), at);
    const members = [...made.members.values()];
    const obey = members.filter(({ conduct }) => conduct !== 'rogue' && conduct !== 'on');
    if (obey.length === members.length) return false;
    for (const [j, { view, rate, weightExpected }] of made.windows.entries()) {
      const own = obey.filter(({ expected }) => (expected[j] as number) >= 0);
      // A window that holds somebody gives out all it has: what the others get is what is left to them.
      if (rate <= 0 || !own.some(({ heldBy }) => heldBy === j)) continue;
      let [get, due] = [0, 0];
      for (const { expected, member, rate: gets } of own) {
        get += (expected[j] as number) * gets;
        due += ((expected[j] as number) * rate * member.omega) / weightExpected;
      }
      const least = view.known ? due / 2 : due;
      if (get < least * (1 - 1e-6))
        throw new Error(`${view.key}: ${get} instead of ${least} dollars an hour, known: ${view.known}`);
      seen[view.known ? 'known' : 'unknown'] += 1;
    }
    return true;
  });
  t.ok(seen.known > runs / 2 && seen.unknown > runs / 20, JSON.stringify(seen));
});
