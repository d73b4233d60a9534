/** Every job of the daemon. */
import { adoptMethod } from './adopt-method.js';
import { expireTurns } from './expire-turns.js';
import { forgetLapsed } from './forget-lapsed.js';
import type { Job } from './job.js';
import { keepCheckpoints } from './keep-checkpoints.js';
import { rebuildTables } from './rebuild-tables.js';
import { tendStorage } from './tend-storage.js';
import { watchClock } from './watch-clock.js';

export const jobs: readonly Job<object>[] = [
  rebuildTables,
  expireTurns,
  keepCheckpoints,
  watchClock,
  forgetLapsed,
  tendStorage,
  adoptMethod,
];
