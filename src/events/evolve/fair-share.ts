/** What events mean for the controller: each is translated into its terms and applied. */
import { apply } from '../../fairness/apply.js';
import type { FairEvent, Pace } from '../../fairness/fair-event.js';
import type { Policy } from '../../fairness/policy.js';
import { accountOf } from '../accounts.js';
import { canonicalJson } from '../canonical.js';
import { costMultiplierOf } from '../catalogue/identity.js';
import { fairCost } from '../catalogue/usage.js';
import type { FoldedEvent, FoldedOf } from '../envelope.js';
import { hasShare, knownIdentity } from '../identities.js';
import { type EpochMs, foldName, type IdentityName, type TurnId } from '../scalars.js';
import type { Identity, PoolState } from '../state.js';

/** Applies an event to what the controller knows. Returns whether a window has become full by it, or is no longer. */
export function foldFairShare(state: PoolState, event: FoldedEvent): boolean {
  const full = fullWindows(state);
  const change = fairEvent(state, event);
  if (change !== null) apply(state.fair, change);
  return fullWindows(state) !== full;
}

function fullWindows({ fair }: PoolState): number {
  let count = 0;
  for (const window of fair.windows.values()) if (window.full) count += 1;
  return count;
}

export const isBlocked = (told: { readonly blocked_by?: readonly string[] | undefined }): boolean =>
  told.blocked_by !== undefined && told.blocked_by.length > 0;

/** The event in the controller's terms; null where it is none of its business. */
function fairEvent(state: PoolState, event: FoldedEvent): FairEvent | null {
  const { recorded_at: at } = event;
  switch (event.type) {
    case 'usage.recorded':
      return used(state, event);
    case 'usage.corrected': {
      const { difference, mode, name, occurred_at: occurredAt } = event.payload;
      const key = keyOf(state, name);
      const cost = fairCost(difference);
      return { type: 'corrected', at, use: { key, collaboration: mode !== 'autonomy', cost, model: null, occurredAt } };
    }
    case 'quota.read':
      return read(event);
    case 'quota.rejected':
      return { type: 'unread', at, event: event.payload.corrects };
    case 'quota.exhausted':
      return { type: 'exhausted', at, window: event.payload.window, until: event.payload.until ?? null };
    case 'identity.registered':
    case 'identity.changed':
    case 'identity.reinstated':
    case 'identity.retired':
      return membership(knownIdentity(state, event.payload.name), at);
    case 'identity.lapsed':
      return { type: 'forgotten', at, key: foldName(event.payload.name) };
    case 'window.lapsed':
      return { type: 'unwatched', at, window: event.payload.window };
    case 'identity.merged':
      return {
        type: 'merged',
        at,
        from: foldName(event.payload.from),
        into: keyOf(state, event.payload.into),
      };
    case 'agent.paused':
      return { type: 'paused', at, key: keyOf(state, event.payload.name), until: event.payload.until ?? null };
    case 'agent.resumed':
      return { type: 'resumed', at, key: keyOf(state, event.payload.name) };
    case 'agent.advised': {
      const { name, issued_interval_s: issued } = event.payload;
      return {
        type: 'advised',
        at,
        key: keyOf(state, name),
        issued,
        blocked: isBlocked(event.payload),
        pace: paceOf(event.payload),
      };
    }
    case 'turn.granted':
      return { type: 'turn', at, key: keyOf(state, event.payload.name), turn: event.payload.turn, ends: false };
    case 'turn.settled':
    case 'turn.released':
    case 'turn.expired':
      return { type: 'turn', at, key: keyOf(state, event.payload.name), turn: event.payload.turn, ends: true };
    case 'clock.corrected':
      return { type: 'clock', at, from: event.payload.from, to: event.payload.to };
    case 'policy.set':
      // In the order in which it is stored, so that a snapshot is the same text whether it was just decided or replayed.
      return { type: 'policy', at, policy: JSON.parse(canonicalJson(event.payload)) as Policy };
    default:
      return null;
  }
}

/** Of a reading that was judged, what was taken, and what tells that a period ended; of one from before verdicts, all. */
function read(event: FoldedOf<'quota.read'>): FairEvent {
  const { payload, recorded_at: at, occurred_at: measuredAt, id } = event;
  const windows = payload.windows
    .filter(({ verdict = 'taken', reset_dropped: dropped }) => {
      return (verdict === 'taken' || verdict === 'ended') && dropped !== true;
    })
    .map(({ key, percent_bp: percentBp, resets_at: resetsAt = null, duration_s: length = null, verdict }) => ({
      key,
      percent: percentBp / 100,
      resetsAt,
      lengthSeconds: length,
      account: verdict === undefined ? undefined : accountOf(payload),
      ended: verdict === 'ended',
    }));
  return { type: 'read', at, event: id, measuredAt, windows };
}

const keyOf = (state: PoolState, name: IdentityName): string => knownIdentity(state, name).key;

function used(state: PoolState, event: FoldedOf<'usage.recorded'>): FairEvent {
  const { payload, recorded_at: at } = event;
  return {
    type: 'used',
    at,
    key: keyOf(state, payload.name),
    collaboration: payload.mode !== 'autonomy',
    cost: fairCost(payload),
    model: payload.model ?? null,
    occurredAt: event.occurred_at,
    turn: payload.turn === undefined ? null : turnOf(state, event, payload.turn),
    issued: payload.issued_interval_s ?? null,
    blocked: isBlocked(payload),
    pace: paceOf(payload),
    imported: payload.imported === undefined ? null : { issued: payload.imported.recommended_interval_s ?? null },
  };
}

/** The turn that a report names, where that is its agent's: open, or that of its last run. Any other says nothing of a run. */
function turnOf(state: PoolState, { payload }: FoldedOf<'usage.recorded'>, id: TurnId): TurnId | null {
  const { key } = knownIdentity(state, payload.name);
  if (state.fair.members.get(key)?.run?.turn === id) return id;
  const open = state.turns.get(id);
  return open !== undefined && keyOf(state, open.name) === key ? id : null;
}

type StampedPace = Pick<
  FoldedOf<'usage.recorded' | 'agent.advised'>['payload'],
  'issued_rate_micro_usd_h' | 'issued_afresh'
>;

/** What the event of an answer says beside the interval. */
export function paceOf({ issued_rate_micro_usd_h: rate, issued_afresh: afresh }: StampedPace): Pace | undefined {
  return rate === undefined ? undefined : { rate: rate / 1e6, isFresh: afresh === true };
}

/** Everybody with a share is a member; one who retires or is put in quarantine leaves, and keeps its level. */
function membership(identity: Identity, at: EpochMs): FairEvent {
  const { key } = identity;
  if (!hasShare(identity)) return { type: 'left', at, key };
  return {
    type: 'member',
    at,
    member: {
      key,
      name: identity.name,
      weight: identity.weight,
      multiplier: costMultiplierOf(identity.costMultiplier, identity.model),
      model: identity.model,
      group: identity.group,
      groupWeight: identity.groupWeight ?? 1,
      intervalSecondsMin: identity.intervalSecondsMin,
      pausedUntil: identity.pause === null ? null : (identity.pause.until ?? Number.MAX_SAFE_INTEGER),
    },
  };
}
