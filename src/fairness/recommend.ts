/**
 * When a member may run again: the plan's rate turned into an interval, within bounds, and smoothed against the last
 * one. "The interval" in docs/concepts/fair-share.md.
 */

import { clamp } from './filter.js';
import {
  afterResetSeconds,
  boundOf,
  type Recommendation,
  rateAfterReset,
  rateOf,
  recommendationOf,
  secondsBlocked,
  smoothed,
  stagger,
} from './interval.js';
import type { Plan, PlannedMember } from './plan.js';
import type { PlannedWindow } from './planned-window.js';
import { isByRun, type Policy } from './policy.js';
import { recommendByRun } from './recommend-run.js';
import type { Member } from './state.js';
import { wakeCostOf } from './wakes.js';

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
  const raw = rawInterval(plan, planned, wakeCostOf(policy, member, plan.fleet), rate, at);
  const bounded = clamp(raw, shortest, longest);
  const bound = boundOf(bounded, shortest, longest);
  const smooth = bound === 'rate' ? smoothed(policy, member.recommended, bounded) : bounded;
  return recommendationOf(plan, planned, { raw, interval: Math.round(clamp(smooth, shortest, longest)), bound, rate });
}

function rawInterval(plan: Plan, planned: PlannedMember, wakeCost: number, rate: number, at: number): number {
  if (wakeCost <= 0) return 0;
  const base = rate > 1e-9 * wakeCost ? (3_600 * wakeCost) / rate : Number.POSITIVE_INFINITY;
  if (planned.heldBy === null) return base;
  const binding = plan.windows[planned.heldBy] as PlannedWindow;
  const left = binding.view.resetAt === null ? binding.view.hoursLeft : (binding.view.resetAt - at) / 3_600_000;
  if (!binding.view.known || base <= left * 3_600) return base;
  // It runs over the reset: what is missing then comes at the rate of the next period.
  const next = rateAfterReset(plan, planned, binding);
  return left * 3_600 + (3_600 * Math.max(0, wakeCost - rate * left)) / next;
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
