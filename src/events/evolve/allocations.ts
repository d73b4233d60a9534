/**
 * When the allocations of a pool are worked out again. The log alone decides, so that a rebuild does it at the same
 * events: at once where something concerns everybody or an agent is told something quite different, and now and then
 * as figures drift; never so often that it would cost more than what it is about.
 */
import { smallPool } from '../../fairness/state.js';
import type { FoldedEvent, FoldedOf } from '../envelope.js';
import { knownIdentity } from '../identities.js';
import type { Identity, Notable, PoolState } from '../state.js';
import { isBlocked } from './fair-share.js';

/** Milliseconds of the log's time after which figures have drifted: by uses that are answered, by others, by readings. */
const driftMs = { answered: 300_000, unanswered: 3_600_000, readings: 30_000 };

/** Settles what the event means for the allocations, once it has been applied and answered. */
export function noteAllocations(state: PoolState, event: FoldedEvent, fullnessChanged: boolean): void {
  const owed = state.notable === 'later';
  state.notable = notableIn(state, event, owed || fullnessChanged || concernsAll(event));
  if (state.notable !== 'nothing' && state.notable !== 'later') state.allocatedAt = event.recorded_at;
}

function notableIn(state: PoolState, event: FoldedEvent, all: boolean): Notable {
  const sinceLast = event.recorded_at - state.allocatedAt;
  if (all) return sinceLast >= waitForAll(state) ? 'all' : 'later';
  switch (event.type) {
    case 'usage.recorded':
    case 'agent.advised': {
      const told = toldIn(event.payload);
      const identity = knownIdentity(state, event.payload.name);
      if (told === null) return sinceLast >= driftMs.unanswered ? 'figures' : 'nothing';
      if (movedMuch(state, identity, told) && sinceLast >= planMsOf(state)) {
        identity.noted = told;
        return { member: identity.key };
      }
      return sinceLast >= driftMs.answered ? 'figures' : 'nothing';
    }
    case 'quota.read':
    case 'quota.rejected':
    case 'usage.corrected':
      return sinceLast >= driftMs.readings ? 'figures' : 'nothing';
    default:
      return 'nothing';
  }
}

function concernsAll(event: FoldedEvent): boolean {
  const { type } = event;
  // It has no share, and many come at once.
  if (type === 'identity.registered' && event.payload.over_limit === true) return false;
  return (
    type.startsWith('identity.') ||
    type === 'policy.set' ||
    type === 'clock.corrected' ||
    type === 'agent.paused' ||
    type === 'agent.resumed' ||
    type === 'quota.exhausted'
  );
}

function toldIn(payload: FoldedOf<'usage.recorded' | 'agent.advised'>['payload']): Identity['noted'] {
  const { issued_interval_s: interval } = payload;
  return interval === undefined ? null : { interval, blocked: isBlocked(payload) };
}

/** Whether what it is told now differs enough from what was last noted to be worth a row in the history. */
function movedMuch(state: PoolState, { noted }: Identity, told: NonNullable<Identity['noted']>): boolean {
  if (noted === null || noted.blocked !== told.blocked) return true;
  const change = Math.log(Math.max(1, told.interval) / Math.max(1, noted.interval));
  return Math.abs(change) > state.fair.policy.reissue_log_ratio;
}

/** How long a plan holds: longer in large pools, where solving takes milliseconds. */
export function planMsOf({ fair }: PoolState): number {
  const { policy, members } = fair;
  return members.size > policy.large_pool_members ? policy.plan_ms_large : policy.plan_ms;
}

const waitForAll = (state: PoolState): number =>
  state.fair.members.size > smallPool ? state.fair.policy.plan_ms_large : 0;
