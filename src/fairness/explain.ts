/**
 * The whole chain from readings and use to an interval, as data: what is known of each window, what is left of it, who
 * shares it, where the level settles, and how a rate becomes an interval. `recommend` gives the answer, this its steps.
 */
import { clamp } from './filter.js';
import { type Plan, type PlannedMember, type PlannedWindow, plan } from './plan.js';
import { reasonOf } from './reason.js';
import { type Recommendation, recommend } from './recommend.js';
import { type Share, shares } from './shares.js';
import type { FairState, Member } from './state.js';
import { type Conduct, wakeCostOf } from './wakes.js';
import { hasKnownBudget } from './window.js';

export interface Explanation {
  readonly at: number;
  readonly name: string | null;
  readonly windows: readonly ExplainedWindow[];
  /** In the order of keys; empty under the static method. */
  readonly sharers: readonly Sharer[];
  /** Who is held at which level by what, the lowest level first. */
  readonly levels: readonly HeldLevel[];
  /** Null for those who have no share, and for all under the static method. */
  readonly rate: RateStep | null;
  readonly interval: IntervalStep;
  /** Dollars it is owed (above 0) or ahead (below 0), and its part if everybody wanted all. */
  readonly balance: number | null;
  readonly nominal: number | null;
  readonly reason: string;
  readonly recommendation: Recommendation;
}

/** Steps 1 and 2. Percentages are 0 to 100, budgets and costs dollars, rates dollars per hour. */
export interface ExplainedWindow {
  readonly key: string;
  /** Whether it counts the use of the one who is explained. */
  readonly counts: boolean;
  /** The newest reading; null where it was never read. */
  readonly lastRead: number | null;
  readonly lastPercent: number | null;
  /** A reading that is far off waits for a second one. */
  readonly suspicious: boolean;
  readonly percent: number;
  readonly deviation: number;
  readonly budget: number | null;
  readonly budgetDeviation: number | null;
  /** Whether the budget is known well enough to plan with, and whether it is known by contract. */
  readonly known: boolean;
  readonly contract: boolean;
  /** Dollars used in this period as the ledger counts them, and outside of it; null before the budget is known. */
  readonly ledgerCost: number;
  readonly unattributedCost: number | null;
  readonly full: boolean;
  readonly exhausted: boolean;
  readonly resetAt: number | null;
  readonly hoursLeft: number;
  /** Percentage points kept free, and expected to go to use outside the ledger. */
  readonly margin: number;
  readonly unattributedAhead: number;
  /** Dollars kept for people: by habit, and because one works now. */
  readonly humanHabit: number;
  readonly humanAttached: number;
  /** Dollars left until the reset after all that; null before the budget is known. */
  readonly usable: number | null;
  readonly rate: number;
}

/** Step 3, and what step 4 makes of it. */
export interface Sharer {
  readonly key: string;
  readonly name: string;
  readonly weight: number;
  readonly multiplier: number;
  /** Weight times multiplier to the policy's power. */
  readonly omega: number;
  readonly used: number;
  /** Used over omega. */
  readonly level: number;
  readonly present: boolean;
  readonly pausedUntil: number | null;
  /** Part of the time until the reset in which it is expected to run, by window; absent where that one does not count it. */
  readonly expected: Readonly<Record<string, number>>;
  readonly wakeCost: number;
  readonly conduct: Conduct;
  /** How often it really runs, in seconds, and over what it was told; null where that is not known yet. */
  readonly gap: number | null;
  readonly ratio: number | null;
  /** Dollars per hour while running: planned, told, at an equal share. */
  readonly rate: number;
  readonly recommended: number;
  readonly proportional: number;
  readonly heldBy: string | null;
}

/** Step 4: a level at which a window is full, and who stays there; without a window, those held by their own caps. */
export interface HeldLevel {
  readonly window: string | null;
  readonly level: number | null;
  readonly names: readonly string[];
  /** Dollars per hour of the window that was there to share. */
  readonly rate: number | null;
}

/** Step 4 for the one who is explained: (omega · level − used) / hours, between floor and cap. */
export interface RateStep {
  readonly level: number | null;
  readonly omega: number;
  readonly used: number;
  readonly hours: number;
  /** Null where nothing but the cap holds it. */
  readonly byLevel: number | null;
  readonly floor: number;
  readonly cap: number;
  readonly rate: number;
  readonly proportional: number;
  readonly limit: 'level' | 'floor' | 'cap';
}

/** Step 5, in seconds. */
export interface IntervalStep {
  readonly wakeCost: number | null;
  /** Cost of a wake over the rate; null without one. */
  readonly even: number | null;
  /** The same where the wait runs over a reset, or the wait for full windows. */
  readonly raw: number;
  readonly shortest: number;
  readonly longest: number;
  readonly bounded: number;
  /** What it was told last, against which changes are smoothed; null where there is nothing to smooth against. */
  readonly last: number | null;
  readonly smoothing: 'none' | 'kept' | 'limited' | 'passed';
  readonly interval: number;
}

