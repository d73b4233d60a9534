/** Sends the audit trail to its sinks. */
import type { AuditTrail } from '../audit/trail.js';
import type { Chore } from './chore.js';

/** Where it ended by a fault, it begins again. */
const restartMs = 60_000;

export function sendAudit(trail: AuditTrail): Chore {
  return {
    kind: 'send-audit',
    schedule: { everyMs: restartMs, atStart: true },
    run: ({ log }, signal) => trail.run(log, signal),
  };
}
