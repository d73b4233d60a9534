/** One window of a plan: what it still holds, and how fast that may be used. "The plan" in docs/concepts/fair-share.md. */
import { clamp } from './filter.js';
import type { GroupClaim } from './groups.js';
import { isByRun, marginOf, type Policy } from './policy.js';
import type { Member } from './state.js';
import type { Conduct } from './wakes.js';
import { deviationMax } from './window.js';
import type { WindowView } from './window-view.js';

export interface PlannedWindow {
  readonly view: WindowView;
  /** Percentage points kept free. */
  readonly margin: number;
  /** Nothing may be used before the reset. */
  readonly exhausted: boolean;
  /** ρ: dollars per hour that may be used until the reset. */
  readonly rate: number;
  /** The same without what a person at work now is expected to use. */
  readonly rateWithoutAttached: number;
  /** Σ ω over its members: of all, of those present, and weighted by how much of the time they are expected. */
  readonly weight: number;
  readonly weightPresent: number;
  readonly weightExpected: number;
  /** Σ κ · cost of a wake over its members. */
  readonly wakeCostExpected: number;
  /** Whether it holds less than one more wake of everybody present. */
  readonly lastWakes: boolean;
  /** Dollars per hour that those who do not keep to what they are told may take out of the plan. */
  readonly disobedientMax: number;
}

export const isDisobedient = (conduct: Conduct): boolean => conduct === 'rogue' || conduct === 'on';

/** A member as the windows of a plan see it. */
export interface Candidate {
  readonly member: Member;
  /** When the plan is made, in milliseconds UTC. */
  readonly at: number;
  readonly present: boolean;
  /** Dollars of its next wake. */
  readonly wakeCost: number;
  /** How it keeps to what it is told, and its own rate in dollars per hour where it has one. */
  readonly conduct: Conduct;
  readonly own: number | null;
  /** For how many hours it has gone on and on; 0 where it does not. */
  readonly onHours: number;
  /** κ until each planned window resets; -1 where the window does not count its use. */
  readonly expected: readonly number[];
  /** ω among all: of a group's member, its part of what the group counts. */
  readonly omega: number;
  /** What its group is due; null where it belongs to none. */
  readonly group: GroupClaim | null;
  /** κ̂: how much of the horizon it is expected to run, 0.02 at least. */
  readonly likely: number;
  /** Hours of the plan's horizon that it is expected to run. */
  readonly hours: number;
}

/** One who is present counts in equal shares, however little it is expected to run. */
const presentWeightMin = 0.02;

/** `j` is the window's place among those of the plan. */
export function planWindow(
  policy: Policy,
  view: WindowView,
  j: number,
  candidates: readonly Candidate[],
): PlannedWindow {
  const margin = marginOf(view.window.rule) + policy.caution_deviations * Math.min(view.deviation, deviationMax);
  const free = 100 - margin - view.percent;
  const exhausted = view.full || (policy.method === 'fair' && (view.percent >= 99.8 || free <= 0));
  let weight = 0;
  let weightPresent = 0;
  let weightExpected = 0;
  let wakeCostExpected = 0;
  let wakeCostPresent = 0;
  let weightObedient = 0;
  const groups = new Map<GroupClaim, GroupShare>();
  for (const candidate of candidates) {
    const { present, wakeCost, expected, conduct, omega, group } = candidate;
    const share = expected[j] as number;
    if (share < 0) continue;
    weight += omega;
    const likely = Math.max(share, present ? presentWeightMin : 0);
    if (group === null) {
      weightExpected += likely * omega;
      if (!isDisobedient(conduct)) weightObedient += likely * omega;
    } else noteShare(groups, group, likely, isDisobedient(conduct));
    // What a run costs that does not end says nothing of the pace of the others.
    if (conduct !== 'on') wakeCostExpected += share * wakeCost;
    if (!present) continue;
    weightPresent += omega;
    wakeCostPresent += wakeCost;
  }
  for (const [group, { highest, obedient }] of groups) {
    weightExpected += highest * group.weight;
    weightObedient += obedient * group.weight;
  }
  const hours = Math.max(view.hoursLeft, clamp(0.02 * view.lengthHours, 300 / 3_600, 1_800 / 3_600));
  const baseHours = policy.interval_s_base / 3_600;
  const disobedient = isByRun(policy) ? disobedientRate(candidates, j, baseHours) : null;
  const baseRate = disobedient === null ? wakeCostExpected / baseHours : disobedient.others + disobedient.theirs;
  const rates = view.known ? knownRates(view, free, hours) : unknownRates(view, free, hours, baseRate);
  const rate = exhausted ? 0 : rates.rate;
  const part = view.known
    ? 1 - protectedFraction * (weightExpected > 0 ? weightObedient / weightExpected : 0)
    : partOf(disobedient);
  return {
    view,
    margin,
    exhausted,
    rate,
    disobedientMax: rate * part,
    rateWithoutAttached: exhausted ? 0 : rates.withoutAttached,
    weight,
    weightPresent,
    weightExpected,
    wakeCostExpected,
    lastWakes: view.known && rates.rate * hours < wakeCostPresent,
  };
}

