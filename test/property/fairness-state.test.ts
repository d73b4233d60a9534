// What holds of what the controller knows, whatever happened: looking changes nothing, uncertainties stay uncertainties,
// the windows add up to the uses, and a faster pace does not make a window last longer.
import t from 'tap';
import { advise, readvise } from '../../src/events/advice.js';
import type { EpochMs } from '../../src/events/scalars.js';
import { type PoolState, serialiseState } from '../../src/events/state.js';
import { allocate } from '../../src/fairness/allocate.js';
import { apply } from '../../src/fairness/apply.js';
import { plan } from '../../src/fairness/plan.js';
import { recommend } from '../../src/fairness/recommend.js';
import { runout } from '../../src/fairness/runout.js';
import { shares } from '../../src/fairness/shares.js';
import type { Window } from '../../src/fairness/state.js';
import { viewWindow } from '../../src/fairness/window-view.js';
import { Controller, hundredDollars } from '../support/controller.js';
import { equal } from '../support/equal.js';
import { hours, minutes } from '../support/fold.js';
import { someLives } from '../support/lives.js';
import { Living } from '../support/living.js';
import { type Moment, ofEach, someMoments } from '../support/moments.js';
import { randomSource } from '../support/random.js';

const seed = Number(process.env.SEED ?? 20_260_110);
const runs = Number(process.env.RUNS ?? 80);

t.comment(`seed ${seed}`);
const some = someLives(runs, 80, seed);
const moments = someMoments(runs, seed);

t.test('looking changes nothing', async (t) => {
  let looks = 0;
  for (const life of some.slice(0, runs / 2)) {
    const after = ({ fold }: Living) => {
      looks += 1;
      if (looks % 7 !== 0) return;
      const { state } = fold;
      const [before, kept] = [serialiseState(state), state.plan];
      for (const at of [fold.at, fold.at + minutes(50), fold.at + hours(200)]) lookAt(state, at as EpochMs);
      if (serialiseState(state) !== before || state.plan !== kept) throw new Error(`look ${looks} changed the state`);
    };
    new Living(life, { after });
  }
  t.ok(looks > 10 * runs, `${looks} events`);
});

function lookAt(state: PoolState, at: EpochMs): void {
  const made = plan(state.fair, at);
  for (const member of state.fair.members.values()) recommend(state.fair.policy, made, member, at);
  for (const window of state.fair.windows.values()) runout(state.fair, window, at);
  shares(state.fair, at);
  allocate(state.fair, at);
  advise(state, null, at);
  for (const identity of state.identities.values()) {
    advise(state, identity, at);
    readvise(state, identity, at);
  }
}

t.test('what is estimated is finite, and its uncertainty stays one', async (t) => {
  let windows = 0;
  for (const life of some) {
    const after = ({ fold }: Living) => {
      for (const window of fold.state.fair.windows.values()) {
        isSound(window);
        windows += 1;
      }
    };
    new Living(life, { after });
  }
  t.ok(windows > 80 * runs, `${windows} windows`);
});

t.test('also where wakes cost a million times what was expected', async (t) => {
  let events = 0;
  for (let i = 0; i < runs; i++) {
    const random = randomSource(seed + i);
    const whole = (bound: number) => Math.floor(random() * bound);
    const test = new Controller();
    test.join('ada');
    test.setPolicy({ wake_cost_micro_usd_prior: Math.ceil(10 ** (random() * 12)) });
    const [least, most] = [random() * 12, random() * 12];
    for (let j = 0; j < 60; j++) {
      test.at += whole(random() < 0.1 ? hours(90) : hours(1));
      const roll = random();
      const micro = Math.floor(10 ** (least + random() * (most - least)));
      if (roll < 0.6) test.spend('ada', micro / 1e6, { occurredAt: test.at - whole(minutes(3)) });
      else if (roll < 0.97) {
        const percent = random() < 0.3 ? whole(102) : Math.min(100, j * 1.5);
        const resetsAt = random() < 0.5 ? null : test.at + whole(hours(168));
        test.read('week', percent, { resetsAt, measuredAt: test.at - whole(minutes(3)) });
      } else test.exhaust('week', test.at + hours(1));
      isSound(test.window());
      events += 1;
    }
  }
  t.ok(events === 60 * runs, `${events} events`);
});

