/** Who should have reported by now. */
import type { EpochMs } from '../events/scalars.js';
import type { IdentityState } from './identity-state.js';

/** What is known of an identity that may be overdue. */
export interface Reporter {
  readonly name: string;
  readonly state: IdentityState;
  readonly lastReportAt: EpochMs | null;
  /** Seconds it was told last. */
  readonly intervalS: number | null;
  /** The end of its latest pause; null where there was none. */
  readonly lastPauseUntil: EpochMs | null;
}

export interface Overdue {
  readonly name: string;
  readonly lastReportAt: EpochMs;
  /** Seconds it was told last. */
  readonly intervalS: number;
  readonly silentMs: number;
}

/** After a pause has run out, a machine gets this many intervals to come back. */
const graceIntervals = 2;

/** Identities silent for more than `multiplier` of their intervals, the longest silence first. */
export function overdueAmong(identities: readonly Reporter[], at: EpochMs, multiplier: number): Overdue[] {
  const found: Overdue[] = [];
  for (const identity of identities) {
    const { name, lastReportAt, intervalS } = identity;
    if (!isOverdue(identity, at, multiplier) || lastReportAt === null || intervalS === null) continue;
    found.push({ name, lastReportAt, intervalS, silentMs: at - lastReportAt });
  }
  return found.sort((a, b) => b.silentMs - a.silentMs);
}

/** Whoever is paused, or waits for a full window, is excused. */
export function isOverdue(
  { state, lastReportAt, intervalS, lastPauseUntil }: Reporter,
  at: EpochMs,
  multiplier: number,
): boolean {
  if (state === 'retired' || state === 'paused' || state === 'blocked') return false;
  if (lastReportAt === null || intervalS === null) return false;
  if (lastPauseUntil !== null && at - lastPauseUntil < graceIntervals * intervalS * 1_000) return false;
  return at - lastReportAt > intervalS * 1_000 * multiplier;
}
