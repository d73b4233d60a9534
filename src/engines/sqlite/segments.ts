/** Archived events: the table of segments, writing to it, and reading from it as if its events were rows. */
import type Database from 'better-sqlite3';
import { genesis, type Link } from '../../events/chain.js';
import type { StoredEvent } from '../../events/envelope.js';
import { type EventPage, emptyPage, joinPages } from '../../events/page.js';
import type { PoolId } from '../../events/scalars.js';
import {
  mayHold,
  openSegment,
  type SegmentFacts,
  type SegmentRow,
  sealEvents,
  segmentOf,
  verifySealed,
} from '../archiving.js';
import type { EventQuery, Segment } from '../engine.js';
import {
  type DecodedSegment,
  eventAt,
  hashesWithin,
  lastWithin,
  pageAt,
  positionsOf,
  type SegmentHashes,
  segmentHashesSql,
} from '../segment.js';
import { hasTable } from './schema.js';
import { Statements } from './statements.js';

const facts = `pool, last_seq, first_seq, events, first_id, first_recorded_at, last_id, last_recorded_at,
  lower(hex(previous_hash)) AS previous_hash, lower(hex(last_hash)) AS last_hash, lower(hex(merkle_root)) AS merkle_root,
  contents, length(bytes) AS size`;

export class SegmentTable {
  readonly #db: Database.Database;
  readonly #statements: Statements;
  #exists = false;
  /** The segment that was opened last: the pages of one answer are mostly of the same one. */
  #open: { readonly pool: PoolId; readonly lastSeq: number; readonly segment: DecodedSegment } | null = null;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#statements = new Statements(db);
  }

  list(pool: PoolId): Segment[] {
    if (!this.#isThere()) return [];
    const sql = `SELECT ${facts} FROM segments WHERE pool = ? ORDER BY last_seq`;
    return (this.#statements.get(sql).all(pool) as SegmentRow[]).map(segmentOf);
  }

  /** The last archived event. */
  end(pool: PoolId): Link {
    if (!this.#isThere()) return genesis;
    const sql = `SELECT last_seq AS seq, lower(hex(last_hash)) AS hash, last_recorded_at AS recorded_at FROM segments
      WHERE pool = ? ORDER BY last_seq DESC LIMIT 1`;
    return (this.#statements.get(sql).get(pool) as Link | undefined) ?? genesis;
  }

  /** As `LogTables.scan`, of archived events. */
  scan(pool: PoolId, after: number, upTo: number, limit: number): EventPage {
    let page = emptyPage;
    for (const segment of this.#opened(pool, { after, upTo, limit }, () => page.events.length < limit)) {
      const positions = positionsOf(segment, { after, upTo, limit: limit - page.events.length });
      page = joinPages(page, pageAt(segment, positions));
    }
    return page;
  }

  /** As `LogTables.readEvents`, of archived events. */
  read(pool: PoolId, query: EventQuery): StoredEvent[] {
    const events: StoredEvent[] = [];
    for (const segment of this.#opened(pool, query, () => events.length < query.limit)) {
      const positions = positionsOf(segment, { ...query, limit: query.limit - events.length });
      for (const i of positions) events.push(eventAt(segment, i));
    }
    return events;
  }

  /** As `LogTables.readHashes`, of one segment. */
  readHashes(pool: PoolId, after: number, limit: number): Uint8Array {
    const sql = `SELECT ${segmentHashesSql} FROM segments WHERE pool = ? AND last_seq > ? ORDER BY last_seq LIMIT 1`;
    const row = this.#statements.get(sql).get(pool, after) as SegmentHashes | undefined;
    return row === undefined ? new Uint8Array() : hashesWithin(row, after, limit);
  }

  /** Seq of the last archived event whose column is not above a bound; 0 where all are. */
  lastWithin(pool: PoolId, column: 'id' | 'recorded_at', bound: string | number): number {
    const sql = `SELECT ${facts} FROM segments WHERE pool = ? AND first_${column} <= ? ORDER BY last_seq DESC LIMIT 1`;
    const row = this.#statements.get(sql).get(pool, bound) as SegmentRow | undefined;
    if (row === undefined) return 0;
    const segment = segmentOf(row);
    return segment.last[column] <= bound ? segment.last.seq : lastWithin(this.#opening(segment), column, bound);
  }

  /** Writes the next segment, and verifies what was written. Must run in a transaction, to be given up when this throws. */
  add(pool: PoolId, events: readonly StoredEvent[]): Segment {
    const previous = this.end(pool);
    const { facts: wrote, bytes } = sealEvents(previous, events);
    this.#insert(wrote, bytes);
    const read = this.list(pool).at(-1) as Segment;
    verifySealed(previous, wrote, read, this.#bytes(read));
    return read;
  }

  #insert({ pool, events, first, last, previousHash, merkleRoot, contents }: SegmentFacts, bytes: Uint8Array): void {
    this.#statements
      .get('INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, unhex(?), unhex(?), unhex(?), ?, ?)')
      .run(
        ...[pool, last.seq, first.seq, events, first.id, first.recorded_at, last.id, last.recorded_at],
        ...[previousHash, last.hash, merkleRoot, JSON.stringify(contents), bytes],
      );
  }

  /** Segments that may hold what a query asks for, in its order, for as long as more is wanted. */
  *#opened(pool: PoolId, query: EventQuery, isWanting: () => boolean): Generator<DecodedSegment> {
    let { after = 0, upTo = Number.MAX_SAFE_INTEGER } = query;
    while (after < upTo && isWanting()) {
      const segment = query.backwards === true ? this.#upTo(pool, upTo) : this.#after(pool, after);
      if (segment === null || segment.first.seq > upTo || segment.last.seq <= after) return;
      if (mayHold(segment.contents, query)) yield this.#opening(segment);
      if (query.backwards === true) upTo = segment.first.seq - 1;
      else after = segment.last.seq;
    }
  }

  #after(pool: PoolId, seq: number): Segment | null {
    const sql = `SELECT ${facts} FROM segments WHERE pool = ? AND last_seq > ? ORDER BY last_seq LIMIT 1`;
    const row = this.#statements.get(sql).get(pool, seq) as SegmentRow | undefined;
    return row === undefined ? null : segmentOf(row);
  }

  #upTo(pool: PoolId, seq: number): Segment | null {
    const sql = `SELECT ${facts} FROM segments WHERE pool = ? AND first_seq <= ? ORDER BY last_seq DESC LIMIT 1`;
    const row = this.#statements.get(sql).get(pool, seq) as SegmentRow | undefined;
    return row === undefined ? null : segmentOf(row);
  }

  #opening(segment: Segment): DecodedSegment {
    const { pool, last } = segment;
    if (this.#open?.pool !== pool || this.#open.lastSeq !== last.seq) {
      this.#open = null;
      this.#open = { pool, lastSeq: last.seq, segment: openSegment(segment, this.#bytes(segment)) };
    }
    return this.#open.segment;
  }

  #bytes({ pool, last }: Segment): Uint8Array {
    const sql = 'SELECT bytes FROM segments WHERE pool = ? AND last_seq = ?';
    return (this.#statements.get(sql).get(pool, last.seq) as { bytes: Uint8Array }).bytes;
  }

  /** A reader of this release may come before the first writer, which adds the table. */
  #isThere(): boolean {
    this.#exists ||= hasTable(this.#db, 'segments');
    return this.#exists;
  }
}
