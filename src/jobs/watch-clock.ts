/** Looks at the clock that events are recorded by, so that people hear of one that jumped although nothing else happens. */
import * as z from 'zod';
import { doubtText, jumpText } from '../ledger/clock-alerts.js';
import { limits } from '../limits.js';
import type { Job } from './job.js';

export const watchClock: Job<object> = {
  kind: 'watch-clock',
  payload: z.strictObject({}),
  schedule: { everyMs: limits.clockWatchMs, atStart: true },
  catchUp: 'none',
  leaseMs: 30_000,
  async run({ ledger, log }) {
    for (const jump of await ledger.watchClock()) log.warn(jump, jumpText(jump));
    const { clockDoubt } = ledger;
    if (clockDoubt !== null) log.error(clockDoubt, doubtText(clockDoubt));
  },
};
