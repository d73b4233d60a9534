/**
 * Why an agent is told what it is told, under version 2 of the method: by what bound the plan, with the window, the person or the
 * agent behind it. Every text says only what its figures bear out. "Reasons" in docs/concepts/fair-share.md.
 */
import { durationText } from '../text/duration.js';
import { percentText } from '../text/percent.js';
import { attachedMs } from './human.js';
import type { Recommendation } from './interval.js';
import type { Plan, PlannedMember } from './plan.js';
import { isDisobedient, type PlannedWindow } from './planned-window.js';
import type { Policy } from './policy.js';
import { conductOf, wakeCostOf } from './wakes.js';

/** Differences of a rate from an equal share smaller than this go without saying. */
const notable = 0.05;
/** Something is kept for a person where that lowers the rate by more than this factor. */
const keptFactor = 1.02;

/** Dollars one is owed (above 0) or ahead of the others (below 0); null where that is not known. Asked for only where it is told. */
export type BalanceOf = () => number | null;

export function runReason(
  policy: Policy,
  told: Recommendation,
  planned: PlannedMember,
  plan: Plan,
  balance: BalanceOf,
): string {
  const every = `Runs every ${durationText(told.interval)}`;
  const held = plan.windows.find(({ view }) => view.key === told.bindingWindow);
  if (told.isBlind === true && told.interval === policy.interval_s_base) {
    return `${every}, the base interval: ${unread(plan, planned)}.`;
  }
  if (told.bound === 'minimum') {
    const isKnown = ownWindows(plan, planned).every(({ view }) => view.known);
    const fits = told.rate * told.shortest >= 3_600 * wakeCostOf(policy, planned.member, plan.fleet) * (1 - 1e-9);
    if (told.interval !== Math.round(told.shortest)) return `${every}, about as often as it may.`;
    return `${every}, as often as it may${isKnown && fits ? ': there is enough left' : ''}.`;
  }
  if (held === undefined) return `${every}: no window limits it, only its own pace and the limit on catching up.`;
  const longest = told.bound === 'ceiling' && told.isCut !== true ? ', the longest wait there is' : '';
  const limit = limitText(told, planned, plan, held);
  return `${every}${longest}: ${limit}${standing(told, balance)}${conduct(told, planned)}${others(told, planned, plan, held)}.`;
}

const ownWindows = ({ windows }: Plan, { expected }: PlannedMember): PlannedWindow[] =>
  windows.filter((_, j) => (expected[j] as number) >= 0);

function unread(plan: Plan, planned: PlannedMember): string {
  let last: number | null = null;
  for (const { view } of ownWindows(plan, planned)) {
    const { lastRead } = view.window;
    if (lastRead !== null) last = Math.max(last ?? 0, lastRead);
  }
  if (last === null) return 'no reading was believed yet';
  return `no reading was believed for ${durationText((plan.at - last) / 1_000)}`;
}

/** What holds it in the window that does. */
function limitText(told: Recommendation, planned: PlannedMember, plan: Plan, held: PlannedWindow): string {
  const { view } = held;
  const { key, hoursLeft } = view;
  const kept = keptText(planned, plan, held);
  if (kept !== null) return kept;
  if (told.isCut === true)
    return `${key} resets in ${durationText(hoursLeft * 3_600)}, and no wait goes on for long after`;
  if (view.known)
    return `${key} (${percentText(Math.round(view.percent))} used) has to last ${durationText(hoursLeft * 3_600)}`;
  return told.isBlind === true ? unread(plan, planned) : `how much ${key} holds is not known yet`;
}

function keptText(planned: PlannedMember, plan: Plan, held: PlannedWindow): string | null {
  const { rate, rateWithoutAttached, view } = held;
  if (rateWithoutAttached <= keptFactor * rate) return null;
  const part = 1 - rate / rateWithoutAttached;
  const what = part > 0.995 ? 'what' : `${percentText(Math.round(100 * part))} of what`;
  return `${what} is left of ${view.key} is kept for ${whoWorks(planned, plan, plan.windows.indexOf(held))}, who works now`;
}

/** The names of those a person works with now, whose use a window counts; the latest first. */
function whoWorks(planned: PlannedMember, { members, at }: Plan, j: number): string {
  const working = [...members.values()]
    .filter(({ member: { lastWasCollaboration, lastAt }, expected }) => {
      return lastWasCollaboration && lastAt !== null && at - lastAt <= attachedMs && (expected[j] as number) >= 0;
    })
    .map(({ member }) => member)
    .toSorted((a, b) => (b.lastAt ?? 0) - (a.lastAt ?? 0));
  const first = working[0];
  if (first === undefined) return 'a person';
  if (first === planned.member && working.length === 1) return `the person with ${first.name}`;
  return first.name;
}

/** Only where the balance says the same: whoever is owed is never told that it had more than its share. */
function standing({ rate, proportional }: Recommendation, balance: BalanceOf): string {
  if (proportional <= 0) return '';
  if (rate > proportional * (1 + notable)) {
    return (balance() ?? 0) > leastDollars ? '; it has used less than its share so far and catches up' : '';
  }
  if (rate < proportional * (1 - notable))
    return (balance() ?? 0) < -leastDollars ? '; it has used more than its share so far' : '';
  return '; it gets its equal share';
}

/** A balance of less than a cent says nothing. */
const leastDollars = 0.01;

function conduct(
  { rate, since = 0 }: Recommendation,
  { conduct: how, member, rate: plannedRate }: PlannedMember,
): string {
  if (how === 'on') return `; its run has gone on for ${durationText(since)}, faster than it was told`;
  if (how === 'rogue') return `; it runs every ${durationText(member.gap)} whatever it is told`;
  if (how !== 'demand') return '';
  const lends = plannedRate < rate * (1 - notable) ? ', so the rest of its share is lent' : '';
  return conductOf(member) === 'demand'
    ? `; it runs only every ${durationText(member.gap)}${lends}`
    : `; its run goes on, slower than it may${lends}`;
}

/** Who takes more than its share of the window whatever it is told, where that is why there is less. */
function others(
  { rate, proportional }: Recommendation,
  planned: PlannedMember,
  plan: Plan,
  held: PlannedWindow,
): string {
  if (rate >= proportional * (1 - notable)) return '';
  const other = takersOf(plan, held).find((one) => one.member !== planned.member);
  return other === undefined ? '' : `; ${other.member.name} does not keep to its interval`;
}

const takers = new WeakMap<PlannedWindow, readonly PlannedMember[]>();

/** Those of a plan, sought once for all that it tells: with every answer, that would cost more than the rest of it in large pools. */
function takersOf({ windows, members }: Plan, held: PlannedWindow): readonly PlannedMember[] {
  let known = takers.get(held);
  if (known === undefined) {
    const j = windows.indexOf(held);
    known = [...members.values()].filter(
      ({ conduct: how, expected, rate, proportional }) =>
        (expected[j] as number) >= 0 && isDisobedient(how) && rate > proportional * (1 + notable),
    );
    takers.set(held, known);
  }
  return known;
}
