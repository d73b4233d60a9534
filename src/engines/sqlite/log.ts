/** The log's own tables: pools and their heads, events, kept outcomes. */
import type Database from 'better-sqlite3';
import type { Head, StoredEvent } from '../../events/envelope.js';
import { type EventPage, joinPages, pageOf } from '../../events/page.js';
import type { PoolId } from '../../events/scalars.js';
import { rowId } from '../../projections/change.js';
import { StorageError } from '../../storage-error.js';
import { fitting } from '../archiving.js';
import type { EventQuery, EventTexts, PoolRecord, Segment } from '../engine.js';
import { textsOf, withOneMore } from '../texts.js';
import { chosenRows, rowTexts, seqMax } from './chosen-rows.js';
import { eachRow } from './columns.js';
import {
  type EventRow,
  eventColumns,
  eventOf,
  eventsOf,
  readColumns,
  type WrittenBatch,
  writtenColumns,
} from './event-rows.js';
import { pageOfTexts, type ScannedTexts, scanSql } from './scanned-page.js';
import { SegmentTable } from './segments.js';
import { Statements } from './statements.js';

export class LogTables {
  readonly #statements: Statements;
  readonly #segments: SegmentTable;
  /** Runs a reading of segments and rows at one moment: an event may go from the ones to the others. */
  readonly #atOnce: <T>(read: () => T) => T;

  constructor(db: Database.Database) {
    this.#statements = new Statements(db);
    this.#segments = new SegmentTable(db);
    const transaction = db.transaction((read: () => unknown) => read());
    this.#atOnce = <T>(read: () => T) => transaction(read) as T;
  }

  pools(): PoolRecord[] {
    const rows = this.#statements
      .get('SELECT *, lower(hex(head_hash)) AS hash FROM pools ORDER BY number')
      .all() as PoolRow[];
    return rows.map(poolRecord);
  }

  pool(pool: PoolId): PoolRecord {
    const row = this.#statements.get('SELECT *, lower(hex(head_hash)) AS hash FROM pools WHERE pool = ?').get(pool) as
      | PoolRow
      | undefined;
    if (row === undefined) throw new Error(`there is no pool ${pool}`);
    return poolRecord(row);
  }

  createPool(pool: PoolId, at: number): PoolRecord {
    this.#statements
      .get(
        `INSERT INTO pools VALUES (?, (SELECT count(*) FROM pools), ?, 0, NULL, zeroblob(32), 0) ON CONFLICT (pool) DO NOTHING`,
      )
      .run(pool, at);
    return this.pool(pool);
  }

