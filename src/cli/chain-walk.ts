/** Walking the hash chain of one pool from its first event to its head, and holding it against a head saved before. */
import type { Engine } from '../engines/engine.js';
import { type ChainFault, chainFault, genesisHash } from '../events/chain.js';
import type { Head, StoredEvent } from '../events/envelope.js';
import type { PoolId } from '../events/scalars.js';
import { storedPages } from './reading.js';

/** A head as it is printed, saved and served: what `verify --against` reads. */
export interface SavedHead {
  readonly pool: string;
  readonly seq: number;
  readonly id: string | null;
  readonly hash: string;
}

export interface Break {
  /** The first event that is wrong. */
  readonly seq: number;
  readonly what: string;
}

/** What the next event is chained to. */
export type Link = Pick<Head, 'seq' | 'hash' | 'recorded_at'>;

/** Yields the seq reached, page by page; returns the first break, or null where the chain holds up to the head. */
export async function* walkChain(engine: Engine, pool: PoolId, head: Head): AsyncGenerator<number, Break | null> {
  let previous: Link = { seq: 0, hash: genesisHash, recorded_at: 0 };
  for await (const page of storedPages(engine, pool, 0, head.seq)) {
    for (const event of page) {
      const fault = chainFault(previous, event);
      if (fault !== null) return { seq: previous.seq + 1, what: faultText(fault, event) };
      previous = event;
    }
    yield previous.seq;
  }
  if (previous.seq < head.seq) {
    return {
      seq: previous.seq + 1,
      what: `the events ${previous.seq + 1} to ${head.seq} are missing: the end of the log was cut off`,
    };
  }
  if (previous.hash !== head.hash)
    return { seq: head.seq, what: 'its hash is not the one that the pool has as its head' };
  return beyondHead(engine, pool, head);
}

/** Events and head are written together: an event after the newest head was put there by somebody else. */
async function beyondHead(engine: Engine, pool: PoolId, walked: Head): Promise<Break | null> {
  const [beyond] = await engine.readEvents(pool, { after: walked.seq, limit: 1, backwards: true });
  const head = (await engine.pools()).find((record) => record.pool === pool)?.head ?? walked;
  if (beyond === undefined || beyond.seq <= head.seq) return null;
  return { seq: head.seq + 1, what: `it lies beyond the pool's head, which is ${head.seq}` };
}

/** What is wrong with the event that should follow, or with `event` where another one is there. */
export function faultText(fault: ChainFault, event: StoredEvent): string {
  switch (fault) {
    case 'seq_gap':
      return `it is missing; the next event there is ${event.seq}`;
    case 'digest_mismatch':
      return 'its payload is not the one that was recorded';
    case 'hash_mismatch':
      return 'its hash does not fit it and the event before it: it was changed, moved or replaced';
    case 'hash_version_unknown':
      return `its hash version ${event.hash_version} is not known to this release`;
    case 'time_reversed':
      return 'it was recorded before the event that precedes it';
    case 'name_mismatch':
      return `it is filed under ${event.claude_name ?? 'no name'}, which is not the one its payload names`;
  }
}

/** What a head saved before says of the log as it is; null when the log contains it. */
export async function againstSaved(engine: Engine, saved: SavedHead): Promise<Break | null> {
  const record = (await engine.pools()).find(({ pool }) => pool === saved.pool);
  if (record === undefined) return { seq: 1, what: `the pool ${saved.pool} is gone` };
  const { head, pool } = record;
  if (saved.seq > head.seq) {
    const lost = saved.seq - head.seq;
    return {
      seq: head.seq + 1,
      what: `the log ends at ${head.seq}, but reached ${saved.seq} when its head was saved: ${lost} are cut off`,
    };
  }
  if (saved.seq === 0) return null;
  const [event] = await engine.readEvents(pool, { after: saved.seq - 1, upTo: saved.seq, limit: 1 });
  if (event?.id === saved.id && event.hash === saved.hash) return null;
  return { seq: saved.seq, what: 'it is not the event that was the head when it was saved: the log was rewritten' };
}
