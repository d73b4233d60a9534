/** One line of an export, read back: checked field by field, then sealed as it was. */
import { z } from 'zod';
import { canonicalJson } from '../events/canonical.js';
import { catalogue } from '../events/catalogue.js';
import { parseWith } from '../events/command.js';
import type { StoredEvent } from '../events/envelope.js';
import { eventId, poolId } from '../events/scalars.js';
import { subjectOf } from '../events/subject.js';
import { upcast } from '../events/upcast.js';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hexadecimal');

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
  payload: z.record(z.string(), z.unknown()),
  digest: sha256Hex,
  hash: sha256Hex,
  hash_version: z.int(),
});

/** Throws where the line is no event that this release can read. Whether it fits the chain is not looked at. */
export function parseEventLine(text: string): StoredEvent {
  const { payload, ...envelope } = parseWith(line, JSON.parse(text));
  const stored = {
    ...envelope,
    payload: canonicalJson(payload),
    claude_name: subjectOf(payload),
  } as StoredEvent;
  const event = upcast(stored);
  parseWith(catalogue[event.type].payload, event.payload, 'payload');
  return stored;
}
