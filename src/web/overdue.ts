/** Who should have reported by now. */
import { isPaused } from '../events/identities.js';
import type { EpochMs } from '../events/scalars.js';
import type { Identity, PoolState } from '../events/state.js';

export interface Overdue {
  readonly name: string;
  readonly lastSeen: EpochMs;
  /** The interval it was given with its last report. */
  readonly intervalS: number;
  readonly silentMs: number;
}

/** After a pause has run out, a machine gets this many intervals to come back. */
const graceIntervals = 2;

/** Identities silent for more than `multiplier` intervals, the longest silence first. */
export function overdueIdentities(state: PoolState, now: number, multiplier: number): Overdue[] {
  const found: Overdue[] = [];
  for (const identity of state.identities.values()) {
    const { name, lastSeen, lastInterval: intervalS } = identity;
    if (identity.retiredAt !== null || identity.mergedInto !== null) continue;
    if (lastSeen === null || intervalS === null || isExcused(identity, intervalS, now)) continue;
    const silentMs = now - lastSeen;
    if (silentMs > intervalS * 1_000 * multiplier) found.push({ name, lastSeen, intervalS, silentMs });
  }
  return found.sort((a, b) => b.silentMs - a.silentMs);
}

function isExcused(identity: Identity, intervalS: number, now: number): boolean {
  if (isPaused(identity, now)) return true;
  const until = identity.pause?.until ?? null;
  return until !== null && now - until < graceIntervals * intervalS * 1_000;
}
