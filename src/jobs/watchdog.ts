/** Looks each minute what somebody should look at. What it finds nothing of leaves no row. */
import { limits } from '../limits.js';
import type { Watchdog } from '../watch/watchdog.js';
import type { Chore } from './chore.js';

export function watch(watchdog: Watchdog): Chore {
  return {
    kind: 'watchdog',
    schedule: { everyMs: limits.watchdogMs, atStart: false },
    async run({ log }, signal) {
      for (const { pool, raised, cleared } of await watchdog.look(signal)) {
        for (const alert of raised) log.warn({ pool, alert }, 'an alert was raised');
        for (const alert of cleared) log.info({ pool, alert }, 'an alert was cleared');
      }
    },
  };
}
