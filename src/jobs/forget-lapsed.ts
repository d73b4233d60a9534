/** Lets pools forget names and windows of which nobody has heard for 90 days. */
import { limits } from '../limits.js';
import type { Chore } from './chore.js';

export const forgetLapsed: Chore = {
  kind: 'forget-lapsed',
  schedule: { everyMs: limits.lapseSweepMs, atStart: true },
  async run({ ledger }) {
    await ledger.forgetLapsed();
  },
};
