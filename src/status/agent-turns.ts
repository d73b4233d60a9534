/** The turns of one agent: those it holds, and those that ended last. */
import type { TurnId } from '../events/catalogue/turn.js';
import type { EventOf, LedgerEvent } from '../events/envelope.js';
import type { EpochMs, IdentityName, PoolId } from '../events/scalars.js';
import type { Identity, PoolState, Turn } from '../events/state.js';
import { isHeld, knownTurn } from '../events/turns.js';
import type { Ledger } from '../ledger/ledger.js';

/** Times are milliseconds UTC. */
export interface AgentTurn {
  readonly turn: TurnId;
  readonly status: 'open' | 'settled' | 'released' | 'expired';
  readonly grantedAt: EpochMs;
  /** Null once it has ended. */
  readonly expiresAt: EpochMs | null;
  /** Null while it is held. */
  readonly endedAt: EpochMs | null;
  /** Seq of the event that holds what it used; null where it was not settled. */
  readonly usageSeq: number | null;
}

type End = EventOf<'turn.settled'> | EventOf<'turn.released'> | EventOf<'turn.expired'>;

const ends = { 'turn.settled': 'settled', 'turn.released': 'released', 'turn.expired': 'expired' } as const;
const endedMax = 10;

/** Those in the state: held, the oldest first, and those whose time is up though the log does not say so yet. */
export function openTurns(state: PoolState, identity: Identity, at: EpochMs): AgentTurn[] {
  return identity.turns.map((id) => ofOpen(knownTurn(state, id), at));
}

function ofOpen(turn: Turn, at: EpochMs): AgentTurn {
  const held = isHeld(turn, at);
  return {
    turn: turn.id,
    status: held ? 'open' : 'expired',
    grantedAt: turn.grantedAt,
    expiresAt: held ? turn.expiresAt : null,
    endedAt: held ? null : turn.expiresAt,
    usageSeq: null,
  };
}

/** The ten that ended last by the log, the newest first. `names`: all that it had. */
export async function endedTurns(ledger: Ledger, pool: PoolId, names: readonly IdentityName[]): Promise<AgentTurn[]> {
  const types = Object.keys(ends);
  const events = await ledger.readEvents(pool, { names, types, backwards: true, limit: endedMax });
  return Promise.all(events.filter(isEnd).map((end) => ofEnd(ledger, pool, end)));
}

const isEnd = (event: LedgerEvent): event is End => event.type in ends;

async function ofEnd(ledger: Ledger, pool: PoolId, end: End): Promise<AgentTurn> {
  const { turn } = end.payload;
  // A turn is called after the event that granted it.
  const seq = Number(turn.slice(1));
  const [grant] = await ledger.readEvents(pool, { after: seq - 1, upTo: seq, limit: 1 });
  return {
    turn,
    status: ends[end.type],
    grantedAt: grant?.recorded_at ?? end.recorded_at,
    expiresAt: null,
    endedAt: end.occurred_at,
    usageSeq: end.type === 'turn.settled' ? end.payload.usage_seq : null,
  };
}
