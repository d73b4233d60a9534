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
  /** When its time has come, by its interval and by windows that were full. */
  readonly dueAt: EpochMs | null;
  /** The end of its latest pause, or of the latest maintenance; null where there was none. */
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

/** Nothing is to be heard of these. One that runs may do so for long without a report. */
const excused: ReadonlySet<IdentityState> = new Set(['retired', 'paused', 'blocked', 'running']);

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

/** Whoever is paused, waits for a full window, or runs is excused. The first interval is over when its time has come. */
export function isOverdue(
  { state, lastReportAt, intervalS, dueAt, lastPauseUntil }: Reporter,
  at: EpochMs,
  multiplier: number,
): boolean {
  if (excused.has(state)) return false;
  if (lastReportAt === null || intervalS === null || dueAt === null) return false;
  if (lastPauseUntil !== null && at - lastPauseUntil < graceIntervals * intervalS * 1_000) return false;
  return at > Math.max(dueAt, lastReportAt) + (multiplier - 1) * intervalS * 1_000;
}
