/**
 * The vocabulary of the log: every event type, its version, the schema of its payload, and the schema of the command
 * that asks for it. Where `outside` is false, only the product itself may ask.
 * The catalogue grows by new types and versions; a meaning never changes.
 */
import * as z from 'zod';
import * as agent from './catalogue/agent.js';
import * as alert from './catalogue/alert.js';
import { cleanupCompleted } from './catalogue/cleanup.js';
import * as clock from './catalogue/clock.js';
import * as day from './catalogue/day.js';
import * as identity from './catalogue/identity.js';
import * as imported from './catalogue/imported.js';
import * as key from './catalogue/key.js';
import { ledgerKeyRotated } from './catalogue/ledger-key.js';
import * as maintenance from './catalogue/maintenance.js';
import * as policy from './catalogue/policy.js';
import * as pool from './catalogue/pool.js';
import * as quota from './catalogue/quota.js';
import * as turn from './catalogue/turn.js';
import * as usage from './catalogue/usage.js';
import * as webhook from './catalogue/webhook.js';

interface Entry {
  readonly version: number;
  readonly payload: z.ZodType;
  readonly command: z.ZodType;
  readonly outside: boolean;
  readonly summary: string;
}

const entry = <P extends z.ZodType, C extends z.ZodType>(summary: string, payload: P, command: C, outside = true) => ({
  version: 1,
  payload,
  command,
  outside,
  summary,
});
const same = <P extends z.ZodType>(summary: string, payload: P) => entry(summary, payload, payload);
const inside = <P extends z.ZodType>(summary: string, payload: P) => entry(summary, payload, payload, false);
/** What nobody asks for: it comes of something else. */
const consequence = <P extends z.ZodType>(summary: string, payload: P) => entry(summary, payload, z.never(), false);

export const catalogue = {
  'pool.configured': same('The pool was opened, or its time zone changed.', pool.poolConfigured),
  'identity.registered': entry('An identity joined.', identity.identityRegistered, identity.registration),
  'identity.changed': same('Attributes of an identity changed: only those given.', identity.identityChanged),
  'identity.aliased': same('Another spelling leads to the same identity.', identity.identityAliased),
  'identity.merged': same('Two identities are one: past and future use counts for `into`.', identity.identityMerged),
  'identity.retired': same('An identity left.', identity.identityRetired),
  'identity.lapsed': entry(
    'An identity that nobody confirmed had no use for so long that the pool forgot it.',
    identity.identityLapsed,
    identity.lapsesDue,
    false,
  ),
  'identity.reinstated': same('A retired identity came back.', identity.identityReinstated),
  'agent.paused': same('An agent is not to run, until a time or until resumed.', agent.agentPaused),
  'agent.resumed': same('A pause ended.', agent.agentResumed),
  'agent.chose': same('An agent said how it will spend its autonomous time.', agent.agentChose),
  'agent.advised': entry(
    'A waiting agent asked again and was told another interval.',
    agent.agentAdvised,
    agent.adviceAsked,
  ),
  'usage.recorded': entry('Something was used.', usage.usageRecorded, usage.usageReport),
  'usage.corrected': entry('A recorded use was wrong by this difference.', usage.usageCorrected, usage.usageCorrection),
  'session.measured': consequence(
    'The running total of a session was told, and counts nothing: the session began elsewhere, or its responses are told one by one.',
    usage.sessionMeasured,
  ),
  'quota.read': entry('A provider said how much of its windows is used.', quota.quotaRead, quota.quotaReport),
  'quota.rejected': same('A reading was wrong and no longer counts.', quota.quotaRejected),
  'quota.exhausted': same('A provider refused work: the window is full.', quota.quotaExhausted),
  'window.lapsed': entry(
    'Nobody read the window for so long that the pool forgot it.',
    quota.windowLapsed,
    quota.lapsesDue,
    false,
  ),
  'turn.granted': entry(
    'An agent may run, until it settles or the time is up.',
    turn.turnGranted,
    turn.turnAsked,
    false,
  ),
  'turn.denied': consequence('An agent asked for a turn and may not run now.', turn.turnDenied),
  'turn.renewed': entry('A turn is held for longer.', turn.turnRenewed, turn.turnRenewal, false),
  'turn.settled': entry('A turn ended, and what it used is recorded.', turn.turnSettled, turn.turnSettlement),
  'turn.released': entry('A turn was given back unused.', turn.turnReleased, turn.turnReturn),
  'turn.expired': entry('A turn was not renewed in time.', turn.turnExpired, turn.turnsDue, false),
  'instance.conflict': consequence('A second instance of an agent asked for a turn.', turn.instanceConflict),
  'policy.set': entry('The rules of shares and intervals changed.', policy.policySet, policy.policyChange),
  'day.closed': entry('A day ended with these totals.', day.dayClosed, day.dayClosing),
  'alert.raised': same('Somebody should look at this.', alert.alertRaised),
  'alert.acknowledged': same('Somebody has seen the alert.', alert.alertAcknowledged),
  'alert.cleared': same('The cause of the alert is gone.', alert.alertCleared),
  'cleanup.completed': inside('What was left of holders that are gone was swept.', cleanupCompleted),
  'maintenance.began': inside(
    'Somebody works on the ledger: agents and jobs wait for the end.',
    maintenance.maintenanceBegan,
  ),
  'maintenance.ended': entry(
    'Maintenance is over: somebody ended it, or its time was up.',
    maintenance.maintenanceEnded,
    maintenance.maintenanceEnding,
    false,
  ),
  'clock.corrected': inside('The clock of the log was wrong, and was set right.', clock.clockCorrected),
  'import.completed': same(
    'History that another program had recorded was taken in, as far as it could be.',
    imported.importCompleted,
  ),
  'key.created': inside('An API key was made.', key.keyCreated),
  'key.rotated': inside('An API key took the place of another one.', key.keyRotated),
  'key.revoked': inside('An API key works no longer.', key.keyRevoked),
  'secret.created': inside('A secret of incoming webhooks was made.', webhook.secretCreated),
  'secret.rotated': inside('A secret of incoming webhooks took the place of another one.', webhook.secretRotated),
  'secret.revoked': inside('A secret of incoming webhooks works no longer.', webhook.secretRevoked),
  'webhook.received': inside('A signed webhook came in, and was taken.', webhook.webhookReceived),
  'ledger_key.rotated': inside('Another key signs the checkpoints of the log.', ledgerKeyRotated),
  'projection.rebuilt': inside('Projections were rebuilt from the log.', pool.projectionRebuilt),
} as const satisfies Record<string, Entry>;

export type EventType = keyof typeof catalogue;
export type PayloadOf<T extends EventType> = z.infer<(typeof catalogue)[T]['payload']>;

/** What can be asked for: one variant per event type. */
export type CommandBody = {
  [T in EventType]: { readonly type: T; readonly payload: z.infer<(typeof catalogue)[T]['command']> };
}[EventType];

export const eventTypes = Object.keys(catalogue) as readonly EventType[];
export const commandTypes = eventTypes.filter((type) => catalogue[type].outside);

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(catalogue, type);
}
