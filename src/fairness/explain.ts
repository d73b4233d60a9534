/**
 * The whole chain from readings and use to an interval, as data: what is known of each window, what is left of it, who
 * shares it, where the level settles, and how a rate becomes an interval. `recommend` gives the answer, this its steps.
 */
import type { ExplainedWindow, Explanation, HeldLevel, IntervalStep, RateStep, Sharer } from './explanation.js';
import { clamp } from './filter.js';
import type { Recommendation } from './interval.js';
import { type Plan, type PlannedMember, plan } from './plan.js';
import type { PlannedWindow } from './planned-window.js';
import { reasonOf } from './reason.js';
import { recommend } from './recommend.js';
import { type Share, shares } from './shares.js';
import type { FairState, Member } from './state.js';
import { wakeCostOf } from './wakes.js';
import { hasKnownBudget } from './window.js';
import { unattributedCost } from './window-view.js';

/** Explains what a member (undefined: one without a share) would be told at a time, by the state as it is. */
export function explain(state: FairState, member: Member | undefined, at: number): Explanation {
  const current = plan(state, at, { forAnswer: true });
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
    reason: reasonOf(state.policy, told, planned, current, () => share?.balance ?? null),
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
    unattributedCost: unattributedCost(view),
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
  for (const [j, { view }] of windows.entries())
    if (counts(planned, j)) expected[view.key] = planned.expected[j] as number;
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
