/** Has pools go on by the newest version of the method that could not when the daemon started, or came from another process since. */
import { limits } from '../limits.js';
import type { Chore } from './chore.js';

export const adoptMethod: Chore = {
  kind: 'adopt-method',
  schedule: { everyMs: limits.methodSweepMs, atStart: false },
  async run({ ledger }) {
    await ledger.adoptMethod();
  },
};
