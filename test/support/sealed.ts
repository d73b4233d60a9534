/** Events as the ledger would write them, sealed by hand: for tests of what is below the ledger. */
import { canonicalJson } from '../../src/events/canonical.js';
import type { EventType } from '../../src/events/catalogue.js';
import { chainHash, hashVersion, payloadDigest } from '../../src/events/chain.js';
import type { Head, StoredEvent } from '../../src/events/envelope.js';
import type { EventId, PoolId } from '../../src/events/scalars.js';
import { eventId, noon } from './fold.js';

export interface Content {
  readonly type?: EventType;
  readonly payload?: Record<string, unknown>;
  readonly id?: EventId;
  readonly version?: number;
  readonly occurred_at?: number;
  readonly recorded_at?: number;
  readonly source?: string;
  readonly correlates?: string;
  readonly key?: string;
}

/** Events that follow a head. An id that is not given is made up from seq. */
export function follow(pool: PoolId, head: Head, ...contents: readonly Content[]): StoredEvent[] {
  const events: StoredEvent[] = [];
  let { hash } = head;
  for (const [i, { type = 'agent.resumed', payload = { name: 'Ada' }, ...rest }] of contents.entries()) {
    const seq = head.seq + 1 + i;
    const text = canonicalJson(payload);
    const digest = payloadDigest(text);
    const recordedAt = rest.recorded_at ?? noon + seq;
    const event = {
      pool,
      seq,
      id: rest.id ?? eventId(seq),
      type,
      version: rest.version ?? 1,
      occurred_at: rest.occurred_at ?? recordedAt,
      recorded_at: recordedAt,
      actor: 'local',
      source: rest.source ?? 'test/1',
      key: rest.key ?? null,
      correlates: (rest.correlates ?? null) as EventId | null,
      payload: text,
      digest,
      hash_version: hashVersion,
      claude_name: typeof payload.name === 'string' ? payload.name : null,
    } as Omit<StoredEvent, 'hash'>;
    hash = chainHash(hash, event as StoredEvent, digest);
    events.push({ ...event, hash });
  }
  return events;
}
