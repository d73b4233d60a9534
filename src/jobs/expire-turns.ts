/** Ends turns whose time is up, also while nothing else happens in their pool. */
import { limits } from '../limits.js';
import type { Chore } from './chore.js';

export const expireTurns: Chore = {
  kind: 'expire-turns',
  schedule: { everyMs: limits.turnSweepMs, atStart: true },
  async run({ ledger }) {
    await ledger.expireTurns();
  },
};
