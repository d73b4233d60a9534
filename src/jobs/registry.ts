/** Every job, and every chore of a daemon that needs no more than the ledger. */
import { adoptMethod } from './adopt-method.js';
import type { Chore } from './chore.js';
import { dailyAggregate } from './daily-aggregate.js';
import { endMaintenance } from './end-maintenance.js';
import { expireTurns } from './expire-turns.js';
import { forgetLapsed } from './forget-lapsed.js';
import type { Job } from './job.js';
import { keepCheckpoints } from './keep-checkpoints.js';
import { rebuildTables } from './rebuild-tables.js';
import { tendStorage } from './tend-storage.js';
import { trimJobs } from './trim-jobs.js';
import { watchClock } from './watch-clock.js';

// biome-ignore lint/suspicious/noExplicitAny: each job reads its own payload.
export type AnyJob = Job<any>;

export const jobs: readonly AnyJob[] = [dailyAggregate];

export const chores: readonly Chore[] = [
  rebuildTables,
  expireTurns,
  keepCheckpoints,
  watchClock,
  forgetLapsed,
  tendStorage,
  adoptMethod,
  trimJobs,
  endMaintenance,
];
