// Every sentence that says why an agent waits is true: its figures are compared with the test's own, over random worlds.
import t from 'tap';
import { type Plan, type PlannedMember, plan } from '../../src/fairness/plan.js';
import type { PlannedWindow } from '../../src/fairness/planned-window.js';
import { reasonOf } from '../../src/fairness/reason.js';
import { recommend } from '../../src/fairness/recommend.js';
import { shares } from '../../src/fairness/shares.js';
import type { FairState } from '../../src/fairness/state.js';
import { wakeCostOf } from '../../src/fairness/wakes.js';
import { durationText } from '../../src/text/duration.js';
import { Controller, copyOf, found, hundredDollars } from '../support/controller.js';
import { days, hours, minutes, noon } from '../support/fold.js';
import { type Moment, ofEach, someMoments } from '../support/moments.js';
import { randomSource } from '../support/random.js';

const seed = Number(process.env.SEED ?? 20_260_112);
const runs = Number(process.env.RUNS ?? 200);

function reason(test: Controller, key: string): string {
  const made = test.plan();
  const balance = shares(test.state, test.at).find(({ member }) => member.key === key)?.balance ?? null;
  return reasonOf(test.state.policy, test.toldBy(made, key), made.members.get(key), made, () => balance);
}

t.test('a wait because what is left is kept for a person says for whom', async (t) => {
  const test = new Controller({ method_version: 2, windows: [hundredDollars(noon - days(6))] });
  for (const key of ['ada', 'bo']) test.join(key);
  for (let i = 0; i < 6; i++) {
    for (const key of ['ada', 'bo']) test.use(key, 1);
    test.at += minutes(30);
  }
  test.spend('ada', 20, { collaboration: true });
  test.at += minutes(10);
  test.spend('ada', 40, { collaboration: true });
  t.match(test.told('bo'), { bindingWindow: 'week', rate: 0 });
  t.match(reason(test, 'bo'), /^Runs every [^:]+: what is left of week is kept for ada, who works now\.$/);
  test.at += minutes(16);
  t.notMatch(reason(test, 'bo'), /who works now/, 'who left is not working');
});

t.test('who is owed is not told that it had more than its share', async (t) => {
  const test = new Controller({ method_version: 2, windows: [hundredDollars(noon)] });
  for (const key of ['ada', 'bo']) test.join(key);
  for (let i = 0; i < 4; i++) for (const key of ['ada', 'bo']) test.use(key, 0.5);
  // Bo was used more, and is hardly expected any more: what is fair for it is less. Ada is paused for days.
  test.spend('bo', 3);
  let owed = 0;
  for (const away of [0, 1, 20, 60, 100]) {
    if (away > 0) test.pause('bo', away);
    for (const { member, balance } of shares(test.state, test.at)) {
      const said = reason(test, member.key);
      if (balance > 0) t.notMatch(said, /more than its share/, `${member.key} is owed $${balance.toFixed(2)}: ${said}`);
      else t.notMatch(said, /less than its share/, `${member.key} is ahead by $${(-balance).toFixed(2)}: ${said}`);
      owed += 1;
    }
  }
  t.equal(owed, 10);
});

/** Puts people to work, and makes some members do other than they are told, in some of the worlds. */
function stirred(state: FairState, at: number, random: () => number): FairState {
  const copy = copyOf(state);
  for (const member of copy.members.values()) {
    const roll = random();
    if (roll < 0.1) Object.assign(member, { gaps: 9, ratio: 0.2 + random() / 2, gap: 10 + random() * 900 });
    else if (roll < 0.2) Object.assign(member, { gaps: 9, ratio: 1.4 + random(), gap: 2_000 + random() * 9_000 });
    else if (roll < 0.3 && member.run !== null) {
      Object.assign(member, { toldRate: random() / 100, runLength: null });
      member.run = {
        ...member.run,
        start: at - Math.floor(minutes(21) + random() * hours(9)),
        last: at,
        closed: false,
      };
    } else if (roll < 0.4)
      Object.assign(member, { lastWasCollaboration: true, lastAt: at - Math.floor(random() * minutes(20)) });
  }
  if (random() < 0.3) {
    for (const { human } of copy.windows.values())
      Object.assign(human, { fast: random() * 40, at, lastAt: at - Math.floor(random() * minutes(20)) });
  }
  return copy;
}

interface Answered {
  readonly state: FairState;
  readonly at: number;
  readonly made: Plan;
  readonly planned: PlannedMember;
  readonly told: ReturnType<typeof recommend>;
  readonly balance: number;
}

/** What each part of a sentence claims, as the test works it out. Throws nothing: whether it is true. */
type Claim = (answer: Answered, words: Readonly<Record<string, string>>) => boolean;

const windowOf = ({ made }: Answered, key: string | undefined): PlannedWindow =>
  found(
    made.windows.find(({ view }) => view.key === key),
    key ?? '',
  );

