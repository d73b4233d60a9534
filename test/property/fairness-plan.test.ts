// What holds of every plan, whatever the pool has lived through: nobody above its bounds, no window overdrawn, nothing
// left over that somebody could use, and nobody better off than those a window holds back.
import t from 'tap';
import { type Plan, type PlannedMember, plan } from '../../src/fairness/plan.js';
import type { PlannedWindow } from '../../src/fairness/planned-window.js';
import { shares } from '../../src/fairness/shares.js';
import { copyOf } from '../support/controller.js';
import { type Moment, ofEach, someMoments } from '../support/moments.js';
import { randomSource } from '../support/random.js';

const seed = Number(process.env.SEED ?? 20_260_108);
const lives = Number(process.env.RUNS ?? 160);
/** Levels are found by halving an interval 48 times; rates are then exact to this fraction. */
const exact = 1e-6;

t.comment(`seed ${seed}`);
const moments = someMoments(lives, seed);
const planAt = ({ state, at }: Moment): Plan => plan(state, at);

const useOf = (of: Plan, j: number): number =>
  membersIn(of, j).reduce((sum, { rate, expected }) => sum + (expected[j] as number) * rate, 0);

const membersIn = (of: Plan, j: number): PlannedMember[] =>
  [...of.members.values()].filter(({ expected }) => (expected[j] as number) >= 0);

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

t.test('every rate lies between its floor and its cap, and is not below 0', async (t) => {
  const count = ofEach(moments, (moment) => {
    for (const { member, rate, claim, recommended, floor, cap, conduct } of planAt(moment).members.values()) {
      must(rate >= 0 && rate <= claim.cap * (1 + 1e-12), `${member.key} gets ${rate} of at most ${claim.cap}`);
      must(rate >= claim.floor * (1 - 1e-12), `${member.key} gets ${rate}, below its floor ${claim.floor}`);
      must(recommended >= floor && recommended <= cap, `${member.key} is told ${recommended} of ${floor} to ${cap}`);
      must(conduct === 'rogue' || claim.cap <= cap, `${member.key} is planned above what it is told`);
      must(Number.isFinite(rate) && Number.isFinite(recommended), `${member.key}: ${rate} ${recommended}`);
    }
  });
  t.ok(count > 4 * lives, `${count} plans`);
});

t.test('no window is planned to be used faster than it lasts, but for those who do not keep to it', async (t) => {
  let held = 0;
  ofEach(moments, (moment) => {
    const made = planAt(moment);
    for (const [j, window] of made.windows.entries()) {
      const rogues = membersIn(made, j).filter(({ conduct }) => conduct === 'rogue');
      const load = rogues.reduce((sum, { rate, expected }) => sum + (expected[j] as number) * rate, 0);
      const most = Math.max(window.rate, load);
      must(useOf(made, j) <= most * (1 + 1e-9), `${window.view.key} is used with ${useOf(made, j)} of ${most}`);
      if (window.rate > 0 && useOf(made, j) > 0.999 * window.rate) held += 1;
    }
  });
  t.ok(held > lives, `${held} windows in full use`);
});

t.test('whoever gets less than it could use has a window that is in full use', async (t) => {
  let held = 0;
  ofEach(moments, (moment) => {
    const made = planAt(moment);
    for (const { member, rate, claim, heldBy } of made.members.values()) {
      if (rate >= claim.cap * (1 - exact)) continue;
      must(heldBy !== null, `${member.key} gets ${rate} of ${claim.cap}, and no window holds it`);
      const { rate: most, view } = made.windows[heldBy as number] as PlannedWindow;
      const used = useOf(made, heldBy as number);
      must(used >= most * (1 - exact), `${member.key} is held by ${view.key}, which is used with ${used} of ${most}`);
      held += 1;
    }
  });
  t.ok(held > 4 * lives, `${held} members held`);
});

