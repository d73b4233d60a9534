/** What a message says: the same whatever it is sent as. */
import { eventTypes } from '../events/catalogue.js';
import { isoText } from '../events/days.js';
import type { StoredEvent } from '../events/envelope.js';
import { upcast } from '../events/upcast.js';
import { limits } from '../limits.js';

export interface Message {
  readonly type: string;
  /** When it happened. */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly pool: string;
  readonly seq: number;
  readonly id: string;
}

/** Many events in one message. */
export interface DigestData {
  readonly count: number;
  /** How many of each type. */
  readonly types: Readonly<Record<string, number>>;
  readonly first_seq: number;
  readonly last_seq: number;
}

export const digestType = 'digest';
export const testType = 'test';
export const checkpointType = 'checkpoint.signed';

/** One that would be too large says how large, and where the event is read. */
export function messageOf(stored: StoredEvent): Message {
  const { type, occurred_at: at, payload, pool, seq, id } = upcast(stored);
  const message: Message = { type, timestamp: isoText(at), data: { ...payload }, pool, seq, id };
  const bytes = Buffer.byteLength(JSON.stringify(message));
  if (bytes <= limits.webhookBytesMax) return message;
  return { ...message, data: { omitted: `${bytes} bytes are too many: read the event at /v1/events/${id}` } };
}

/** The digest with further events in it. */
export function digestWith(before: Message | null, events: readonly StoredEvent[], id: string, now: number): Message {
  const known = before?.data as DigestData | undefined;
  const types = new Map(Object.entries(known?.types ?? {}));
  for (const { type } of events) types.set(type, (types.get(type) ?? 0) + 1);
  const last = events.at(-1) as StoredEvent;
  const data: DigestData = {
    count: (known?.count ?? 0) + events.length,
    types: Object.fromEntries(types),
    first_seq: known?.first_seq ?? (events[0] as StoredEvent).seq,
    last_seq: last.seq,
  };
  return { type: digestType, timestamp: isoText(now), data: { ...data }, pool: last.pool, seq: last.seq, id };
}

/** The types of events that these name, each by itself or by its beginning (`alert.*`, `*`). */
export function typesNamed(patterns: readonly string[]): readonly string[] {
  return eventTypes.filter((type) => patterns.some((pattern) => isNamedBy(type, pattern)));
}

function isNamedBy(type: string, pattern: string): boolean {
  if (pattern === '*' || pattern === type) return true;
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1));
}