  /** Must run in a transaction. Throws a `StorageError` (`conflict`) when the batch was not decided on the head. */
  append(pool: PoolId, batch: WrittenBatch): void {
    const { number, head } = this.pool(pool);
    const { seq, id, hash, recorded_at: recordedAt } = batch.head;
    if (head.hash !== batch.after.hash) {
      throw new StorageError('conflict', `${pool} is at event ${head.seq}, not at ${batch.after.seq}`);
    }
    if (seq !== head.seq + batch.rows.count) throw new Error(`a batch of ${pool} has a gap`);
    if (batch.rows.count > 0) {
      const insert = this.#statements.get(
        `INSERT INTO events (place, ${eventColumns.join(', ')}) VALUES (?, ${writtenColumns})`,
      );
      let place = rowId(number, head.seq);
      eachRow(batch.rows, (row) => {
        place += 1;
        insert.run(place, ...row);
      });
      this.#statements
        .get('UPDATE pools SET head_seq = ?, head_id = ?, head_hash = unhex(?), head_recorded_at = ? WHERE pool = ?')
        .run(seq, id, hash, recordedAt, pool);
    }
    const drop = this.#statements.get('DELETE FROM idempotency WHERE pool = ? AND key = ? AND seq IS NULL');
    for (const { key, replaces } of batch.outcomes) if (replaces === true) drop.run(pool, key);
    const keep = this.#statements.get('INSERT INTO idempotency VALUES (?, ?, unhex(?), ?, ?)');
    for (const { key, digest, seq, answer } of batch.outcomes) keep.run(pool, key, digest, seq, answer);
  }

  readEvents(pool: PoolId, query: EventQuery): StoredEvent[] {
    return this.#atOnce(() => this.#read(pool, this.#segments.end(pool).seq, query));
  }

  #read(pool: PoolId, archived: number, query: EventQuery): StoredEvent[] {
    if ((query.after ?? 0) >= archived) return this.#readRows(pool, query);
    const parts = [
      (rest: EventQuery) => this.#segments.read(pool, { ...rest, upTo: Math.min(rest.upTo ?? archived, archived) }),
      (rest: EventQuery) => this.#readRows(pool, { ...rest, after: archived }),
    ];
    if (query.backwards === true) parts.reverse();
    const events: StoredEvent[] = [];
    for (const read of parts) {
      const limit = query.limit - events.length;
      if (limit > 0) for (const event of read({ ...query, limit })) events.push(event);
    }
    return events;
  }

  #readRows(pool: PoolId, query: EventQuery): StoredEvent[] {
    const { sql, parameters } = chosenRows(this.pool(pool), query);
    const rows = this.#statements
      .get(`SELECT ${readColumns} ${sql}`)
      .raw()
      .all(...parameters) as EventRow[];
    return rows.map(eventOf);
  }

  /** As `Engine.readTexts`. Where rows alone make the page, no event is opened; archived ones are read and written out. */
  readTexts(pool: PoolId, query: EventQuery, separator: string): EventTexts {
    return this.#atOnce(() => {
      const { after = 0, backwards } = query;
      const { seq: archived } = this.#segments.end(pool);
      if (after >= archived || backwards === true) {
        const rows = { ...query, after: Math.max(after, archived) };
        const texts = rowTexts(this.#statements, this.pool(pool), rows, separator);
        if (texts.more || after >= archived) return texts;
      }
      return textsOf(this.#read(pool, archived, withOneMore(query)), query.limit, separator);
    });
  }

  /** Events after a seq, up to another one, oldest first. */
  scan(pool: PoolId, after: number, upTo: number, limit: number): EventPage {
    return this.#atOnce(() => {
      const { seq: archived } = this.#segments.end(pool);
      if (after >= archived) return this.#scanRows(pool, after, upTo, limit);
      const page = this.#segments.scan(pool, after, Math.min(upTo, archived), limit);
      const rest = limit - page.events.length;
      return rest > 0 && upTo > archived ? joinPages(page, this.#scanRows(pool, archived, upTo, rest)) : page;
    });
  }

  #scanRows(pool: PoolId, after: number, upTo: number, limit: number): EventPage {
    const { number } = this.pool(pool);
    const range = [rowId(number, after), rowId(number, Math.min(upTo, seqMax)), limit];
    const scan = this.#statements.get(scanSql).raw();
    const page = pageOfTexts(pool, scan.get(...range) as ScannedTexts);
    if (page !== null) return page;
    const events = this.#readRows(pool, { after, upTo, limit });
    return pageOf(events, events.map(({ payload }) => payload).join());
  }

  /** By its key where it has a row, as most that are asked for do; otherwise its segment is opened. */
  eventAt(pool: PoolId, seq: number): StoredEvent | null {
    if (seq < 1 || seq > seqMax) return null;
    return this.#atOnce(() => {
      const byKey = this.#statements.get(`SELECT ${readColumns} FROM events WHERE place = ?`).raw();
      const row = byKey.get(rowId(this.pool(pool).number, seq)) as EventRow | undefined;
      if (row !== undefined) return eventOf(row);
      return this.#segments.read(pool, { after: seq - 1, upTo: seq, limit: 1 })[0] ?? null;
    });
  }

  /** As `Engine.readHashes`. */
  readHashes(pool: PoolId, after: number, limit: number): Uint8Array {
    return this.#atOnce(() => {
      if (after < this.#segments.end(pool).seq) return this.#segments.readHashes(pool, after, limit);
      const { number } = this.pool(pool);
      // One text is read in half the time of as many rows.
      const sql = `SELECT group_concat(hex(hash), '') FROM
        (SELECT hash FROM events WHERE place > ? AND place <= ? ORDER BY place)`;
      const text = this.#statements
        .get(sql)
        .pluck()
        .get(rowId(number, after), rowId(number, after + limit));
      return Buffer.from((text as string | null) ?? '', 'hex');
    });
  }

  /** Ids sort as places do within a pool, so an id is found by halving the log: no index of ids is kept. */
  findEvent(id: string): StoredEvent | null {
    for (const { pool, number, head } of this.pools()) {
      const seq = this.#lastWithin({ pool, number, head }, 'id', id);
      const event = this.eventAt(pool, seq);
      if (event?.id === id) return event;
    }
    return null;
  }

  /** Found by halving, too, where `recorded_at` only grows: see seq-at.ts. */
  seqAt(pool: PoolId, recordedAt: number): number {
    return this.#lastWithin(this.pool(pool), 'recorded_at', recordedAt);
  }

  segments(pool: PoolId): Segment[] {
    return this.#segments.list(pool);
  }

  /** As `Engine.seal`. Must run in a transaction, to be given up when this throws. */
  archiveSegment(pool: PoolId, upTo: number): Segment | null {
    const { number, head } = this.pool(pool);
    const { seq: archived } = this.#segments.end(pool);
    const last = Math.min(upTo, head.seq - 1);
    if (last <= archived) return null;
    const sql = `SELECT ${readColumns} FROM events WHERE place > ? AND place <= ? ORDER BY place`;
    const rows = this.#statements.get(sql).raw().iterate(rowId(number, archived), rowId(number, last));
    const segment = this.#segments.add(pool, fitting(eventsOf(rows as IterableIterator<EventRow>)));
    const drop = this.#statements.get('DELETE FROM events WHERE place >= ? AND place <= ?');
    const { changes } = drop.run(rowId(number, segment.first.seq), rowId(number, segment.last.seq));
    if (changes !== segment.events)
      throw new Error(`${changes} rows were dropped for ${segment.events} archived events`);
    return segment;
  }

  #lastWithin(record: Omit<PoolRecord, 'createdAt'>, column: 'id' | 'recorded_at', bound: string | number): number {
    return this.#atOnce(() => {
      const { seq: archived } = this.#segments.end(record.pool);
      const seq = this.#lastRowWithin(record.number, archived, record.head.seq, column, bound);
      return seq > archived || archived === 0 ? seq : this.#segments.lastWithin(record.pool, column, bound);
    });
  }

  /** `after` where all rows are above the bound. */
  #lastRowWithin(number: number, after: number, upTo: number, column: string, bound: string | number): number {
    const read = this.#statements.get(`SELECT ${column} AS value FROM events WHERE place = ?`);
    let low = after;
    let high = upTo;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const row = read.get(rowId(number, middle)) as { value: string | number } | undefined;
      if (row !== undefined && row.value <= bound) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

interface PoolRow {
  readonly pool: PoolId;
  readonly number: number;
  readonly created_at: number;
  readonly head_seq: number;
  readonly head_id: Head['id'];
  readonly hash: string;
  readonly head_recorded_at: number;
}

function poolRecord(row: PoolRow): PoolRecord {
  const head: Head = { seq: row.head_seq, id: row.head_id, hash: row.hash, recorded_at: row.head_recorded_at };
  return { pool: row.pool, number: row.number, createdAt: row.created_at, head };
}
