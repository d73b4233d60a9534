/** Sends events to the endpoints of others, as they are recorded. */
import type { Outbox } from '../outbox/outbox.js';
import type { Chore } from './chore.js';

/** Where it ended by a fault, it begins again. */
const restartMs = 60_000;

export function deliver(outbox: Outbox): Chore {
  return {
    kind: 'deliver',
    schedule: { everyMs: restartMs, atStart: true },
    run: ({ log }, signal) => outbox.run(log, signal),
  };
}
