/**
 * Reading what was written before: a stored payload of an older version is lifted, version by version, to the newest
 * one. The log itself is never rewritten.
 */
import { catalogue, type EventType, isEventType } from './catalogue.js';
import type { FoldedEvent, LedgerEvent, StoredEvent, UnsealedEvent } from './envelope.js';
import type { EventPage } from './page.js';

/** Lifts a payload from one version of its type to the next. */
export type Upcaster = (payload: Record<string, unknown>) => Record<string, unknown>;

/** `upcasters[type][n]` lifts version n + 1 to version n + 2. */
export type Upcasters = { readonly [T in EventType]?: readonly Upcaster[] };

const current: Upcasters = {};

/** An event from a newer release, or a log that was tampered with: it cannot be read, and must not be skipped. */
export class UnreadableEvent extends Error {}

type Newest = (type: EventType) => number;
const newestInCatalogue: Newest = (type) => catalogue[type].version;

export function upcast(
  stored: StoredEvent,
  upcasters: Upcasters = current,
  newest: Newest = newestInCatalogue,
): LedgerEvent {
  const { type, payload } = lift(stored, JSON.parse(stored.payload), upcasters, newest);
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

/** As `upcast`, for a page of events about to be folded. */
export function upcastAll({ events, payloads }: EventPage): FoldedEvent[] {
  const parsed = parsePayloads(events, payloads);
  return events.map((stored, i) => {
    const { type, payload } = lift(stored, parsed[i] as Record<string, unknown>, current, newestInCatalogue);
    const { pool, seq, id, occurred_at, recorded_at, source } = stored;
    const version = newestInCatalogue(type);
    return { pool, seq, id, type, version, occurred_at, recorded_at, source, payload } as FoldedEvent;
  });
}

function parsePayloads(events: readonly UnsealedEvent[], payloads: string): unknown[] {
  try {
    const parsed: unknown[] = JSON.parse(payloads);
    if (parsed.length === events.length && parsed.every(isObject)) return parsed;
  } catch {
    // One of them is no JSON.
  }
  throw new UnreadableEvent(
    `among the events ${events[0]?.seq} to ${events.at(-1)?.seq} is one whose payload is no JSON object: the log was changed; \`resource-share verify\` says where`,
  );
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

function lift(
  { seq, type, version }: Pick<StoredEvent, 'seq' | 'type' | 'version'>,
  written: Record<string, unknown>,
  upcasters: Upcasters,
  newest: Newest,
): { readonly type: EventType; readonly payload: Record<string, unknown> } {
  if (!isEventType(type)) throw new UnreadableEvent(`event ${seq} has the unknown type ${type}`);
  if (version > newest(type)) {
    throw new UnreadableEvent(`event ${seq} (${type}) has version ${version}, newer than this release knows`);
  }
  let payload = written;
  const lifts = upcasters[type];
  if (lifts !== undefined) for (const one of lifts.slice(version - 1)) payload = one(payload);
  return { type, payload };
}