const ownOf = ({ made, planned }: Answered) => made.windows.filter((_, j) => (planned.expected[j] as number) >= 0);
const cost = ({ state, planned, made }: Answered): number => wakeCostOf(state.policy, planned.member, made.fleet);
const least = ({ state, planned }: Answered): number =>
  Math.max(state.policy.interval_s_min, planned.member.intervalSecondsMin ?? 0);
const sinceRun = ({ planned: { member }, at }: Answered): number =>
  member.run === null ? 0 : (at - member.run.start) / 1_000;
const secondsLeft = ({ view }: PlannedWindow, at: number): number =>
  view.resetAt === null ? view.hoursLeft * 3_600 : (view.resetAt - at) / 1_000;
/** Dollars until the reset without, and with, what a person at work is expected to take. */
function leftOf({ view, margin }: PlannedWindow): [number, number] {
  const left = (100 - margin - view.percent - view.unattributedAhead) / view.perDollar - view.humanHabit;
  return [Math.max(0, left), Math.max(0, left - view.humanAttached)];
}
const lastRead = (answer: Answered): number =>
  Math.max(0, ...ownOf(answer).map(({ view }) => view.window.lastRead ?? 0));
const isBlind = (answer: Answered): boolean =>
  ownOf(answer).every(({ view }) => !view.known) && answer.at - lastRead(answer) > hours(48);

const claims: readonly (readonly [RegExp, Claim])[] = [
  [
    /^(?<keys>.+) (is|are) (?<how>full|used up): wait (?<wait>[^,]+), until shortly after the reset$/,
    (answer, { keys = '', how, wait = '' }) => {
      const windows = keys.split(' and ').map((key) => windowOf(answer, key));
      const ends = windows.map(({ view }) =>
        view.reopensAt === null ? view.hoursLeft * 3_600 : (view.reopensAt - answer.at) / 1_000,
      );
      const from = answer.planned.member.lastWasCollaboration ? 0 : sinceRun(answer);
      const waits = answer.told.interval - from;
      const until = Math.max(1, ...ends);
      const soon = waits >= until && waits <= Math.max(until + 301, least(answer) - from + 1);
      return soon && wait === durationText(waits) && (how === 'full') === windows.every(({ view }) => view.full);
    },
  ],
  [
    /^Runs every (?<every>[^:,]+)(?<longest>, the longest wait there is)?/,
    ({ told }, { every, longest }) =>
      every === durationText(told.interval) && (longest === undefined || Math.abs(told.interval - told.longest) <= 1),
  ],
  [
    /, the base interval: /,
    (answer) => answer.told.interval === answer.state.policy.interval_s_base && isBlind(answer),
  ],
  [/no reading was believed yet/, (answer) => lastRead(answer) === 0 && isBlind(answer)],
  [
    /no reading was believed for (?<time>[^;]+)/,
    (answer, { time }) => time === durationText((answer.at - lastRead(answer)) / 1_000) && isBlind(answer),
  ],
  [/, as often as it may/, (answer) => answer.told.interval === Math.round(least(answer))],
  [/, about as often as it may/, () => false],
  [
    /: there is enough left/,
    (answer) => {
      const isKnown = ownOf(answer).every(({ view }) => view.known);
      return isKnown && answer.told.rate * least(answer) >= 3_600 * cost(answer) * (1 - 1e-6);
    },
  ],
  [/: no window limits it/, ({ told }) => told.bindingWindow === null],
  [
    /: (?<key>\S+) \((?<percent>[\d.]+) % used\) has to last (?<time>[^;]+)/,
    (answer, { key, percent, time }) => {
      const { view } = windowOf(answer, key);
      const isLimit = answer.told.bindingWindow === key && view.known;
      return (
        isLimit && Math.abs(Number(percent) - view.percent) <= 0.51 && time === durationText(view.hoursLeft * 3_600)
      );
    },
  ],
  [
    /: how much (?<key>\S+) holds is not known yet/,
    (answer, { key }) => !windowOf(answer, key).view.known && answer.told.bindingWindow === key && !isBlind(answer),
  ],
  [
    /: (?<key>\S+) resets in (?<time>[^,]+), and no wait goes on for long after/,
    (answer, { key, time }) => {
      const window = windowOf(answer, key);
      const waits = answer.told.interval - sinceRun(answer);
      return waits >= secondsLeft(window, answer.at) - 1 && time === durationText(window.view.hoursLeft * 3_600);
    },
  ],
  [
    /: ((?<part>\d+) % of )?what is left of (?<key>\S+) is kept for (?<name>.+), who works now/,
    (answer, { part, key, name = '' }) => {
      const window = windowOf(answer, key);
      const [without, left] = leftOf(window);
      const kept = window.view.known ? 1 - left / without : 1 - window.rate / window.rateWithoutAttached;
      const isPart = part === undefined ? kept > 0.99 : Math.abs(Number(part) / 100 - kept) < 0.011;
      return (
        isPart && window.view.humanAttached > 0 && answer.told.bindingWindow === key && isAtWork(answer, window, name)
      );
    },
  ],
  [
    /used less than its share so far and catches up/,
    ({ balance, told }) => balance > 0 && told.rate > told.proportional,
  ],
  [/used more than its share so far/, ({ balance, told }) => balance < 0 && told.rate < told.proportional],
  [/it gets its equal share/, ({ told }) => Math.abs(told.rate / told.proportional - 1) <= 0.051],
  [
    /it runs only every (?<time>[^,;]+)/,
    ({ planned: { member } }, { time }) => time === durationText(member.gap) && member.ratio > 1.3 && member.gaps >= 4,
  ],
  [/its run goes on, slower than it may/, (answer) => goesOn(answer, (rate, told) => rate < told)],
  [/the rest of its share is lent/, ({ planned, told }) => planned.rate < told.rate],
  [
    /it runs every (?<time>[^;]+) whatever it is told/,
    ({ planned: { member } }, { time }) => time === durationText(member.gap) && member.ratio < 0.75 && member.gaps >= 4,
  ],
  [
    /its run has gone on for (?<time>[^,]+), faster than it was told/,
    (answer, { time }) => goesOn(answer, (rate, told) => rate > 0.75 * told) && time === durationText(sinceRun(answer)),
  ],
  [
    /; (?<name>\S+) does not keep to its interval/,
    ({ made, planned, told }, { name }) => {
      const other = [...made.members.values()].find(({ member }) => member.name === name);
      const takes = other !== undefined && other !== planned && other.rate > other.proportional;
      return takes && (other.conduct === 'on' || other.member.ratio < 0.75) && told.rate < told.proportional;
    },
  ],
];

