/** Where an identity stands between two runs: what it was told last, and from when on it may run again. */
import { isPaused } from './identities.js';
import type { EpochMs } from './scalars.js';
import type { Identity } from './state.js';

export interface Standing {
  /** Seconds it was last told; null before its first report. */
  readonly interval: number | null;
  /** When it may run again by that; null where it may at any time, or is paused without an end. */
  readonly nextRunAt: EpochMs | null;
  readonly paused: boolean;
  /** Whether neither its interval nor a pause makes it wait. */
  readonly due: boolean;
}

export function standingOf(identity: Identity, at: EpochMs): Standing {
  const { lastSeen, lastInterval, pause } = identity;
  const paused = isPaused(identity, at);
  const byInterval = lastSeen === null || lastInterval === null ? 0 : lastSeen + lastInterval * 1_000;
  if (paused && pause?.until === null) return { interval: lastInterval, nextRunAt: null, paused, due: false };
  const next = Math.max(byInterval, paused ? (pause?.until ?? 0) : 0);
  return { interval: lastInterval, nextRunAt: next === 0 ? null : (next as EpochMs), paused, due: next <= at };
}
