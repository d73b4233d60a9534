/**
 * What both versions of the method have in common when a plan's rate becomes an interval. "The interval" in
 * docs/concepts/fair-share.md.
 */
import { rateAt } from './fill.js';
import { clamp } from './filter.js';
import { fractionOf } from './hash.js';
import type { Plan, PlannedMember } from './plan.js';
import type { PlannedWindow } from './planned-window.js';
import type { Policy } from './policy.js';
import { hourMs, type Member } from './state.js';

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
  /** Under version 2 of the method: seconds since the run began from which on intervals count. */
  readonly since?: number | undefined;
  /** Whether it would be longer, but for the reset of the window that holds it. */
  readonly isCut?: boolean | undefined;
  /** Whether no budget is known and no reading was believed, ever or for two days. */
  readonly isBlind?: boolean | undefined;
}

/** How long after a reset the last agents start again, so that not all start at once. */
const staggerSeconds = 270;
export const afterResetSeconds = 30;

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
  readonly since?: number | undefined;
  readonly isCut?: boolean | undefined;
  readonly isBlind?: boolean | undefined;
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
    since: answer.since,
    isCut: answer.isCut,
    isBlind: answer.isBlind,
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

/** Seconds after a reset at which an identity starts again: nobody plans for one without a share. */
export const staggerOf = ({ members }: Plan, key: string | null, name: string): number =>
  key !== null && members.has(key) ? stagger(name) : afterResetSeconds;

/** When one that full windows block may run again, in milliseconds UTC: at the same time, whenever that is asked. */
export function opensAt(plan: Plan, blockedBy: readonly string[], staggerSeconds: number): number {
  let until = 0;
  for (const { view } of plan.windows) {
    if (blockedBy.includes(view.key)) until = Math.max(until, view.reopensAt ?? plan.at + view.hoursLeft * hourMs);
  }
  return Math.ceil(until + staggerSeconds * 1_000);
}

/** The rate at the level the plan found, with what the member has used by now. */
export function rateOf(planned: PlannedMember, member: Member): number {
  if (planned.level === null) return planned.recommended;
  const claim = { ...planned.claim, used: planned.claim.used + member.used - planned.used };
  return rateAt(claim, planned.level, planned.floor, planned.cap);
}

export function rateAfterReset(plan: Plan, planned: PlannedMember, binding: PlannedWindow): number {
  const { view, margin } = binding;
  let rate = (100 - margin) / view.perDollar / view.lengthHours;
  for (const [j, window] of plan.windows.entries()) {
    if (window !== binding && (planned.expected[j] as number) >= 0) rate = Math.min(rate, window.rate);
  }
  const weights = binding.weightPresent + (planned.present ? 0 : planned.omega);
  return (planned.omega * rate) / weights;
}

export function smoothed(policy: Policy, last: number | null, interval: number): number {
  if (last === null || last <= 0) return interval;
  if (Math.abs(Math.log(interval / last)) < policy.deadband_log_ratio) return last;
  return clamp(interval, last / policy.step_factor_max, last * policy.step_factor_max);
}
