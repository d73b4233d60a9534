/** Looks after the storage: that it is still there, how far the logs have reached, and that what is committed is in the database. */
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { StorageError } from '../storage-error.js';
import type { Chore } from './chore.js';

/** What was said last: it is not said again every second. */
const said = new WeakMap<Ledger, string>();

export const tendStorage: Chore = {
  kind: 'tend-storage',
  schedule: { everyMs: limits.tendMs, atStart: true },
  async run({ ledger, log }) {
    try {
      await ledger.tend();
      if (said.delete(ledger)) log.info('the storage can be looked after again');
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      if (said.get(ledger) === error.message) return;
      said.set(ledger, error.message);
      log.error({ err: error }, error.message);
    }
  },
};
