/**
 * A chain is walked in ranges: each segment is one, then each so many rows. A range begins behind the hash that is stored with
 * the last event of the range before it, so that several can be walked at once: all that walk take the next one from a
 * counter they share. Ranges are taken in order and each is walked to its end or to its first break, so among the
 * breaks that are found is the first one of the log.
 */

import { segmentFault } from '../engines/archiving.js';
import type { Engine, Segment } from '../engines/engine.js';
import { storedPages } from '../engines/stored-pages.js';
import { type ChainFault, chainFault, genesis, type Link } from '../events/chain.js';
import type { Head, StoredEvent } from '../events/envelope.js';
import type { PoolId } from '../events/scalars.js';
import { limits } from '../limits.js';
import { StorageError } from '../storage-error.js';

/** What all that walk one pool know. */
export interface Walk {
  readonly pool: PoolId;
  readonly head: Head;
  readonly segments: readonly Segment[];
  /** Of a range of rows. */
  readonly rangeEvents: number;
  /** Ranges that are taken, and ranges that are done with. */
  readonly counters: Int32Array;
}

const taken = 0;
const done = 1;

export interface Break {
  /** The first event that is wrong. */
  readonly seq: number;
  readonly what: string;
}

export function walkOf(pool: PoolId, head: Head, segments: readonly Segment[], rangeEvents: number): Walk {
  return { pool, head, segments, rangeEvents, counters: new Int32Array(new SharedArrayBuffer(8)) };
}

/** Takes ranges until none is left or one is broken. Yields about how many events are walked, here and elsewhere. */
export async function* walkRanges(engine: Engine, walk: Walk): AsyncGenerator<number, Break | null> {
  const { counters, segments, head, rangeEvents } = walk;
  const rows = Math.max(head.seq - archivedIn(walk), 0);
  const ranges = segments.length + Math.ceil(rows / rangeEvents);
  try {
    for (;;) {
      const range = Atomics.add(counters, taken, 1);
      if (range >= ranges) return null;
      const segment = segments[range];
      const broken =
        segment === undefined
          ? await brokenRows(engine, walk, archivedIn(walk) + (range - segments.length) * rangeEvents)
          : await brokenSegment(engine, segments[range - 1]?.last ?? genesis, segment);
      if (broken !== null) return broken;
      yield Math.floor((head.seq * (Atomics.add(counters, done, 1) + 1)) / ranges);
    }
  } finally {
    // After a break nobody needs to go on.
    Atomics.store(counters, taken, ranges);
  }
}

/** The event with this seq, as far as the next one is chained to it; null where there is none. */
export async function linkAt(engine: Engine, { pool, segments }: Walk, seq: number): Promise<Link | null> {
  if (seq === 0) return genesis;
  const segment = segments.find(({ last }) => last.seq === seq);
  if (segment !== undefined) return segment.last;
  const event = await engine.eventAt(pool, seq);
  return event?.seq === seq ? event : null;
}

const archivedIn = ({ segments }: Walk): number => segments.at(-1)?.last.seq ?? 0;

/** The first break in the range of rows after an event. */
async function brokenRows(engine: Engine, walk: Walk, after: number): Promise<Break | null> {
  const { pool, head } = walk;
  const upTo = Math.min(after + walk.rangeEvents, head.seq);
  let previous = await linkAt(engine, walk, after);
  // The range before this one is to end with that event, and is broken.
  if (previous === null) return null;
  for await (const page of storedPages(engine, pool, after, upTo, limits.walkRowsPage)) {
    for (const event of page) {
      const fault = chainFault(previous, event);
      if (fault !== null) return { seq: previous.seq + 1, what: faultText(fault, event) };
      previous = event;
    }
  }
  if (previous.seq === upTo) return null;
  const seq = previous.seq + 1;
  const [next] = await engine.readEvents(pool, { after: upTo, upTo: head.seq, limit: 1 });
  if (next !== undefined) return { seq, what: faultText('seq_gap', next) };
  return { seq, what: `the events ${seq} to ${head.seq} are missing: the end of the log was cut off` };
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
