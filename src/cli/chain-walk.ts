/** Walking the hash chain of one pool from its first event to its head, and holding it against a head saved before. */
import { type Engine, type Segment, StorageError } from '../engines/engine.js';
import { segmentFault } from '../engines/sealing.js';
import { type ChainFault, chainFault, genesis, type Link } from '../events/chain.js';
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

/** Yields the seq reached, page by page; returns the first break, or null where the chain holds up to the head. */
export async function* walkChain(engine: Engine, pool: PoolId, head: Head): AsyncGenerator<number, Break | null> {
  let previous = genesis;
  for (const segment of await engine.segments(pool)) {
    const broken = await brokenSegment(engine, previous, segment);
    if (broken !== null) return broken;
    previous = segment.last;
    yield previous.seq;
  }
  for await (const page of storedPages(engine, pool, previous.seq, head.seq)) {
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

/** The first event of a segment that is wrong, or where nothing can be said of the events, the segment itself. */
async function brokenSegment(engine: Engine, previous: Link, segment: Segment): Promise<Break | null> {
  const { pool, first, last } = segment;
  const range = { after: previous.seq, upTo: last.seq, limit: Math.max(last.seq - previous.seq, 1) };
  let events: StoredEvent[];
  try {
    events = await engine.readEvents(pool, range);
  } catch (error) {
    if (!(error instanceof StorageError) || error.reason !== 'corrupt') throw error;
    return { seq: first.seq, what: error.message };
  }
  const found = segmentFault(previous, segment, events);
  if (found === null) return null;
  if (found.fault !== 'facts_mismatch') return { seq: found.seq, what: faultText(found.fault, found.event) };
  return {
    seq: found.seq,
    what: `the segment of the events ${first.seq} to ${last.seq} is filed under other facts than its events have`,
  };
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