/** Explains what a member (undefined: one without a share) would be told at a time, by the state as it is. */
export function explain(state: FairState, member: Member | undefined, at: number): Explanation {
  const current = plan(state, at);
  const planned = member && current.members.get(member.key);
  const told = recommend(state.policy, current, member, at);
  const share = member && shares(state, at).find((one: Share) => one.member.key === member.key);
  return {
    at,
    name: member?.name ?? null,
    windows: current.windows.map((window, j) => explainWindow(window, planned === undefined || counts(planned, j))),
    sharers: [...current.members.values()].map((one) => sharerOf(current, one)),
    levels: levelsOf(current),
    rate: planned === undefined ? null : rateStep(planned, told),
    interval: intervalStep(state, current, member, planned, told),
    balance: share?.balance ?? null,
    nominal: share?.nominal ?? null,
    reason: reasonOf(state.policy, told, planned, current.windows),
    recommendation: told,
  };
}

const counts = (planned: PlannedMember, window: number): boolean => (planned.expected[window] as number) >= 0;

function explainWindow({ view, margin, exhausted, rate }: PlannedWindow, countsIt: boolean): ExplainedWindow {
  const { window, known, perDollar, percent } = view;
  const contract = hasKnownBudget(window);
  const left = known ? (100 - margin - percent - view.unattributedAhead) / perDollar : 0;
  return {
    key: view.key,
    counts: countsIt,
    lastRead: window.lastRead,
    lastPercent: window.lastRead === null ? null : window.lastPercent,
    suspicious: window.suspicion !== null && !view.ended,
    percent,
    deviation: view.deviation,
    budget: view.budget,
    budgetDeviation: view.budgetDeviation,
    known,
    contract,
    ledgerCost: view.ledgerCost,
    unattributedCost: known ? Math.max(0, percent / perDollar - view.ledgerCost) : null,
    full: view.full,
    exhausted,
    resetAt: view.resetAt,
    hoursLeft: view.hoursLeft,
    margin,
    unattributedAhead: view.unattributedAhead,
    humanHabit: view.humanHabit,
    humanAttached: view.humanAttached,
    usable: known ? Math.max(0, exhausted ? 0 : left - view.humanHabit - view.humanAttached) : null,
    rate,
  };
}

function sharerOf({ windows }: Plan, planned: PlannedMember): Sharer {
  const { member, heldBy } = planned;
  const expected: Record<string, number> = {};
  for (const [j, { view }] of windows.entries()) if (counts(planned, j)) expected[view.key] = planned.expected[j] as number;
  return {
    key: member.key,
    name: member.name,
    weight: member.weight,
    multiplier: member.multiplier,
    omega: member.omega,
    used: planned.claim.used,
    level: planned.claim.used / member.omega,
    present: planned.present,
    pausedUntil: member.pausedUntil,
    expected,
    wakeCost: planned.wakeCost,
    conduct: planned.conduct,
    gap: member.gaps > 0 ? member.gap : null,
    ratio: member.gaps > 0 ? member.ratio : null,
    rate: planned.rate,
    recommended: planned.recommended,
    proportional: planned.proportional,
    heldBy: heldBy === null ? null : keyOf(windows, heldBy),
  };
}

const keyOf = (windows: readonly PlannedWindow[], j: number): string => (windows[j] as PlannedWindow).view.key;

function levelsOf({ windows, members }: Plan): HeldLevel[] {
  const held = new Map<number | null, { level: number | null; names: string[] }>();
  for (const { member, heldBy, level } of members.values()) {
    const group = held.get(heldBy) ?? { level, names: [] };
    group.names.push(member.name);
    held.set(heldBy, group);
  }
  return [...held]
    .map(([j, { level, names }]) => ({
      window: j === null ? null : keyOf(windows, j),
      level,
      names,
      rate: j === null ? null : (windows[j] as PlannedWindow).rate,
    }))
    .sort((a, b) => (a.level ?? Number.POSITIVE_INFINITY) - (b.level ?? Number.POSITIVE_INFINITY));
}

function rateStep(planned: PlannedMember, told: Recommendation): RateStep {
  const { claim, level, floor, cap, proportional } = planned;
  const byLevel = level === null ? null : (claim.weight * level - claim.used) / claim.hours;
  const limit = byLevel === null || byLevel > cap ? 'cap' : byLevel < floor ? 'floor' : 'level';
  return {
    level,
    omega: claim.weight,
    used: claim.used,
    hours: claim.hours,
    byLevel,
    floor,
    cap,
    rate: told.rate,
    proportional,
    limit,
  };
}

function intervalStep(
  { policy }: FairState,
  current: Plan,
  member: Member | undefined,
  planned: PlannedMember | undefined,
  told: Recommendation,
): IntervalStep {
  const { raw, shortest, longest, interval, bound } = told;
  const bounded = bound === 'blocked' || bound === 'static' ? raw : clamp(raw, shortest, longest);
  const last = bound === 'rate' ? (member?.recommended ?? null) : null;
  const wakeCost = member === undefined || planned === undefined ? null : wakeCostOf(policy, member, current.fleet);
  const hasRate = wakeCost !== null && wakeCost > 0 && told.rate > 1e-9 * wakeCost;
  return {
    wakeCost,
    even: hasRate ? (3_600 * wakeCost) / told.rate : null,
    raw,
    shortest,
    longest,
    bounded,
    last,
    smoothing: smoothingOf(last, bounded, interval),
    interval,
  };
}

function smoothingOf(last: number | null, bounded: number, interval: number): IntervalStep['smoothing'] {
  if (last === null || last <= 0) return 'none';
  if (interval === last) return Math.round(bounded) === last ? 'passed' : 'kept';
  return Math.abs(interval - bounded) <= 1 ? 'passed' : 'limited';
}
