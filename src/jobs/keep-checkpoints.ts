/** Keeps up, while the log grows, the checkpoints from which questions about the past start. */
import * as z from 'zod';
import { limits } from '../limits.js';
import type { Job } from './job.js';

export const keepCheckpoints: Job<object> = {
  kind: 'keep-checkpoints',
  payload: z.strictObject({}),
  schedule: { everyMs: limits.checkpointSweepMs, atStart: false },
  catchUp: 'none',
  leaseMs: 60_000,
  async run({ ledger }, _payload, signal) {
    await ledger.keepCheckpoints(undefined, signal);
  },
};
