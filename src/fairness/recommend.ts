/**
 * When a member may run again: the plan's rate turned into an interval, within bounds, and smoothed against the last
 * one. "The interval" in docs/concepts/fair-share.md.
 */

import { rateAt } from './fill.js';
import { clamp } from './filter.js';
import { fractionOf } from './hash.js';
import type { Plan, PlannedMember } from './plan.js';
import type { PlannedWindow } from './planned-window.js';
import { isByRun, type Policy } from './policy.js';
import { recommendByRun } from './recommend-run.js';
import type { Member } from './state.js';
import { wakeCostOf } from './wakes.js';

/** Which rule set the interval. */
export type Bound = 'rate' | 'minimum' | 'ceiling' | 'blocked' | 'static';

export interface Recommendation {
  /** Seconds from its last run to its next. */
  readonly interval: number;
  /** The same before smoothing and rounding. */
  readonly raw: number;
  readonly bound: Bound;
  /** Keys of the windows that stop it until they reset. */
  readonly blockedBy: readonly string[];
  /** The window that limits its rate; null where it runs as fast as it may. */
  readonly bindingWindow: string | null;
  /** Dollars per hour it may use, and at an equal weighted share. */
  readonly rate: number;
  readonly proportional: number;
  /** Seconds between the shortest and the longest interval it could have got. */
  readonly shortest: number;
  readonly longest: number;
  /** Whether one of its windows holds so little that a waiting agent had better not be hurried. */
  readonly lastWakes: boolean;
  /** Whether the next answer is not smoothed against this one: it is a wait for a reset. */
  readonly isFresh: boolean;
}

/** How long after a reset the last agents start again, so that not all start at once. */
const staggerSeconds = 270;
const afterResetSeconds = 30;

/** `member` is as it is now, with its latest use (undefined: it has no share); the plan may be a little older. */
export function recommend(policy: Policy, plan: Plan, member: Member | undefined, at: number): Recommendation {
  const planned = member && plan.members.get(member.key);
  if (member === undefined || planned === undefined) return atBase(policy, plan, member, at);
  if (isByRun(policy)) return recommendByRun(policy, plan, planned, member, at);
  const { shortest, longest, blocked } = planned.waits;
  const rate = rateOf(planned, member);
  if (blocked.length > 0) {
    const raw = Math.max(shortest, secondsBlocked(blocked, at) + stagger(member.name));
    return recommendationOf(plan, planned, { raw, interval: Math.ceil(raw), bound: 'blocked', rate });
  }
  const raw = rawInterval(plan, planned, member, wakeCostOf(policy, member, plan.fleet), rate, at);
  const bounded = clamp(raw, shortest, longest);
  const bound = boundOf(bounded, shortest, longest);
  const smooth = bound === 'rate' ? smoothed(policy, member.recommended, bounded) : bounded;
  return recommendationOf(plan, planned, { raw, interval: Math.round(clamp(smooth, shortest, longest)), bound, rate });
}

export const boundOf = (bounded: number, shortest: number, longest: number): Bound =>
  bounded === shortest ? 'minimum' : bounded === longest ? 'ceiling' : 'rate';

interface Answer {
  readonly interval: number;
  readonly raw: number;
  readonly bound: Bound;
  readonly rate: number;
  /** The window that holds it; left out: the one that the plan found. */
  readonly held?: PlannedWindow | undefined;
  readonly isFresh?: boolean | undefined;
}

export function recommendationOf(plan: Plan, planned: PlannedMember, answer: Answer): Recommendation {
  const { waits, heldBy, proportional } = planned;
  const { shortest, longest, blocked, lastWakes } = waits;
  const held = answer.held ?? (heldBy === null ? undefined : (plan.windows[heldBy] as PlannedWindow));
  return {
    interval: answer.interval,
    raw: answer.raw,
    bound: answer.bound,
    blockedBy: blocked.length === 0 ? nothing : blocked.map(({ view }) => view.key),
    bindingWindow: held?.view.key ?? null,
    rate: answer.rate,
    proportional,
    shortest,
    longest,
    lastWakes,
    isFresh: answer.isFresh ?? blocked.length > 0,
  };
}

const nothing: readonly string[] = [];

/** Seconds after a reset at which an agent starts again. */
export const stagger = (name: string): number => afterResetSeconds + staggerSeconds * fractionOf(name);

/** Seconds until the last of the full windows resets. */
export function secondsBlocked(windows: readonly PlannedWindow[], at: number): number {
  let until = 0;
  for (const { view } of windows) {
    const left = view.reopensAt === null ? view.hoursLeft * 3_600 : (view.reopensAt - at) / 1_000;
    until = Math.max(until, left);
  }
  return Math.max(1, until);
}

/** The rate at the level the plan found, with what the member has used by now. */
export function rateOf(planned: PlannedMember, member: Member): number {
  if (planned.level === null) return planned.recommended;
  const claim = { ...planned.claim, used: planned.claim.used + member.used - planned.used };
  return rateAt(claim, planned.level, planned.floor, planned.cap);
}

function rawInterval(
  plan: Plan,
  planned: PlannedMember,
  member: Member,
  wakeCost: number,
  rate: number,
  at: number,
): number {
  if (wakeCost <= 0) return 0;
  const base = rate > 1e-9 * wakeCost ? (3_600 * wakeCost) / rate : Number.POSITIVE_INFINITY;
  if (planned.heldBy === null) return base;
  const binding = plan.windows[planned.heldBy] as PlannedWindow;
  const left = binding.view.resetAt === null ? binding.view.hoursLeft : (binding.view.resetAt - at) / 3_600_000;
  if (!binding.view.known || base <= left * 3_600) return base;
  // It runs over the reset: what is missing then comes at the rate of the next period.
  const next = rateAfterReset(plan, planned, member, binding);
  return left * 3_600 + (3_600 * Math.max(0, wakeCost - rate * left)) / next;
}

export function rateAfterReset(plan: Plan, planned: PlannedMember, member: Member, binding: PlannedWindow): number {
  const { view, margin } = binding;
  let rate = (100 - margin) / view.perDollar / view.lengthHours;
  for (const [j, window] of plan.windows.entries()) {
    if (window !== binding && (planned.expected[j] as number) >= 0) rate = Math.min(rate, window.rate);
  }
  const weights = binding.weightPresent + (planned.present ? 0 : member.omega);
  return (member.omega * rate) / weights;
}

export function smoothed(policy: Policy, last: number | null, interval: number): number {
  if (last === null || last <= 0) return interval;
  if (Math.abs(Math.log(interval / last)) < policy.deadband_log_ratio) return last;
  return clamp(interval, last / policy.step_factor_max, last * policy.step_factor_max);
}

/** For those who have no share, and for all under the static method: the base interval, or a wait for full windows. */
function atBase(policy: Policy, plan: Plan, member: Member | undefined, at: number): Recommendation {
  const blocked = plan.windows.filter(({ exhausted, view }) => exhausted && view.window.rule.models === undefined);
  const base = Math.max(policy.interval_s_base, member?.intervalSecondsMin ?? 0);
  const interval =
    blocked.length > 0 ? Math.ceil(Math.max(base, secondsBlocked(blocked, at) + afterResetSeconds)) : base;
  return {
    interval,
    raw: interval,
    bound: blocked.length > 0 ? 'blocked' : 'static',
    blockedBy: blocked.map(({ view }) => view.key),
    bindingWindow: null,
    rate: 0,
    proportional: 0,
    shortest: policy.interval_s_min,
    longest: policy.interval_s_max,
    lastWakes: false,
    isFresh: blocked.length > 0,
  };
}
