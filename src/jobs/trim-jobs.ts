/** Removes finished jobs that are kept no longer. */
import { limits } from '../limits.js';
import type { Chore } from './chore.js';

const retention = {
  succeededMs: limits.jobSucceededMs,
  otherMs: limits.jobOtherMs,
  rows: limits.jobRowsKept,
  firesMs: limits.jobFiresMs,
};

export const trimJobs: Chore = {
  kind: 'trim-jobs',
  schedule: { everyMs: limits.jobTrimMs, atStart: true },
  async run({ ledger, figures }, signal) {
    for (let removed: number = limits.jobsSweptAtOnce; !signal.aborted && removed >= limits.jobsSweptAtOnce; ) {
      removed = await ledger.jobStore.trim(retention, limits.jobsSweptAtOnce);
      figures?.swept('jobs', removed);
    }
  },
};
