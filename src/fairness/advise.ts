/** The answer to "when may I run again?": a pure function of state, policy and time. */
import type { Advice } from '../events/advice.js';
import type { EpochMs } from '../events/scalars.js';
import type { Identity, PoolState, QuotaWindow } from '../events/state.js';
import type { Policy } from './policy.js';

/** `identity` is null for a name that reports for the first time. */
export function advise(policy: Policy, state: PoolState, _identity: Identity | null, at: EpochMs): Advice {
  const base = policy.intervalSecondsBase;
  const blocked: string[] = [];
  let reopens = 0;
  for (const window of state.windows.values()) {
    if (!isFull(window, at)) continue;
    blocked.push(window.key);
    reopens = Math.max(reopens, secondsToReset(window, at));
  }
  const interval = Math.max(base, reopens);
  return {
    interval_s: interval,
    multipliers: { fairness: 1, quota_brake: interval / base, combined: interval / base },
    quota_status: 'available',
    quota_paused: blocked.length > 0,
    blocked_by: blocked,
    reason: blocked.length > 0 ? blockedText(blocked, reopens) : `Everyone runs every ${base} s.`,
  };
}

function blockedText(blocked: readonly string[], reopens: number): string {
  const are = blocked.length > 1 ? 'are' : 'is';
  return `${blocked.join(' and ')} ${are} full: wait for the reset in ${reopens} s.`;
}

/** Whether the newest reading, or a refusal by the provider, says that nothing is left before the reset. */
function isFull(window: QuotaWindow, at: EpochMs): boolean {
  if (window.exhausted !== null && window.exhausted.until !== null) {
    if (window.exhausted.until > at) return true;
  }
  const reading = window.readings.at(-1);
  if (reading === undefined || reading.percentBp < 10_000) return false;
  return reading.resetsAt === null || reading.resetsAt > at;
}

function secondsToReset(window: QuotaWindow, at: EpochMs): number {
  const until = Math.max(window.exhausted?.until ?? 0, window.readings.at(-1)?.resetsAt ?? 0);
  return Math.max(0, Math.ceil((until - at) / 1_000));
}
