/**
 * Events on the wire: the envelope as it is stored, the payload as an object, digest and hash in hexadecimal. The payload
 * is written as its canonical text, so that who hashes it gets the digest.
 */
import type { StoredEvent } from './envelope.js';

export function eventText(event: StoredEvent): string {
  const text = JSON.stringify;
  return `{"pool":"${event.pool}","seq":${event.seq},"id":"${event.id}","type":"${event.type}","version":${event.version},"occurred_at":${event.occurred_at},"recorded_at":${event.recorded_at},"actor":${text(event.actor)},"source":${text(event.source)},"key":${text(event.key)},"correlates":${text(event.correlates)},"payload":${event.payload},"digest":"${event.digest}","hash":"${event.hash}","hash_version":${event.hash_version}}`;
}

export const eventColumns = [
  'pool',
  'seq',
  'id',
  'type',
  'version',
  'occurred_at',
  'recorded_at',
  'actor',
  'source',
  'key',
  'correlates',
  'payload',
  'digest',
  'hash',
  'hash_version',
] as const;

/** In the order of `eventColumns`; the payload as canonical text. */
export function eventCells(event: StoredEvent): (string | number | null)[] {
  return eventColumns.map((column) => event[column]);
}
