/**
 * Events on the wire: the envelope as it is stored, the payload as an object, digest and hash in hexadecimal. The payload
 * is written as its canonical text, so that who hashes it gets the digest.
 */
import { z } from 'zod';
import type { StoredEvent } from '../../events/envelope.js';

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

/** For the description of the API. */
export const eventSchema = z.object({
  pool: z.string(),
  seq: z.int(),
  id: z.string().describe('ULID.'),
  type: z.string(),
  version: z.int(),
  occurred_at: z.int().describe('Milliseconds since 1970, UTC: when it happened, by the client.'),
  recorded_at: z.int().describe('Milliseconds since 1970, UTC: when it was recorded; never goes backwards in a pool.'),
  actor: z.string(),
  source: z.string(),
  key: z.string().nullable(),
  correlates: z.string().nullable(),
  payload: z.record(z.string(), z.unknown()),
  digest: z.string().describe('SHA-256 of the canonical payload (RFC 8785), in hexadecimal.'),
  hash: z.string().describe('Link of the hash chain, in hexadecimal.'),
  hash_version: z.int(),
});

export const eventExample = {
  pool: 'default',
  seq: 42,
  id: '01JGV3M9Q8ZJ4X7W2K5T6R8N1P',
  type: 'usage.recorded',
  version: 1,
  occurred_at: 1_767_607_800_000,
  recorded_at: 1_767_607_800_000,
  actor: 'local',
  source: 'coop/1',
  key: null,
  correlates: null,
  payload: { cost_micro_usd: 125_000, cost_source: 'reported', issued_interval_s: 900, mode: 'autonomy', name: 'Ada' },
  digest: '5f0c3a64c1f0d3b58e7a9c04b6d1e2f3a4b5c6d7e8f90123456789abcdef0123',
  hash: '9f2c7a64c1f0d3b58e7a9c04b6d1e2f3a4b5c6d7e8f90123456789abcdef0123',
  hash_version: 1,
};
