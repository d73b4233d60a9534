/**
 * A rule of the watchdog: what somebody should look at, found in the figures of a moment. A rule is pure; it is asked every minute,
 * and knows which of its alerts are open, so that what has begun ends only where it is clearly over.
 */
import type { Prices } from '../events/prices.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import type { Status } from '../status/status.js';
import type { Operation } from './operation.js';
import type { UsePast } from './use-past.js';

/** One that is to be open. */
export interface Finding {
  /** What it is about; with the rule it is the alert. */
  readonly subject: string;
  readonly text: string;
  /** Where it is not that of the rule and the subject. */
  readonly key?: string | undefined;
}

/** What an operator may set. */
export interface Thresholds {
  /** So many intervals somebody may be late. */
  readonly overdueIntervals: number;
  /** Percent of a window that are used. */
  readonly windowPercent: number;
  readonly windowPercentHigh: number;
  /** Percent of a window that were used outside of the ledger. */
  readonly unattributedPercent: number;
  readonly diskFreeBytes: number;
}

/** What rules go by, of one pool at one instant. */
export interface RuleInput {
  readonly pool: PoolId;
  readonly at: EpochMs;
  readonly state: PoolState;
  readonly status: Status;
  readonly use: UsePast;
  /** What is of the daemon, and of no pool. */
  readonly operation: Operation;
  /** What models cost; null where nobody says. */
  readonly prices: Prices | null;
  readonly thresholds: Thresholds;
  /** Whether the rule that asks has an alert about this subject open. */
  readonly isOpen: (subject: string) => boolean;
}

export interface Rule {
  /** As the event has it. */
  readonly name: string;
  /** In one sentence, for people. */
  readonly meaning: string;
  /** It does not wait for the end of the quiet hours. */
  readonly isUrgent: boolean;
  /** It is about the daemon: only the first pool has it. */
  readonly isOfDaemon?: true;
  /** What is to be open now; null where the facts are not there, and nothing changes. */
  find(facts: RuleInput): readonly Finding[] | null;
}

/** A value that an alert begins above, and ends below: a part of the way back lies between. */
export const isAbove = (value: number, threshold: number, isOpen: boolean, back = 0.9): boolean =>
  value > (isOpen ? back * threshold : threshold);
