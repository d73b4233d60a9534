/** Keeps up, while the log grows, the checkpoints from which questions about the past start. */
import { limits } from '../limits.js';
import type { Chore } from './chore.js';

export const keepCheckpoints: Chore = {
  kind: 'keep-checkpoints',
  schedule: { everyMs: limits.checkpointSweepMs, atStart: false },
  async run({ ledger }, signal) {
    await ledger.keepCheckpoints(undefined, signal);
  },
};
