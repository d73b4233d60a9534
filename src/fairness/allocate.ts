/** What each identity is entitled to, has used and has left in each window: a pure function of state, policy and time. */
import { hasShare } from '../events/identities.js';
import type { EpochMs } from '../events/scalars.js';
import type { Identity, PoolState, QuotaWindow } from '../events/state.js';
import { advise } from './advise.js';
import type { Policy } from './policy.js';

export interface Allocation {
  readonly identity: Identity;
  /** `none` where no window is known yet. */
  readonly window: string;
  readonly weight: number;
  /** Fraction of the window, 0 to 1. */
  readonly share: number;
  /** Micro-USD in the current period of the window. */
  readonly used: number;
  /** Entitlement so far minus use, in micro-USD: above 0 means it is owed something. */
  readonly balance: number;
  /** What is left of the share, as a fraction of the window; null while the window's budget is unknown. */
  readonly remaining: number | null;
  readonly recommendedInterval: number;
  readonly reason: string;
  /** The window that holds the identity back, if any. */
  readonly bindingWindow: string | null;
}

type Counted = Pick<QuotaWindow, 'key' | 'used' | 'usedTotal' | 'readings'>;
const noWindow: Counted = { key: 'none', used: new Map(), usedTotal: 0, readings: [] };

/** Rows of one identity, one per window. */
export function allocationsOf(policy: Policy, state: PoolState, identity: Identity, at: EpochMs): Allocation[] {
  const advice = advise(policy, state, identity, at);
  const share = hasShare(identity) ? identity.weight / state.weightTotal : 0;
  const windows: readonly Counted[] = state.windows.size > 0 ? [...state.windows.values()] : [noWindow];
  return windows.map((window) => {
    const used = window.used.get(identity.key) ?? 0;
    return {
      identity,
      window: window.key,
      weight: identity.weight,
      share,
      used,
      balance: Math.round(share * window.usedTotal) - used,
      remaining: remainingShare(window, share, used),
      recommendedInterval: advice.interval_s,
      reason: advice.reason,
      bindingWindow: advice.blocked_by[0] ?? null,
    };
  });
}

/** The window's percentage belongs to the identities in proportion to what each has used of the ledger's own cost. */
function remainingShare(window: Counted, share: number, used: number): number | null {
  const reading = window.readings.at(-1);
  if (reading === undefined) return null;
  const usedFraction = window.usedTotal > 0 ? (reading.percentBp / 10_000) * (used / window.usedTotal) : 0;
  return Math.max(0, share - usedFraction);
}
