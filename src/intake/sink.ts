/** Where collected reports go to: a ledger, here or behind a daemon. */
import type { Report } from './report.js';

/**
 * What became of each report, in their order. Throws a `SinkFailure` where that is not known of any of them. Once the signal is aborted
 * nobody waits for it.
 */
export type Sink = (reports: readonly Report[], abort?: AbortSignal) => Promise<readonly SinkOutcome[]>;

export interface SinkOutcome {
  readonly status: 'recorded' | 'repeated' | 'rejected';
  /** Why it was rejected: a code of the problem catalogue. */
  readonly code?: string | undefined;
  /** The type of the event that was recorded in the place of the one that was asked for. */
  readonly instead?: string | undefined;
  /** Where it is in the log; left out where nothing had to be recorded. */
  readonly seq?: number | undefined;
  readonly hash?: string | undefined;
}

/** Reports could not be delivered. Its message is for people. */
export class SinkFailure extends Error {
  /** Whether the same reports may be taken later. */
  readonly isTransient: boolean;
  /** How long the ledger asks to be left alone. */
  readonly retryAfterMs: number;
  /** Whether it would take fewer of them at once. */
  readonly isTooMuch: boolean;

  constructor(
    message: string,
    { isTransient = false, retryAfterMs = 0, isTooMuch = false }: Partial<Omit<SinkFailure, keyof Error>> = {},
  ) {
    super(message);
    this.isTransient = isTransient;
    this.retryAfterMs = retryAfterMs;
    this.isTooMuch = isTooMuch;
  }
}
