/** Makes an event of a draft: the next one of its pool. */
import { catalogue } from './catalogue.js';
import type { Command } from './command.js';
import type { Draft, LedgerEvent } from './envelope.js';
import type { EpochMs, EventId, Seq } from './scalars.js';
import type { PoolState } from './state.js';

export function toEvent(state: PoolState, draft: Draft, command: Command, at: EpochMs, id: EventId): LedgerEvent {
  return {
    pool: state.pool,
    seq: (state.seq + 1) as Seq,
    id,
    type: draft.type,
    version: catalogue[draft.type].version,
    occurred_at: draft.occurredAt ?? at,
    recorded_at: at,
    actor: command.actor,
    source: command.source,
    key: command.key ?? null,
    correlates: draft.correlates ?? null,
    payload: draft.payload,
  } as LedgerEvent;
}
