/**
 * `evolve(state, event)`: what each event changes in the state of its pool. It changes the state it is given, because
 * it runs once for every event of the log; nothing else in the product changes a state.
 */
import { limits } from '../limits.js';
import type { FoldedEvent } from './envelope.js';
import { alertAcknowledged, alertCleared, alertRaised } from './evolve/alert.js';
import { noteAllocations } from './evolve/allocations.js';
import { clockCorrected } from './evolve/clock.js';
import { dropOldest } from './evolve/drop-oldest.js';
import { foldFairShare } from './evolve/fair-share.js';
import {
  identityAliased,
  identityLapsed,
  identityMerged,
  identityRegistered,
  setAttributes,
} from './evolve/identity.js';
import { maintenanceBegan, maintenanceEnded } from './evolve/maintenance.js';
import { quotaRead, quotaRejected, windowOf } from './evolve/quota.js';
import { instanceConflict, turnClosed, turnGranted, turnRenewed } from './evolve/turn.js';
import { sessionMeasured, usageCorrected, usageRecorded } from './evolve/usage.js';
import { knownIdentity } from './identities.js';
import type { PoolState } from './state.js';

/** `answer` is called for a use that is to be answered, once it has been applied: what it is told follows from it. */
export function evolve(state: PoolState, event: FoldedEvent, answer?: () => void): void {
  if (event.seq !== state.seq + 1) throw new Error(`event ${event.seq} cannot follow ${state.seq}`);
  if (event.seq === 1) state.beganAt = event.recorded_at;
  apply(state, event);
  const fullnessChanged = foldFairShare(state, event);
  answer?.();
  noteAllocations(state, event, fullnessChanged);
  state.seq = event.seq;
  state.at = event.recorded_at;
}

/** What each type of event changes. Long because it has one case for each type. */
function apply(state: PoolState, event: FoldedEvent): void {
  switch (event.type) {
    case 'usage.recorded':
      return usageRecorded(state, event);
    case 'usage.corrected':
      return usageCorrected(state, event);
    case 'pool.configured':
      state.timeZone = event.payload.time_zone;
      return;
    case 'identity.registered':
      return identityRegistered(state, event);
    case 'identity.changed':
      return setAttributes(knownIdentity(state, event.payload.name), event.payload);
    case 'identity.aliased':
      return identityAliased(state, event);
    case 'identity.merged':
      return identityMerged(state, event);
    case 'identity.lapsed':
      return identityLapsed(state, event);
    case 'window.lapsed':
      state.windows.delete(event.payload.window);
      return;
    case 'identity.retired':
      knownIdentity(state, event.payload.name).retiredAt = event.recorded_at;
      return;
    case 'identity.reinstated':
      knownIdentity(state, event.payload.name).retiredAt = null;
      return;
    case 'agent.paused': {
      const { until = null, reason = null } = event.payload;
      knownIdentity(state, event.payload.name).pause = { until, reason, at: event.recorded_at };
      return;
    }
    case 'agent.resumed':
      knownIdentity(state, event.payload.name).pause = null;
      return;
    case 'agent.chose': {
      const { choice, turns = null, duration_minutes: durationMinutes = null, wake_at: wakeAt = null } = event.payload;
      knownIdentity(state, event.payload.name).choice = {
        choice,
        turns,
        durationMinutes,
        wakeAt,
        at: event.recorded_at,
      };
      return;
    }
    case 'quota.read':
      return quotaRead(state, event);
    case 'quota.rejected':
      return quotaRejected(state, event);
    case 'quota.exhausted': {
      const window = windowOf(state, event.payload.window);
      window.exhausted = { until: event.payload.until ?? null, at: event.recorded_at };
      return;
    }
    case 'day.closed':
      state.closedDays.delete(event.payload.date);
      state.closedDays.set(event.payload.date, { digest: event.payload.digest, closedAt: event.recorded_at });
      dropOldest(state.closedDays, limits.closedDaysKept);
      return;
    case 'alert.raised':
      return alertRaised(state, event);
    case 'alert.acknowledged':
      return alertAcknowledged(state, event);
    case 'alert.cleared':
      return alertCleared(state, event);
    case 'maintenance.began':
      return maintenanceBegan(state, event);
    case 'maintenance.ended':
      return maintenanceEnded(state, event);
    case 'session.measured':
      return sessionMeasured(state, event);
    case 'clock.corrected':
      return clockCorrected(state, event);
    case 'agent.advised':
      knownIdentity(state, event.payload.name).lastInterval = event.payload.issued_interval_s;
      return;
    case 'turn.granted':
      return turnGranted(state, event);
    case 'turn.renewed':
      return turnRenewed(state, event);
    case 'turn.settled':
      return turnClosed(state, event.payload.turn, 'settled');
    case 'turn.released':
      return turnClosed(state, event.payload.turn, 'released');
    case 'turn.expired':
      return turnClosed(state, event.payload.turn, 'expired');
    case 'instance.conflict':
      return instanceConflict(state, event);
    case 'turn.denied':
    case 'cleanup.completed':
    case 'policy.set':
    case 'import.completed':
    case 'key.created':
    case 'key.rotated':
    case 'key.revoked':
    case 'secret.created':
    case 'secret.rotated':
    case 'secret.revoked':
    case 'webhook.received':
    case 'ledger_key.rotated':
    case 'projection.rebuilt':
      return;
  }
}