t.test('in the window that holds a member nobody above its floor is planned a higher level', async (t) => {
  let compared = 0;
  ofEach(moments, (moment) => {
    const made = planAt(moment);
    for (const { member, heldBy, level } of made.members.values()) {
      if (heldBy === null || level === null) continue;
      for (const { member: other, claim, rate } of membersIn(made, heldBy)) {
        if (rate <= claim.floor * (1 + exact)) continue;
        const reached = (claim.used + rate * claim.hours) / claim.weight;
        const scale = Math.abs(level) + (claim.cap * claim.hours) / claim.weight;
        must(reached <= level + exact * scale, `${other.key} reaches ${reached}, ${member.key} is held at ${level}`);
        compared += 1;
      }
    }
  });
  t.ok(compared > 8 * lives, `${compared} pairs`);
});

t.test('who has used more gets no higher rate for it', async (t) => {
  const random = randomSource(seed);
  let lowered = 0;
  const count = ofEach(moments, (moment) => {
    const before = planAt(moment);
    const keys = [...before.members.keys()];
    const key = keys[Math.floor(random() * keys.length)];
    if (key === undefined) return false;
    const state = copyOf(moment.state);
    const member = state.members.get(key);
    if (member === undefined) throw new Error(`${key} is gone`);
    member.used += 10 ** (random() * 5 - 2);
    const [now, then] = [plan(state, moment.at).members.get(key), before.members.get(key)];
    if (now === undefined || then === undefined) throw new Error(`${key} has no plan`);
    must(now.rate <= then.rate * (1 + exact), `${key} gets ${now.rate} instead of ${then.rate}`);
    must(
      now.recommended <= then.recommended * (1 + exact),
      `${key} is told ${now.recommended}, not ${then.recommended}`,
    );
    if (now.recommended < then.recommended * 0.99) lowered += 1;
    return true;
  });
  t.ok(count > 4 * lives, `${count} plans`);
  t.ok(lowered > lives / 2, `${lowered} times it got less`);
});

t.test('balances add up to nothing, and nominal shares to one', async (t) => {
  let owed = 0;
  const count = ofEach(moments, (moment) => {
    const rows = shares(moment.state, moment.at);
    if (rows.length === 0) return false;
    const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
    const fair = sum(({ fairTotal }) => fairTotal);
    must(
      Math.abs(sum(({ balance }) => balance)) <= 1e-9 * (fair + 1e-9),
      `balances add up to ${sum(({ balance }) => balance)}`,
    );
    must(Math.abs(sum(({ nominal }) => nominal) - 1) <= 1e-12, `shares add up to ${sum(({ nominal }) => nominal)}`);
    for (const { member, remaining, used, fairTotal } of rows) {
      must(remaining >= 0 && used >= 0 && fairTotal === used + remaining, `${member.key}: ${used} + ${remaining}`);
    }
    if (rows.some(({ balance }) => balance > 1e-6 * fair)) owed += 1;
    return true;
  });
  t.ok(count > 4 * lives, `${count} pools`);
  t.ok(owed > lives, `${owed} with somebody owed`);
});

t.test('nobody who left has a say in the plan', async (t) => {
  const count = ofEach(moments, (moment) => {
    const gone = [...moment.state.members.values()].filter(({ retired }) => retired);
    if (gone.length === 0) return false;
    const [without, changed] = [copyOf(moment.state), copyOf(moment.state)];
    for (const { key } of gone) {
      without.members.delete(key);
      const member = changed.members.get(key);
      if (member !== undefined)
        Object.assign(member, { omega: 500, used: 1_000, wakeCost: 77, wakes: 9, gap: 5, gaps: 9 });
    }
    for (const state of [without, changed])
      must(figures(plan(state, moment.at)) === figures(planAt(moment)), 'another plan');
    return true;
  });
  t.ok(count > lives / 2, `${count} pools somebody had left`);
});

/** The plan without what it was made from. */
const figures = ({ members, windows }: Plan): string =>
  JSON.stringify([
    [...members.values()].map(({ rate, recommended, proportional, claim, wakeCost }) => [
      rate,
      recommended,
      proportional,
      claim,
      wakeCost,
    ]),
    windows.map(({ rate, weightPresent, wakeCostExpected }) => [rate, weightPresent, wakeCostExpected]),
  ]);
