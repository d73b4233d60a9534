/** Looks at the clock that events are recorded by, so that people hear of one that jumped although nothing else happens. */
import { doubtText, jumpText } from '../ledger/clock-alerts.js';
import { limits } from '../limits.js';
import type { Chore } from './chore.js';

export const watchClock: Chore = {
  kind: 'watch-clock',
  schedule: { everyMs: limits.clockWatchMs, atStart: true },
  async run({ ledger, log }) {
    for (const jump of await ledger.watchClock()) log.warn(jump, jumpText(jump));
    const { clockDoubt } = ledger;
    if (clockDoubt !== null) log.error(clockDoubt, doubtText(clockDoubt));
  },
};
