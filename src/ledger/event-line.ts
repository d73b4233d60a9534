/** One line of an export, read back: checked field by field, then sealed as it was. */
import * as z from 'zod';
import { canonicalJson } from '../events/canonical.js';
import { catalogue } from '../events/catalogue.js';
import { parseWith } from '../events/command.js';
import type { LedgerEvent, StoredEvent } from '../events/envelope.js';
import { type EpochMs, eventId, poolId, type Seq } from '../events/scalars.js';
import { subjectOf } from '../events/subject.js';
import { upcast } from '../events/upcast.js';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hexadecimal');

/** What is in it is looked at with the schema of its type; a record of anything would take as long as that. */
const anyObject = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'is no object',
);

const line = z.strictObject({
  pool: poolId,
  seq: z.int().min(1),
  id: eventId,
  type: z.string(),
  version: z.int().min(1),
  occurred_at: z.int(),
  recorded_at: z.int(),
  actor: z.string(),
  source: z.string(),
  key: z.string().nullable(),
  correlates: eventId.nullable(),
  payload: anyObject,
  digest: sha256Hex,
  hash: sha256Hex,
  hash_version: z.int(),
});

/** An event as it is stored, and as it is read. */
export interface EventLine {
  readonly stored: StoredEvent;
  readonly event: LedgerEvent;
}

/**
 * Throws where the line is no event that this release can read. Whether it fits the chain is not looked at. The stored event
 * is written out: an object made as `{ ...line }` takes longer to make, and everybody who uses it takes longer, too.
 */
export function parseEventLine(text: string): EventLine {
  const read = parseWith(line, JSON.parse(text));
  const stored = {
    pool: read.pool,
    seq: read.seq as Seq,
    id: read.id,
    type: read.type,
    version: read.version,
    occurred_at: read.occurred_at as EpochMs,
    recorded_at: read.recorded_at as EpochMs,
    actor: read.actor,
    source: read.source,
    key: read.key,
    correlates: read.correlates,
    payload: canonicalJson(read.payload),
    digest: read.digest,
    hash: read.hash,
    hash_version: read.hash_version,
    claude_name: subjectOf(read.payload),
  };
  const event = upcast(stored);
  parseWith(catalogue[event.type].payload, event.payload, 'payload');
  return { stored, event };
}
