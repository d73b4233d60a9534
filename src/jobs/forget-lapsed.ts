/** Lets pools forget names and windows of which nobody has heard for 90 days. */
import * as z from 'zod';
import { limits } from '../limits.js';
import type { Job } from './job.js';

export const forgetLapsed: Job<object> = {
  kind: 'forget-lapsed',
  payload: z.strictObject({}),
  schedule: { everyMs: limits.lapseSweepMs, atStart: true },
  catchUp: 'none',
  leaseMs: 30_000,
  async run({ ledger }) {
    await ledger.forgetLapsed();
  },
};
