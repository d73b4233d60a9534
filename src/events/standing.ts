/** Where an identity stands between two runs: what it was told last, and from when on it may run again by that. */
import { isByRun } from '../fairness/policy.js';
import { intervalStart } from '../fairness/runs.js';
import type { EpochMs } from './scalars.js';
import type { Identity, PoolState } from './state.js';

/**
 * When the interval that an identity was told is over, in milliseconds UTC; null where it was told none. It counts from the start
 * of its run, and from its last report where the policy's version 1 of the method knows of no runs.
 */
export function intervalEndOf(state: PoolState, identity: Identity): EpochMs | null {
  const { lastInterval } = identity;
  const from = intervalStartOf(state, identity);
  return from === null || lastInterval === null ? null : ((from + lastInterval * 1_000) as EpochMs);
}

/** From when on that counts; null for one that never reported, or was told no interval. */
export function intervalStartOf({ fair }: PoolState, { key, lastSeen, lastInterval }: Identity): EpochMs | null {
  if (lastSeen === null || lastInterval === null) return null;
  const member = isByRun(fair.policy) ? fair.members.get(key) : undefined;
  return ((member && intervalStart(member)) ?? lastSeen) as EpochMs;
}
