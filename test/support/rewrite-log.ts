/** Changing a log past the product, so that its chain is whole again: as somebody could who has the database. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { chainHash, genesisHash, payloadDigest } from '../../src/events/chain.js';
import type { StoredEvent } from '../../src/events/envelope.js';
import type { Variant } from './engines.js';
import { pool } from './ledger.js';

/** The events, chained again from the first one that was changed. */
export function rechained(events: readonly StoredEvent[]): StoredEvent[] {
  let previous = genesisHash;
  return events.map((event) => {
    const digest = payloadDigest(event.payload);
    previous = chainHash(previous, event, digest);
    return { ...event, digest, hash: previous };
  });
}

/** The log has these events then, and no others; it has to be closed. The payloads may be others. */
export async function rewriteLog(variant: Variant, place: string, events: readonly StoredEvent[]): Promise<void> {
  const bytes = (hex: string) => (variant.name === 'sqlite' ? `x'${hex}'` : `'\\x${hex}'`);
  const last = events.at(-1) as StoredEvent;
  const updates = events.map(
    ({ seq, payload, digest, hash }) =>
      `UPDATE events SET payload = '${payload.replaceAll("'", "''")}', digest = ${bytes(digest)}, hash = ${bytes(hash)} WHERE pool = '${pool}' AND seq = ${seq};`,
  );
  await variant.meddle(
    place,
    `${updates.join('\n')}
    DELETE FROM events WHERE pool = '${pool}' AND seq > ${last.seq};
    DELETE FROM snapshots WHERE pool = '${pool}';
    DELETE FROM checkpoints WHERE pool = '${pool}';
    UPDATE pools SET head_seq = ${last.seq}, head_id = '${last.id}', head_hash = ${bytes(last.hash)},
      head_recorded_at = ${last.recorded_at} WHERE pool = '${pool}';`,
  );
  if (variant.name === 'sqlite') rmSync(join(place, 'resource_tracking.head.json'), { force: true });
}
