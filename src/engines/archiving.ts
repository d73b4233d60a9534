/**
 * Sealing events into a segment, and what is known of a segment without opening it. Events are put away only when what was
 * written, read back, proves to be what the chain says. How it is stored is the engine's business.
 */
import { isDeepStrictEqual } from 'node:util';
import { type ChainFault, chainFault, type Link } from '../events/chain.js';
import type { StoredEvent } from '../events/envelope.js';
import { merkleRoot } from '../events/merkle.js';
import type { EpochMs, EventId, PoolId, Seq } from '../events/scalars.js';
import { limits } from '../limits.js';
import { StorageError } from '../storage-error.js';
import type { EventQuery, Segment, SegmentContents } from './engine.js';
import { type DecodedSegment, decodeSegment, encodeSegment, eventAt } from './segment.js';

/** What is known of a segment before it is written. */
export type SegmentFacts = Omit<Segment, 'bytes'>;

/**
 * As many of a log's next events as fit into one segment: at least one, where there is one. None goes across a multiple of
 * `segmentEventsMax`, a power of two, so that the root of one that is full is a node of the tree that checkpoints sign.
 */
export function fitting(events: Iterable<StoredEvent>): StoredEvent[] {
  const taken: StoredEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += Buffer.byteLength(event.payload);
    if (taken.length > 0 && bytes > limits.segmentBytesMax) break;
    taken.push(event);
    if (endsSegment(event)) break;
  }
  return taken;
}

/** Whether no segment goes on behind this event. */
export const endsSegment = (event: StoredEvent | undefined): boolean =>
  event !== undefined && event.seq % limits.segmentEventsMax === 0;

/** Throws a `StorageError` where the events do not follow `previous` in the chain. */
export function sealEvents(previous: Link, events: readonly StoredEvent[]): { facts: SegmentFacts; bytes: Buffer } {
  let before = previous;
  for (const event of events) {
    const fault = chainFault(before, event);
    if (fault !== null) throw unsound(event.pool, before.seq + 1, fault);
    before = event;
  }
  return { facts: factsOf(previous.hash, events), bytes: encodeSegment(events) };
}

/** Throws a `StorageError` where a segment, as it was read back, is not the one that was written. */
export function verifySealed(previous: Link, wrote: SegmentFacts, read: Segment, bytes: Uint8Array): void {
  const fault = segmentFault(previous, read, readBack(read, bytes));
  if (fault !== null) throw unsound(read.pool, fault.seq, fault.fault);
  if (read.last.hash !== wrote.last.hash) throw unsound(read.pool, wrote.last.seq, 'hash_mismatch');
}

function unsound(pool: PoolId, seq: number, fault: SegmentFault['fault']): StorageError {
  return new StorageError(
    'corrupt',
    `event ${seq} of ${pool} cannot be archived (${fault}), and nothing was dropped; \`resource-share verify\` says more`,
  );
}

/** What is wrong with a segment's events, and from which on. */
export type SegmentFault =
  | { readonly seq: number; readonly fault: ChainFault; readonly event: StoredEvent }
  | { readonly seq: number; readonly fault: 'facts_mismatch' };

/** Whether the events of a segment follow `previous` in the chain, and are what the segment says of them; null when so. */
export function segmentFault(previous: Link, segment: Segment, events: readonly StoredEvent[]): SegmentFault | null {
  let before = previous;
  for (const event of events) {
    const fault = chainFault(before, event);
    if (fault !== null) return { seq: before.seq + 1, fault, event };
    before = event;
  }
  const { bytes: _, ...said } = segment;
  const holds = events.length > 0 && isDeepStrictEqual(said, factsOf(previous.hash, events));
  return holds ? null : { seq: previous.seq + 1, fault: 'facts_mismatch' };
}

