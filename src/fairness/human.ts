/**
 * What people working with their agents will use until a window resets. "The human forecast" in
 * docs/concepts/fair-share.md.
 */
import type { Policy } from './policy.js';
import { type HumanUse, hourMs, type Member } from './state.js';

/** A person counts as still there for so long after the last report of theirs. */
export const attachedMs = 900_000;

/** Whether a person works with the agent now. */
export const isAttached = ({ lastWasCollaboration, lastAt }: Member, at: number): boolean =>
  lastWasCollaboration && lastAt !== null && at - lastAt <= attachedMs;

/** Before anything was seen, as if nobody had worked for the prior's hours. */
export const noHumanUse = (policy: Policy): HumanUse => ({
  slow: 0,
  slowHours: policy.collaboration_prior_h,
  fast: 0,
  at: 0,
  lastAt: null,
});

/** Lets the sums decay to a time, in place: a copy for every use would cost more than the decay. */
function decay(policy: Policy, human: HumanUse, at: number): void {
  if (human.at !== 0 && at > human.at) {
    const hours = (at - human.at) / hourMs;
    const slowRate = Math.LN2 / policy.collaboration_slow_half_life_h;
    const slowKept = Math.exp(-hours * slowRate);
    human.slow *= slowKept;
    human.slowHours = human.slowHours * slowKept + (1 - slowKept) / slowRate;
    human.fast *= 2 ** (-hours / policy.collaboration_fast_half_life_h);
  }
  human.at = Math.max(at, human.at);
}

/** Counts use while a person works, in dollars. */
export function noteHumanUse(policy: Policy, human: HumanUse, at: number, cost: number): void {
  decay(policy, human, at);
  human.slow += cost;
  human.fast += (cost * Math.LN2) / policy.collaboration_fast_half_life_h;
  human.lastAt = at;
}

export interface HumanForecast {
  /** Dollars expected by the long habit. */
  readonly habit: number;
  /** Dollars expected on top because a person works now. */
  readonly attached: number;
}

/** Dollars people are expected to use within the next `hours`. */
export function humanForecast(policy: Policy, human: HumanUse, at: number, hours: number): HumanForecast {
  const now = { ...human };
  decay(policy, now, at);
  const slow = now.slowHours > 0 ? now.slow / now.slowHours : 0;
  const isAttached = now.lastAt !== null && at - now.lastAt <= attachedMs;
  const session = policy.collaboration_session_h;
  return {
    habit: slow * hours,
    attached: isAttached ? Math.max(0, now.fast - slow) * session * (1 - Math.exp(-hours / session)) : 0,
  };
}