/** Whether a matrix is a covariance, as far as doubles can tell: relative to its diagonal. */
function isSound({ key, percent, perDollar, unattributed, covariance }: Window): void {
  const { pp, tt, ee, pt, pe, te } = covariance;
  const numbers = [percent, perDollar, unattributed, pp, tt, ee, pt, pe, te];
  const shown = `${key}: ${JSON.stringify(covariance)}`;
  if (!numbers.every(Number.isFinite) || percent < 0 || perDollar < 0) throw new Error(shown);
  if (pp < 0 || tt < 0 || ee < 0) throw new Error(shown);
  const correlation = (both: number, one: number, other: number) => (both === 0 ? 0 : both / Math.sqrt(one * other));
  const [a, b, c] = [correlation(pt, pp, tt), correlation(pe, pp, ee), correlation(te, tt, ee)];
  const determinant = 1 + 2 * a * b * c - a * a - b * b - c * c;
  const tolerance = 1e-9;
  if (Math.max(Math.abs(a), Math.abs(b), Math.abs(c)) > 1 + tolerance || determinant < -tolerance)
    throw new Error(shown);
}

t.test('a window adds up to the uses it counts, by member and period', async (t) => {
  const models = ['claude-sonnet-4-5', 'claude-opus-4-1'];
  const keys = ['ada', 'bo', 'cy'];
  const lengthMs = hours(24);
  let resets = 0;
  for (let i = 0; i < runs; i++) {
    const random = randomSource(seed + i);
    const test = new Controller();
    const known = { ...hundredDollars(test.at - hours(5)), length_s: lengthMs / 1_000 };
    test.setPolicy({
      windows: [
        { ...known, key: 'all' },
        { ...known, key: 'opus', models: ['opus'] },
      ],
    });
    for (const [place, key] of keys.entries()) test.join(key, { model: models[place % 2] ?? null });
    const sums = new Map([
      ['all', 0],
      ['opus', 0],
    ]);
    const periods = new Map([
      ['all', new Map<string, number>()],
      ['opus', new Map<string, number>()],
    ]);
    let period = 0;
    for (let j = 0; j < 80; j++) {
      test.at += Math.floor(random() * hours(2));
      const now = Math.floor((test.at - (known.resets_at ?? 0)) / lengthMs);
      if (now !== period) for (const used of periods.values()) used.clear();
      if (now !== period) resets += 1;
      period = now;
      const key = keys[Math.floor(random() * 3)] as string;
      const model = models[Math.floor(random() * 2)] as string;
      const micro = Math.floor(random() * 4_000_000);
      const late = random() < 0.2 ? hours(30) : 0;
      const collaboration = random() < 0.2;
      const use = { key, cost: micro / 1e6, collaboration, model, occurredAt: test.at - late };
      test.spend(key, use.cost, use);
      // Counted, and taken back before anything else happens: as if it had not been.
      const again = { ...use, occurredAt: test.at };
      test.spend(key, use.cost, again);
      apply(test.state, { type: 'corrected', at: test.at, use: { ...again, cost: -use.cost } });
      for (const [window, used] of periods) {
        if (window === 'opus' && !model.includes('opus')) continue;
        sums.set(window, (sums.get(window) ?? 0) + micro);
        used.set(key, (used.get(key) ?? 0) + micro);
      }
    }
    for (const [key, used] of periods) {
      const window = test.window(key);
      const total = [...used.values()].reduce((sum, micro) => sum + micro, 0) / 1e6;
      equal([...window.used].sort(), [...used].sort(), `${key} of ${i}, by member`);
      near(window.cost, (sums.get(key) ?? 0) / 1e6, 'cost of all');
      near(window.cost - window.costAtStart, total, 'cost of the period');
      near(window.percent, total, 'a dollar is a point of 100');
    }
  }
  t.ok(resets > runs, `${resets} resets`);
});

