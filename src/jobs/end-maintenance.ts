/** Has the logs say that maintenance is over whose time was up; it is over at that time whether or not they do. */
import { noteEndedMaintenance } from '../ledger/maintenance.js';
import { limits } from '../limits.js';
import type { Chore } from './chore.js';

export const endMaintenance: Chore = {
  kind: 'end-maintenance',
  schedule: { everyMs: limits.maintenanceSweepMs, atStart: true },
  async run({ ledger, log }) {
    if (ledger.clockDoubt !== null || ledger.clockIsUnconfirmed) return;
    const pools = await noteEndedMaintenance(ledger);
    if (pools.length > 0) log.info({ pools }, 'maintenance is over');
  },
};
