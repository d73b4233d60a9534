/** An event on the wire, for the description of the API. */
import * as z from 'zod';

export const eventSchema = z
  .object({
    pool: z.string(),
    seq: z.int(),
    id: z.string().describe('ULID.'),
    type: z.string(),
    version: z.int(),
    occurred_at: z.int().describe('Milliseconds since 1970, UTC: when it happened, by the client.'),
    recorded_at: z
      .int()
      .describe('Milliseconds since 1970, UTC: when it was recorded; never goes backwards in a pool.'),
    actor: z.string(),
    source: z.string(),
    key: z.string().nullable(),
    correlates: z.string().nullable(),
    payload: z.record(z.string(), z.unknown()),
    digest: z.string().describe('SHA-256 of the canonical payload (RFC 8785), in hexadecimal.'),
    hash: z.string().describe('Link of the hash chain, in hexadecimal.'),
    hash_version: z.int(),
  })
  .meta({ id: 'Event' });

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