function isAtWork({ made, at, planned }: Answered, window: PlannedWindow, said: string): boolean {
  const j = made.windows.indexOf(window);
  const working = [...made.members.values()].filter(
    ({ member, expected }) =>
      member.lastWasCollaboration && at - (member.lastAt ?? 0) <= minutes(15) && (expected[j] as number) >= 0,
  );
  if (said === 'a person') return working.length === 0;
  const name = said.replace(/^the person with /, '');
  if (name !== said && name !== planned.member.name) return false;
  return working.some(({ member }) => member.name === name);
}

function goesOn({ planned: { member }, at }: Answered, isSo: (rate: number, told: number) => boolean): boolean {
  const { run, toldRate } = member;
  if (run === null || run.closed || toldRate === null) return false;
  const age = (at - run.start) / 1_000;
  return age > 1_200 && isSo((3_600 * run.cost) / age, toldRate);
}

/** Checks every part of a sentence; whatever is left over when all known claims are taken out is unknown to the test. */
function hold(text: string, answer: Answered, seen: Map<string, number>): void {
  let rest = text.replace(/\.$/, '');
  const whole = rest;
  for (const [pattern, isTrue] of claims) {
    const match = pattern.exec(whole);
    if (match === null) continue;
    if (!isTrue(answer, match.groups ?? {})) throw new Error(`not true: ${pattern.source}\n${text}\n${shown(answer)}`);
    seen.set(pattern.source, (seen.get(pattern.source) ?? 0) + 1);
    rest = rest.replace(pattern, '');
  }
  if (/[a-z]{3}/.test(rest.replace(/no reading|so|it has/g, ''))) throw new Error(`unknown words: ${rest} in ${text}`);
}

function shown({ told, planned, balance, at }: Answered): string {
  const { member, conduct, rate, proportional } = planned;
  const { run, gap, gaps, ratio, lastAt, lastWasCollaboration } = member;
  return JSON.stringify({
    told,
    balance,
    at,
    conduct,
    rate,
    proportional,
    run,
    gap,
    gaps,
    ratio,
    lastAt,
    lastWasCollaboration,
  });
}

t.test('every sentence of random worlds is true', async (t) => {
  const random = randomSource(seed);
  const seen = new Map<string, number>();
  const untrue: string[] = [];
  let answers = 0;
  ofEach(someMoments(runs, seed, { method: 2 }), ({ state, at }: Moment) => {
    if (state.policy.method === 'static') return false;
    for (const world of [state, stirred(state, at, random), stirred(state, at, random)]) {
      const made = plan(world, at);
      const balances = new Map(shares(world, at).map(({ member, balance }) => [member.key, balance]));
      for (const planned of made.members.values()) {
        const { member } = planned;
        const told = recommend(world.policy, made, member, at);
        const balance = balances.get(member.key) ?? 0;
        const text = reasonOf(world.policy, told, planned, made, () => balance);
        try {
          hold(text, { state: world, at, made, planned, told, balance }, seen);
        } catch (error) {
          untrue.push((error as Error).message);
        }
        answers += 1;
      }
    }
    return true;
  });
  t.strictSame(untrue.slice(0, 5), [], `${untrue.length} of ${answers} sentences are not true`);
  for (const [pattern] of claims) t.comment(`${seen.get(pattern.source) ?? 0} × ${pattern.source}`);
  const rare = /no window limits it|about as often/;
  const unsaid = claims.filter(([{ source }]) => !seen.has(source) && !rare.test(source)).map(([{ source }]) => source);
  t.strictSame(unsaid, [], 'every claim was made');
  t.ok(answers >= 50 * runs, `${answers} answers`);
});
