/** An event as it stands in the log, and the parts of it that exist before it is appended. */
import type { EventType, PayloadOf } from './catalogue.js';
import type { EpochMs, EventId, PoolId, Seq } from './scalars.js';

/** What `decide` produces: a fact without its place yet. */
export type Draft = {
  [T in EventType]: {
    readonly type: T;
    readonly payload: PayloadOf<T>;
    /** When it happened; left out where that is now. */
    readonly occurredAt?: EpochMs | undefined;
    readonly correlates?: EventId | undefined;
  };
}[EventType];

interface Placed {
  readonly pool: PoolId;
  readonly seq: Seq;
  readonly id: EventId;
  readonly version: number;
  readonly occurred_at: EpochMs;
  readonly recorded_at: EpochMs;
  readonly actor: string;
  readonly source: string;
  readonly key: string | null;
  readonly correlates: EventId | null;
}

/** An event of the log, upcast to the newest version of its type. */
export type LedgerEvent = {
  [T in EventType]: Placed & { readonly type: T; readonly payload: PayloadOf<T> };
}[EventType];
export type EventOf<T extends EventType> = Extract<LedgerEvent, { type: T }>;

/** An event as stored and hashed: the payload still text, in the version it was written. */
export interface StoredEvent extends Placed {
  readonly type: string;
  /** Canonical JSON (RFC 8785). */
  readonly payload: string;
  /** SHA-256 of the payload's UTF-8 bytes, in hexadecimal as `hash` is. */
  readonly digest: string;
  readonly hash: string;
  readonly hash_version: number;
  /** The identity the event is about, as its payload says (of a merge, the one merged away): for filters, not hashed. */
  readonly claude_name: string | null;
}

/** What folding needs to know of an event: what happened to whom and when, not who sent it. */
type Unneeded = 'actor' | 'key' | 'correlates';
export type FoldedEvent = {
  [T in EventType]: Omit<Placed, Unneeded> & { readonly type: T; readonly payload: PayloadOf<T> };
}[EventType];
export type FoldedOf<T extends EventType> = Extract<FoldedEvent, { type: T }>;

/** As much of a stored event as a `FoldedEvent` is made of, without its payload. */
export type UnsealedEvent = Omit<
  StoredEvent,
  Unneeded | 'payload' | 'digest' | 'hash' | 'hash_version' | 'claude_name'
>;

/** Last event of a pool: where the next one is chained to. */
export interface Head {
  readonly seq: number;
  readonly id: EventId | null;
  readonly hash: string;
  readonly recorded_at: number;
}

/** What an append returns for each event. */
export interface Receipt {
  readonly pool: PoolId;
  readonly seq: Seq;
  readonly id: EventId;
  readonly hash: string;
}
