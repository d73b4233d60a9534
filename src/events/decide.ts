/**
 * `decide(state, command, context)`: what a command results in. It turns a request into facts or says why not, and
 * changes nothing: what it accepts takes effect when `evolve` applies the events.
 */

import { limits } from '../limits.js';
import type { Command } from './command.js';
import { decideAgent } from './decide/agent.js';
import { decideAlert } from './decide/alert.js';
import { decideCorrection } from './decide/correction.js';
import { decideDay } from './decide/day.js';
import { decideIdentity } from './decide/identity.js';
import { decideIdentitiesLapsed, decideWindowsLapsed } from './decide/lapse.js';
import { decideMaintenance } from './decide/maintenance.js';
import { decidePolicy } from './decide/policy.js';
import { decidePool } from './decide/pool.js';
import { decideQuota } from './decide/quota.js';
import { decideTurn } from './decide/turn.js';
import { decideUsage } from './decide/usage.js';
import type { Context, Decision } from './decision.js';
import { accepted, rejected } from './decision.js';
import type { Draft } from './envelope.js';
import type { PoolState } from './state.js';

export function decide(state: PoolState, command: Command, context: Context): Decision {
  if (command.occurredAt !== undefined && command.occurredAt > context.at + limits.futureMsMax) {
    return rejected('occurred_in_future', 'occurred_at lies more than 5 minutes in the future', 'occurred_at');
  }
  switch (command.type) {
    case 'usage.recorded':
      return decideUsage(state, command, context);
    case 'usage.corrected':
      return decideCorrection(state, command, context);
    case 'quota.read':
    case 'quota.rejected':
    case 'quota.exhausted':
      return decideQuota(state, command, context);
    case 'identity.lapsed':
      return decideIdentitiesLapsed(state, context);
    case 'window.lapsed':
      return decideWindowsLapsed(state, context);
    case 'identity.registered':
    case 'identity.changed':
    case 'identity.aliased':
    case 'identity.merged':
    case 'identity.retired':
    case 'identity.reinstated':
      return decideIdentity(state, command, context);
    case 'agent.paused':
    case 'agent.resumed':
    case 'agent.chose':
    case 'agent.advised':
      return decideAgent(state, command, context);
    case 'turn.granted':
    case 'turn.renewed':
    case 'turn.settled':
    case 'turn.released':
    case 'turn.expired':
      return decideTurn(state, command, context);
    case 'session.measured':
      throw new Error('nobody asks for this: it comes of the running total of a session');
    case 'turn.denied':
    case 'instance.conflict':
      throw new Error('nobody asks for this: it comes of asking for a turn');
    case 'policy.set':
      return decidePolicy(state, command);
    case 'alert.raised':
    case 'alert.acknowledged':
    case 'alert.cleared':
      return decideAlert(state, command, context);
    case 'maintenance.began':
    case 'maintenance.ended':
      return decideMaintenance(state, command, context);
    case 'day.closed':
      return decideDay(state, command, context);
    // What the product itself found, as it is.
    case 'cleanup.completed':
    case 'clock.corrected':
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
      return accepted({ type: command.type, payload: command.payload } as Draft);
    case 'pool.configured':
      return decidePool(state, command);
  }
}