/** How much of the time a group is expected to run: as much as the one of its members that runs most. */
interface GroupShare {
  highest: number;
  /** Of those that keep to what they are told. */
  obedient: number;
}

/** A group counts once, however many its members are. */
function noteShare(groups: Map<GroupClaim, GroupShare>, group: GroupClaim, likely: number, disobedient: boolean): void {
  const { highest, obedient } = groups.get(group) ?? { highest: 0, obedient: 0 };
  groups.set(group, {
    highest: Math.max(highest, likely),
    obedient: disobedient ? obedient : Math.max(obedient, likely),
  });
}

/** Who does not keep to what it is told never takes more than half of what the others are due. */
const protectedFraction = 0.5;

interface BaseRates {
  /** Dollars per hour at the base interval: of those who keep to what they are told, and what the others bring to the plan. */
  readonly others: number;
  readonly theirs: number;
}

/** Who does not obey brings no more to the plan than the others of its weight. */
function disobedientRate(candidates: readonly Candidate[], j: number, baseHours: number): BaseRates {
  const own = candidates.filter(({ expected }) => (expected[j] as number) >= 0);
  const rateOf = ({ expected, wakeCost }: Candidate) => ((expected[j] as number) * wakeCost) / baseHours;
  let others = 0;
  let weight = 0;
  for (const one of own) {
    if (isDisobedient(one.conduct)) continue;
    others += rateOf(one);
    weight += expectedOf(one, j) * one.omega;
  }
  let theirs = 0;
  for (const one of own) {
    if (!isDisobedient(one.conduct)) continue;
    const asOthers = weight > 0 ? (expectedOf(one, j) * one.omega * others) / weight : Number.POSITIVE_INFINITY;
    theirs += Math.min(rateOf(one), asOthers);
  }
  return { others, theirs };
}

const expectedOf = ({ expected }: Candidate, j: number): number => expected[j] as number;

const partOf = (rates: BaseRates | null): number =>
  rates === null || rates.others + rates.theirs <= 0 ? 1 : rates.theirs / (rates.others + rates.theirs);

interface Rates {
  readonly rate: number;
  readonly withoutAttached: number;
}

/** What the window still holds beyond margin, use outside the ledger and people, spread over the time left. */
function knownRates(view: WindowView, free: number, hours: number): Rates {
  const left = (free - view.unattributedAhead) / view.perDollar - view.humanHabit;
  return {
    rate: Math.max(0, left - view.humanAttached) / hours,
    withoutAttached: Math.max(0, left) / hours,
  };
}

/** Without a budget to plan with: the base interval, slower where use runs ahead of time or little is left. */
function unknownRates(view: WindowView, free: number, hours: number, baseRate: number): Rates {
  const { window, percent } = view;
  const elapsed = 100 * (1 - view.hoursLeft / view.lengthHours);
  const brake = percent > 5 && percent > elapsed ? clamp(elapsed / percent, 0.2, 1) : 1;
  const careful = baseRate * brake * clamp(free / 10, 0.02, 1);
  const costRead = view.ended ? 0 : window.lastCost - window.firstCost;
  const steepest = costRead > 0 ? (Math.max(0, window.lastPercent - window.firstPercent) + 1.5) / costRead : 0;
  const left = steepest > 0 ? free / steepest - view.humanHabit : 0;
  return {
    rate: Math.max(careful, Math.max(0, left - view.humanAttached) / hours),
    withoutAttached: Math.max(careful, Math.max(0, left) / hours),
  };
}