/** Doubles that were added up in another order. */
function near(found: number, wanted: number, what: string): void {
  if (Math.abs(found - wanted) > 1e-9 * (1 + Math.abs(wanted)))
    throw new Error(`${what}: ${found} instead of ${wanted}`);
}

t.test('the faster a window is used, the earlier it runs out, and the likelier before its reset', async (t) => {
  let sweeps = 0;
  ofEach(moments, ({ state, at }: Moment) => {
    for (const window of state.windows.values()) {
      const { hoursLeft } = viewWindow(state, window, at);
      let before = null;
      for (let power = -4; power <= 4; power += 0.5) {
        const found = runout(state, burning(window, 2 ** power), at);
        if (found === null) continue;
        const { p10, p50, p90, beforeReset, projected } = found;
        const ordered = p10 >= at && p10 <= p50 && p50 <= p90 && beforeReset >= 0 && beforeReset <= 1;
        if (!ordered) throw new Error(`${window.key}: ${JSON.stringify(found)}`);
        // The middle of the range lies before the reset exactly where the odds are above even.
        const early = p50 - at < hoursLeft * hours(1) - 1;
        if (early && beforeReset < 0.499_999) throw new Error(`${window.key}: ${beforeReset}, though it runs out`);
        if (before !== null) {
          if (p50 > before.p50 || projected < before.projected) throw new Error(`${window.key} lasts longer`);
          // A range that starts nearer is narrower, too, so its far end may lose what its middle gained: up to 5 points.
          if (beforeReset < before.beforeReset - 0.05) throw new Error(`${before.beforeReset}, then ${beforeReset}`);
        }
        before = found;
        sweeps += 1;
      }
    }
  });
  t.ok(sweeps > 20 * runs, `${sweeps} paces`);
});

/** The window, with so many times the wakes. */
function burning(window: Window, times: number): Window {
  const { cost, costSquared, costSquaredTwice, ...burn } = window.burn;
  const more = { cost: cost * times, costSquared: costSquared * times, costSquaredTwice: costSquaredTwice * times };
  return { ...window, burn: { ...burn, ...more } };
}

t.test('in one window, nobody who is not ahead gets less than its proportional rate', async (t) => {
  let [guaranteed, count] = [0, 0];
  for (let i = 0; i < 10 * runs; i++) {
    const random = randomSource(seed + i);
    const test = new Controller();
    test.setPolicy({ windows: [{ ...hundredDollars(test.at), known_budget_micro_usd: 40_000_000 }] });
    const size = 2 + Math.floor(random() * 5);
    for (let j = 0; j < size; j++) test.join(`m${j}`, { weight: 1 + Math.floor(random() * 5) });
    for (let j = 0; j < size; j++) if (random() < 0.8) test.spend(`m${j}`, 10 ** (random() * 2 - 1.5));
    const planned = [...test.plan().members.values()];
    // Who is held at its floor has a level so high that it takes no part.
    const sharing = planned.filter(({ rate, claim }) => rate > claim.floor * (1 + 1e-6));
    const weight = sharing.reduce((sum, { claim }) => sum + claim.weight, 0);
    const mean = sharing.reduce((sum, { claim }) => sum + claim.used, 0) / weight;
    for (const { member, claim, rate, proportional } of sharing) {
      count += 1;
      if (claim.used / claim.weight > mean) continue;
      const least = Math.min(claim.cap, proportional) * (1 - 1e-6);
      if (rate < least) throw new Error(`${member.key} of pool ${i} gets ${rate}, at least ${least}`);
      guaranteed += 1;
    }
  }
  t.ok(guaranteed > 0.3 * count, `${guaranteed} of ${count} members`);
});
