/** Has pools go on by the newest version of the method that could not when the daemon started, or came from another process since. */
import * as z from 'zod';
import { limits } from '../limits.js';
import type { Job } from './job.js';

export const adoptMethod: Job<object> = {
  kind: 'adopt-method',
  payload: z.strictObject({}),
  schedule: { everyMs: limits.methodSweepMs, atStart: false },
  catchUp: 'none',
  leaseMs: 30_000,
  async run({ ledger }) {
    await ledger.adoptMethod();
  },
};
