/**
 * Reading what was written before: a stored payload of an older version is lifted, version by version, to the newest
 * one. The log itself is never rewritten.
 */
import { catalogue, type EventType, isEventType } from './catalogue.js';
import type { LedgerEvent, StoredEvent } from './envelope.js';

/** Lifts a payload from one version of its type to the next. */
export type Upcaster = (payload: Record<string, unknown>) => Record<string, unknown>;

/** `upcasters[type][n]` lifts version n + 1 to version n + 2. */
export type Upcasters = { readonly [T in EventType]?: readonly Upcaster[] };

const current: Upcasters = {};

/** An event from a newer release, or a log that was tampered with: it cannot be read, and must not be skipped. */
export class UnreadableEvent extends Error {}

export function upcast(
  stored: StoredEvent,
  upcasters: Upcasters = current,
  newest: (type: EventType) => number = (type) => catalogue[type].version,
): LedgerEvent {
  const { type, version } = stored;
  if (!isEventType(type)) throw new UnreadableEvent(`event ${stored.seq} has the unknown type ${type}`);
  if (version > newest(type)) {
    throw new UnreadableEvent(`event ${stored.seq} (${type}) has version ${version}, newer than this release knows`);
  }
  let payload = JSON.parse(stored.payload) as Record<string, unknown>;
  const lifts = upcasters[type];
  if (lifts !== undefined) for (const lift of lifts.slice(version - 1)) payload = lift(payload);
  return {
    pool: stored.pool,
    seq: stored.seq,
    id: stored.id,
    type,
    version: newest(type),
    occurred_at: stored.occurred_at,
    recorded_at: stored.recorded_at,
    actor: stored.actor,
    source: stored.source,
    key: stored.key,
    correlates: stored.correlates,
    payload,
  } as LedgerEvent;
}
