/** What is looked at of a ledger to say how its daemon is. */
import type { Engine } from '../engines/engine.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Vitals } from './supervision.js';

export function vitalsOf(ledger: Ledger, engine: Engine): Vitals {
  return {
    get events() {
      return ledger.poolNames.reduce((sum, pool) => sum + ledger.state(pool).seq, 0);
    },
    get pools() {
      return ledger.poolNames.length;
    },
    get queued() {
      return ledger.queued;
    },
    get storageFault() {
      return ledger.storageFault;
    },
    get commits() {
      return ledger.commits;
    },
    isShared: engine.shared,
    answers: () => ledger.answers(),
  };
}
