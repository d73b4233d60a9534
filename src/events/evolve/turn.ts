/** Turns that are open, and those closed lately. */
import { limits } from '../../limits.js';
import type { TurnId } from '../catalogue/turn.js';
import type { FoldedOf } from '../envelope.js';
import { knownIdentity } from '../identities.js';
import type { EpochMs } from '../scalars.js';
import type { ClosedTurn, PoolState } from '../state.js';
import { knownTurn } from '../turns.js';

export function turnGranted(state: PoolState, event: FoldedOf<'turn.granted'>): void {
  const { turn: id, name, token, expires_at: expiresAt, estimate_micro_usd: estimateMicroUsd } = event.payload;
  const { instance = null, model = null } = event.payload;
  state.turns.set(id, {
    id,
    grant: event.id,
    name,
    grantedAt: event.recorded_at,
    token,
    expiresAt,
    ttl: secondsFrom(event.recorded_at, expiresAt),
    estimateMicroUsd,
    instance,
    model,
    rivals: [],
  });
  knownIdentity(state, name).turns.push(id);
  state.turnsDueAt = earlier(state.turnsDueAt, expiresAt);
}

export function turnRenewed(state: PoolState, event: FoldedOf<'turn.renewed'>): void {
  const { turn: id, token, expires_at: expiresAt } = event.payload;
  const turn = knownTurn(state, id);
  const before = turn.expiresAt;
  turn.token = token;
  turn.expiresAt = expiresAt;
  turn.ttl = secondsFrom(event.recorded_at, expiresAt);
  if (before === state.turnsDueAt) state.turnsDueAt = firstDue(state);
  else state.turnsDueAt = earlier(state.turnsDueAt, expiresAt);
}

export function turnClosed(state: PoolState, id: TurnId, end: ClosedTurn['end']): void {
  const turn = knownTurn(state, id);
  const identity = knownIdentity(state, turn.name);
  identity.turns = identity.turns.filter((other) => other !== id);
  state.turns.delete(id);
  if (turn.expiresAt === state.turnsDueAt) state.turnsDueAt = firstDue(state);
  state.turnsClosed.set(id, { token: turn.token, end });
  const [oldest] = state.turnsClosed.keys();
  if (state.turnsClosed.size > limits.turnsClosedKept && oldest !== undefined) state.turnsClosed.delete(oldest);
}

export function instanceConflict(state: PoolState, event: FoldedOf<'instance.conflict'>): void {
  const { rivals } = knownTurn(state, event.payload.turn);
  rivals.push(event.payload.other);
  if (rivals.length > limits.instancesKept) rivals.shift();
}

/** Looked for only when the turn that was due first is gone. */
export function firstDue(state: PoolState): EpochMs | null {
  let first: EpochMs | null = null;
  for (const { expiresAt } of state.turns.values()) first = earlier(first, expiresAt);
  return first;
}

const earlier = (a: EpochMs | null, b: EpochMs): EpochMs => (a === null || b < a ? b : a);

const secondsFrom = (from: EpochMs, to: EpochMs): number => Math.round((to - from) / 1_000);