function readBack(segment: Segment, bytes: Uint8Array): StoredEvent[] {
  try {
    const decoded = decodeAs(segment, bytes);
    return decoded.payloads.map((_, i) => eventAt(decoded, i));
  } catch (error) {
    const what = `${rangeOf(segment)} could not be read back (${(error as Error).message})`;
    throw new StorageError('corrupt', `${what}, so nothing was dropped; try again`);
  }
}

/** As much of a segment as names it. */
type Named = Pick<Segment, 'pool' | 'first' | 'last'>;

/** Throws a `StorageError` that names the events, where the bytes are damaged. */
export function openSegment(segment: Named, bytes: Uint8Array): DecodedSegment {
  try {
    return decodeAs(segment, bytes);
  } catch (error) {
    throw new StorageError('corrupt', `${rangeOf(segment)} is damaged: ${(error as Error).message}; restore a backup`);
  }
}

function decodeAs({ pool, first, last }: Named, bytes: Uint8Array): DecodedSegment {
  const segment = decodeSegment(bytes);
  const lastSeq = segment.firstSeq + segment.payloads.length - 1;
  if (segment.pool !== pool || segment.firstSeq !== first.seq || lastSeq !== last.seq) {
    throw new Error(`it holds the events ${segment.firstSeq} to ${lastSeq} of ${segment.pool}`);
  }
  return segment;
}

const rangeOf = ({ pool, first, last }: Named): string =>
  `the segment of the events ${first.seq} to ${last.seq} of ${pool}`;

/** More distinct values of a column than this are not kept beside a segment: it has to be opened. */
const contentsMax = 256;

function factsOf(previousHash: string, events: readonly StoredEvent[]): SegmentFacts {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) throw new Error('a segment needs an event');
  const distinct = (column: 'type' | 'claude_name' | 'source' | 'correlates'): string[] | null => {
    const values = new Set<string>();
    for (const { [column]: value } of events) if (value !== null) values.add(value);
    return values.size > contentsMax ? null : [...values].sort();
  };
  return {
    pool: first.pool,
    events: events.length,
    first: { seq: first.seq, id: first.id, recorded_at: first.recorded_at },
    last: { seq: last.seq, id: last.id, hash: last.hash, recorded_at: last.recorded_at },
    previousHash,
    merkleRoot: merkleRoot(events.map(({ hash }) => hash)),
    contents: {
      types: distinct('type'),
      names: distinct('claude_name'),
      sources: distinct('source'),
      correlates: distinct('correlates'),
    },
  };
}

/** Whether a segment can hold anything that a query asks for. */
export function mayHold(contents: SegmentContents, { types, names, source, correlates }: EventQuery): boolean {
  const holds = (kept: readonly string[] | null, wanted: readonly (string | undefined)[] | undefined) =>
    kept === null || wanted === undefined || wanted.some((value) => value === undefined || kept.includes(value));
  return (
    holds(contents.types, types) &&
    holds(contents.names, names) &&
    holds(contents.sources, [source]) &&
    holds(contents.correlates, [correlates])
  );
}

/** A row of `segments`, its hashes as hexadecimal text, its bytes as their number. */
export interface SegmentRow {
  readonly pool: PoolId;
  readonly last_seq: Seq;
  readonly first_seq: Seq;
  readonly events: number;
  readonly first_id: EventId;
  readonly first_recorded_at: EpochMs;
  readonly last_id: EventId;
  readonly last_recorded_at: EpochMs;
  readonly previous_hash: string;
  readonly last_hash: string;
  readonly merkle_root: string;
  readonly contents: string;
  readonly size: number;
}

export function segmentOf(row: SegmentRow): Segment {
  return {
    pool: row.pool,
    events: row.events,
    first: { seq: row.first_seq, id: row.first_id, recorded_at: row.first_recorded_at },
    last: { seq: row.last_seq, id: row.last_id, hash: row.last_hash, recorded_at: row.last_recorded_at },
    previousHash: row.previous_hash,
    merkleRoot: row.merkle_root,
    contents: JSON.parse(row.contents),
    bytes: row.size,
  };
}
