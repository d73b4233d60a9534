/** Removes finished jobs that are kept no longer. */
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import type { Chore } from './chore.js';

export const retention = {
  succeededMs: limits.jobSucceededMs,
  otherMs: limits.jobOtherMs,
  rows: limits.jobRowsKept,
  firesMs: limits.jobFiresMs,
};

export const trimJobs: Chore = {
  kind: 'trim-jobs',
  schedule: { everyMs: limits.jobTrimMs, atStart: true },
  async run({ ledger, figures }, signal) {
    figures?.swept('jobs', await trimFinished(ledger, signal));
  },
};

/** A hundred rows in a transaction, until no more are there. Gives how many. */
export async function trimFinished(ledger: Ledger, signal: AbortSignal): Promise<number> {
  let removed = 0;
  while (!signal.aborted) {
    const found = await ledger.jobStore.trim(retention, limits.jobsSweptAtOnce);
    removed += found;
    if (found < limits.jobsSweptAtOnce) break;
  }
  return removed;
}
