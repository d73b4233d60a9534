/**
 * What a reading is worth, judged once, before it is recorded: whether the controller acts on it, and why not. "Which readings
 * are believed" in docs/concepts/fair-share.md.
 */
import { innovationOf, isFarOff, lagOf, propagate } from './filter.js';
import { ruleOf } from './policy.js';
import type { FairState, Window } from './state.js';
import { hasKnownBudget, roll } from './window.js';

/**
 * `taken`: acted on. `suspect`: kept until another reading agrees. `late`: measured before the newest one.
 * `ended`: of a period that is over. `other_account`: of an account the pool does not follow.
 */
export const verdicts = ['taken', 'suspect', 'late', 'ended', 'other_account'] as const;
export type Verdict = (typeof verdicts)[number];

/** A provider that refuses work shows this or more. */
export const fullPercent = 99.5;
/** Readings that differ by no more than this many points say the same. */
const agreementPoints = 3;
/** The same source this shortly after repeats what it has, and is no other reading. */
const echoMs = 60_000;

export interface ReadingClaim {
  readonly key: string;
  readonly account: string;
  readonly percent: number;
  readonly resetsAt: number | null;
  readonly lengthSeconds: number | null;
  readonly measuredAt: number;
  readonly source: string;
  /** Whether it doubts itself. */
  readonly doubted: boolean;
}

/** A suspect reading of the same window and account that nothing has confirmed yet. */
export interface PendingReading {
  readonly percent: number;
  readonly measuredAt: number;
  readonly source: string;
}

export function judgeReading(
  state: FairState,
  claim: ReadingClaim,
  pending: readonly PendingReading[],
  at: number,
): Verdict {
  const { key, percent, resetsAt, measuredAt } = claim;
  const window = state.windows.get(key);
  const length = window?.lengthMs ?? ruleOf(state.policy, key, claim.lengthSeconds).length_s * 1_000;
  if ((resetsAt !== null && resetsAt <= at) || at - measuredAt >= length) return 'ended';
  if (window === undefined || hasKnownBudget(window)) return claim.doubted ? 'suspect' : 'taken';
  const now = copyOf(window);
  roll(state.policy, now, at);
  if (now.startAt !== null && measuredAt < now.startAt) return 'late';
  const base = isOfAnother(now, claim.account) ? null : now;
  if (base?.lastRead != null && measuredAt <= base.lastRead) return 'late';
  if (pending.some((one) => one.measuredAt > measuredAt)) return 'late';
  const last = base === null || base.lastRead === null ? null : base.lastPercent;
  const contradicts = base !== null && last !== null && jumped(state, base, claim);
  if (!contradicts && !claim.doubted) return 'taken';
  if (!contradicts && last !== null && saysTheSame(percent, last)) return 'taken';
  const since = Math.max(base?.lastRead ?? 0, now.startAt ?? 0);
  const others = pending.filter((one) => one.measuredAt > since && !isEcho(one, claim));
  return others.some((one) => agree(one.percent, percent, last)) ? 'taken' : 'suspect';
}

/** As much of it as rolling and propagating change. */
const copyOf = (window: Window): Window => ({
  ...window,
  covariance: { ...window.covariance },
  used: new Map(),
});

/** Whether what is known of the window was read of another account. */
export const isOfAnother = (window: Window, account: string): boolean =>
  window.account !== null && window.account !== account;

/** Whether a filter that knows the budget expected something quite different. That the window is full needs no budget. */
function jumped({ policy }: FairState, window: Window, { percent, measuredAt }: ReadingClaim): boolean {
  if (percent >= fullPercent || window.full) return false;
  propagate(policy, window, measuredAt, 0);
  return isFarOff(policy, window, innovationOf(policy, window, percent, lagOf(window, measuredAt)));
}

const saysTheSame = (percent: number, other: number): boolean =>
  Math.abs(percent - other) <= agreementPoints && percent >= fullPercent === other >= fullPercent;

const isEcho = (one: PendingReading, { source, measuredAt }: ReadingClaim): boolean =>
  one.source === source && Math.abs(one.measuredAt - measuredAt) < echoMs;

/** Two readings agree when they say the same, or are off to the same side of what was known by about as much. */
function agree(earlier: number, later: number, last: number | null): boolean {
  if (later >= fullPercent !== earlier >= fullPercent) return false;
  if (saysTheSame(later, earlier)) return true;
  if (last === null || Math.sign(later - last) !== Math.sign(earlier - last)) return false;
  return Math.abs(later - earlier) < Math.abs(later - last) / 2 + 2;
}
