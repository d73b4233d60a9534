/** Ends turns whose time is up, also while nothing else happens in their pool. */
import * as z from 'zod';
import { limits } from '../limits.js';
import type { Job } from './job.js';

export const expireTurns: Job<object> = {
  kind: 'expire-turns',
  payload: z.strictObject({}),
  schedule: { everyMs: limits.turnSweepMs, atStart: true },
  catchUp: 'none',
  leaseMs: 30_000,
  async run({ ledger }) {
    await ledger.expireTurns();
  },
};
