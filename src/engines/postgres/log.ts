/**
 * The log's own tables: pools and their heads, events, kept outcomes. Long because each statement stands beside the function
 * that sends it.
 */
import type { Head, StoredEvent, UnsealedEvent } from '../../events/envelope.js';
import { type EventPage, emptyPage, joinPages, pageOf } from '../../events/page.js';
import type { EpochMs, EventId, PoolId, Seq } from '../../events/scalars.js';
import { limits } from '../../limits.js';
import { columnsOf, Rows } from '../../projections/rows.js';
import { endsSegment, fitting } from '../archiving.js';
import type { Batch, EventQuery, PoolRecord, Segment } from '../engine.js';
import type { ColumnEncoder } from './arrays.js';
import { insertStatements } from './bulk.js';
import type { Client } from './connections.js';
import { writtenSql } from './schema.js';
import {
  addSegment,
  archiveEnd,
  lastArchivedWithin,
  readArchived,
  readArchivedHashes,
  scanArchived,
} from './segments.js';
import { serverTimeSql } from './server-clock.js';
import { prepared, preparedUserInput, type Statement } from './statements.js';

const eventColumns = [
  ['pool', 'text'],
  ['seq', 'bigint'],
  ['id', 'text'],
  ['type', 'text'],
  ['version', 'bigint'],
  ['occurred_at', 'bigint'],
  ['recorded_at', 'bigint'],
  ['actor', 'text'],
  ['source', 'text'],
  ['key', 'text'],
  ['correlates', 'text'],
  ['payload', 'text'],
  ['digest', 'bytea'],
  ['hash', 'bytea'],
  ['hash_version', 'bigint'],
  ['claude_name', 'text'],
] as const satisfies readonly (readonly [keyof StoredEvent, string])[];

const eventNames = eventColumns.map(([column]) => column);

/** Hashes are text in memory and bytes in the tables. */
const read = eventColumns
  .map(([column, type]) => (type === 'bytea' ? `encode(${column}, 'hex') AS ${column}` : column))
  .join(', ');

const poolSql = `SELECT pool, number, created_at, head_seq, head_id, encode(head_hash, 'hex') AS hash, head_recorded_at, ${serverTimeSql}`;

const scanColumns = ['seq', 'id', 'type', 'version', 'occurred_at', 'recorded_at', 'source'];

export async function pools(client: Client): Promise<PoolRecord[]> {
  const sql = prepared(`${poolSql} FROM pools ORDER BY number`, []);
  const rows = await client.serverClock.ask(async () => (await client.query<PoolRow>(sql)).rows);
  return rows.map(poolRecord);
}

/** Before there is any pool, nothing else asks for the server's time. */
export async function tellTime(client: Client): Promise<void> {
  const sql = prepared(`SELECT ${serverTimeSql}`, []);
  await client.serverClock.ask(async () => (await client.query<{ server_time: number }>(sql)).rows);
}

export async function poolOf(client: Client, pool: PoolId): Promise<PoolRecord> {
  const { rows } = await client.query<PoolRow>(prepared(`${poolSql} FROM pools WHERE pool = ?`, [pool]));
  return poolRecord(known(rows[0], pool));
}

/** The head stays as it is until the transaction ends. `written`: the release that wrote the database, see schema.ts. */
export async function lockHead(
  client: Client,
  pool: PoolId,
): Promise<{ readonly record: PoolRecord; readonly written: string }> {
  const sql = `${poolSql}, ${writtenSql} AS written FROM pools WHERE pool = ? FOR UPDATE`;
  type Row = PoolRow & { readonly written: string };
  const rows = await client.serverClock.ask(async () => (await client.query<Row>(prepared(sql, [pool]))).rows);
  const row = known(rows[0], pool);
  return { record: poolRecord(row), written: row.written };
}

function known<R>(row: R | undefined, pool: PoolId): R {
  if (row === undefined) throw new Error(`there is no pool ${pool}`);
  return row;
}

/** Must run in a transaction: numbers are given one at a time. */
export async function createPool(client: Client, pool: PoolId, at: number): Promise<PoolRecord> {
  await client.query('SELECT version FROM schema_version FOR UPDATE');
  const sql = `INSERT INTO pools SELECT ?, count(*), ?::bigint, 0, NULL, decode(repeat('00', 32), 'hex'), 0 FROM pools
    ON CONFLICT (pool) DO NOTHING`;
  await client.query(prepared(sql, [pool, at]));
  return poolOf(client, pool);
}

/** They must run in the transaction that holds the head. The events must follow it without a gap. */
export function* appendStatements(encoder: ColumnEncoder, pool: PoolId, head: Head, batch: Batch): Iterable<Statement> {
  const { events, outcomes } = batch;
  const last = events.at(-1);
  if (last !== undefined) {
    const first = events[0] as StoredEvent;
    if (first.seq !== head.seq + 1) throw new Error(`event ${first.seq} cannot follow the head ${head.seq} of ${pool}`);
    if (last.seq !== head.seq + events.length) throw new Error(`a batch of ${pool} has a gap`);
    yield* insertStatements(encoder, 'events', eventColumns, columnsOf(events, eventNames));
    const { seq, id, hash, recorded_at: recordedAt } = last;
    const sql = 'UPDATE pools SET head_seq = ?, head_id = ?, head_hash = ?, head_recorded_at = ? WHERE pool = ?';
    yield prepared(sql, [seq, id, Buffer.from(hash, 'hex'), recordedAt, pool]);
  }
  if (outcomes.length > 0) {
    const rows = Rows.of(outcomes.map(({ key, digest, seq, answer }) => [pool, key, digest, seq, answer]));
    const replaced = outcomes.filter(({ replaces }) => replaces === true).map(({ key }) => key);
    const sql = 'DELETE FROM idempotency WHERE pool = ? AND key = ANY(?::text[]) AND seq IS NULL';
    if (replaced.length > 0) yield prepared(sql, [pool, replaced]);
    yield* insertStatements(encoder, 'idempotency', outcomeColumns, rows);
  }
}

const outcomeColumns = [
  ['pool', 'text'],
  ['key', 'text'],
  ['digest', 'bytea'],
  ['seq', 'bigint'],
  ['answer', 'text'],
] as const;

/** Whether a batch is in the log: by the hash of its last event, or by its first kept outcome. */
export async function isWritten(client: Client, pool: PoolId, { events, outcomes }: Batch): Promise<boolean> {
  const last = events.at(-1);
  if (last !== undefined) return (await hashAt(client, pool, last.seq)) === last.hash;
  const sql = 'SELECT 1 FROM idempotency WHERE pool = ? AND key = ?';
  return (await client.query(prepared(sql, [pool, outcomes[0]?.key]))).rowCount === 1;
}

export async function hashAt(client: Client, pool: PoolId, seq: number): Promise<string | null> {
  return (await eventAt(client, pool, seq))?.hash ?? null;
}

/** Must run as of one instant, or under the head lock: an event may go from the rows to a segment. */
export async function readEvents(client: Client, pool: PoolId, query: EventQuery): Promise<StoredEvent[]> {
  const { seq: archived } = await archiveEnd(client, pool);
  if ((query.after ?? 0) >= archived) return readRows(client, pool, query);
  const parts = [
    (rest: EventQuery) => readArchived(client, pool, { ...rest, upTo: Math.min(rest.upTo ?? archived, archived) }),
    (rest: EventQuery) => readRows(client, pool, { ...rest, after: archived }),
  ];
  if (query.backwards === true) parts.reverse();
  const events: StoredEvent[] = [];
  for (const read of parts) {
    const limit = query.limit - events.length;
    if (limit > 0) for (const event of await read({ ...query, limit })) events.push(event);
  }
  return events;
}

/** By its key where it has a row, as most that are asked for do; otherwise its segment is opened. As `readEvents` must. */
export async function eventAt(client: Client, pool: PoolId, seq: number): Promise<StoredEvent | null> {
  if (seq < 1 || !Number.isSafeInteger(seq)) return null;
  const byKey = prepared(`SELECT ${read} FROM events WHERE pool = ? AND seq = ?`, [pool, seq]);
  const [row] = (await client.query<StoredEvent>(byKey)).rows;
  if (row !== undefined) return row;
  return (await readArchived(client, pool, { after: seq - 1, upTo: seq, limit: 1 }))[0] ?? null;
}

/** As `Engine.readHashes`. As `readEvents` must. */
export async function readHashes(client: Client, pool: PoolId, after: number, limit: number): Promise<Uint8Array> {
  if (after < (await archiveEnd(client, pool)).seq) return readArchivedHashes(client, pool, after, limit);
  const sql = 'SELECT hash FROM events WHERE pool = ? AND seq > ? AND seq <= ? ORDER BY seq';
  const { rows } = await client.query<{ hash: Uint8Array }>(prepared(sql, [pool, after, after + limit]));
  return Buffer.concat(rows.map(({ hash }) => hash));
}

async function readRows(client: Client, pool: PoolId, query: EventQuery): Promise<StoredEvent[]> {
  const conditions = ['pool = ?', 'seq > ?'];
  const values: unknown[] = [pool, query.after ?? 0];
  /** One value is asked for by itself, as its index then has the rows in order. */
  const oneOf = (column: string, wanted: readonly string[]) => {
    conditions.push(wanted.length === 1 ? `${column} = ?` : `${column} = ANY(?::text[])`);
    values.push(wanted.length === 1 ? wanted[0] : wanted);
  };
  if (query.upTo !== undefined) {
    conditions.push('seq <= ?');
    values.push(query.upTo);
  }
  if (query.types !== undefined) {
    oneOf('type', query.types);
    if (!query.types.includes('usage.recorded')) conditions.push(`type <> 'usage.recorded'`);
  }
  if (query.names !== undefined) {
    conditions.push('claude_name IS NOT NULL');
    oneOf('claude_name', query.names);
  }
  if (query.source !== undefined) oneOf('source', [query.source]);
  if (query.correlates !== undefined) oneOf('correlates', [query.correlates]);
  const order = query.backwards === true ? 'DESC' : 'ASC';
  const sql = `SELECT ${read} FROM events WHERE ${conditions.join(' AND ')} ORDER BY seq ${order} LIMIT ?`;
  return (await client.query<StoredEvent>(preparedUserInput(sql, [...values, query.limit]))).rows;
}

/** As `readEvents` must. */
export async function scan(
  client: Client,
  pool: PoolId,
  after: number,
  upTo: number,
  limit: number,
): Promise<EventPage> {
  const { seq: archived } = await archiveEnd(client, pool);
  if (after >= archived) return scanRows(client, pool, after, upTo, limit);
  const page = await scanArchived(client, pool, { after, upTo: Math.min(upTo, archived), limit });
  const rest = limit - page.events.length;
  return rest > 0 && upTo > archived ? joinPages(page, await scanRows(client, pool, archived, upTo, rest)) : page;
}

/**
 * Columns of a page as one text each, which takes the driver half the time of rows. Canonical JSON holds no line break,
 * nor does a word that the ledger lets in; an engine may be given any.
 */
const scanSql = `SELECT ${scanColumns.map((column) => `string_agg(CAST(${column} AS text), chr(10)) AS ${column}`).join(', ')},
    string_agg(payload, ',') AS payloads
  FROM (SELECT ${scanColumns.join(', ')}, payload FROM events WHERE pool = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?) AS page`;

async function scanRows(client: Client, pool: PoolId, after: number, upTo: number, limit: number): Promise<EventPage> {
  const query = { ...prepared(scanSql, [pool, after, upTo, limit]), rowMode: 'array' as const };
  const [row] = (await client.query<(string | null)[]>(query)).rows;
  const payloads = row?.pop();
  if (row === undefined || row[0] === null) return emptyPage;
  const columns = row.map((text) => (text as string).split('\n')) as Columns;
  const [seqs, ids, types, versions, occurred, recorded, sources] = columns;
  const isWhole = columns.every(({ length }) => length === seqs.length);
  // All columns come in one order; which one, an engine that gathers rows from several places does not say.
  if (!isWhole || !isAscending(seqs)) {
    const events = await readRows(client, pool, { after, upTo, limit });
    return pageOf(events, events.map(({ payload }) => payload).join());
  }
  const events = seqs.map(
    (seq, i): UnsealedEvent => ({
      pool,
      seq: Number(seq) as Seq,
      id: ids[i] as EventId,
      type: types[i] as string,
      version: Number(versions[i]),
      occurred_at: Number(occurred[i]) as EpochMs,
      recorded_at: Number(recorded[i]) as EpochMs,
      source: sources[i] as string,
    }),
  );
  return pageOf(events, payloads as string);
}

type Columns = [string[], string[], string[], string[], string[], string[], string[]];

const isAscending = (seqs: readonly string[]): boolean =>
  seqs.every((seq, i) => i === 0 || Number(seq) > Number(seqs[i - 1]));

/** Ids sort as seqs do within a pool, so an id is found by halving the log: no index of ids is kept. */
export async function findEvent(client: Client, id: string): Promise<StoredEvent | null> {
  for (const record of await pools(client)) {
    const event = await findEventIn(client, record, id);
    if (event !== null) return event;
  }
  return null;
}

export async function findEventIn(client: Client, { pool, head }: PoolRecord, id: string): Promise<StoredEvent | null> {
  const seq = await seqWithin(client, pool, head.seq, 'id', id);
  const event = await eventAt(client, pool, seq);
  return event?.id === id ? event : null;
}

/** As `rowWithin`, for many ids at once, in the server: each step looks at one row of each by its key. */
const halvingSql = `WITH RECURSIVE halving (id, low, high) AS (
    SELECT id, ?::bigint, ?::bigint FROM unnest(?::text[]) AS wanted (id)
    UNION ALL
    SELECT h.id, CASE WHEN e.id < h.id THEN e.seq + 1 ELSE h.low END, CASE WHEN e.id < h.id THEN h.high ELSE e.seq END
    FROM halving h JOIN events e ON e.pool = ? AND e.seq = (h.low + h.high) / 2
    WHERE h.low < h.high
  ) SELECT e.id, e.seq FROM halving h JOIN events e ON e.pool = ? AND e.seq = h.low
  WHERE h.low = h.high AND e.id = h.id AND e.type = 'usage.recorded'`;

/** Seqs of the uses among these ids of events. */
export async function findSeqs(
  client: Client,
  record: PoolRecord,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const { pool, head } = record;
  const { seq: archived } = await archiveEnd(client, pool);
  const values = [archived + 1, head.seq, ids, pool, pool];
  const { rows } = await client.query<{ readonly id: string; readonly seq: number }>(prepared(halvingSql, values));
  const found = new Map(rows.map(({ id, seq }) => [id, seq]));
  if (archived === 0) return found;
  for (const id of ids) {
    const event = found.has(id) ? null : await findEventIn(client, record, id);
    if (event?.type === 'usage.recorded') found.set(id, event.seq);
  }
  return found;
}

/** Found by halving, too, where `recorded_at` only grows: see seq-at.ts. */
export async function seqAt(client: Client, pool: PoolId, recordedAt: number): Promise<number> {
  const { head } = await poolOf(client, pool);
  return seqWithin(client, pool, head.seq, 'recorded_at', recordedAt);
}

/** As `Engine.seal`. Must run in a transaction, to be given up when this throws. */
export async function archiveSegment(client: Client, pool: PoolId, upTo: number): Promise<Segment | null> {
  const { head } = (await lockHead(client, pool)).record;
  const { seq: archived } = await archiveEnd(client, pool);
  const last = Math.min(upTo, head.seq - 1);
  if (last <= archived) return null;
  const segment = await addSegment(client, pool, await nextRows(client, pool, archived, last));
  const sql = 'DELETE FROM events WHERE pool = ? AND seq >= ? AND seq <= ?';
  const { rowCount } = await client.query(prepared(sql, [pool, segment.first.seq, segment.last.seq]));
  if (rowCount !== segment.events)
    throw new Error(`${rowCount} rows were dropped for ${segment.events} archived events`);
  return segment;
}

/** As many rows as fit into one segment, read page by page, as many of them may be large. */
async function nextRows(client: Client, pool: PoolId, after: number, upTo: number): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (;;) {
    const seq = events.at(-1)?.seq ?? after;
    const page = await readRows(client, pool, { after: seq, upTo, limit: limits.scanRowsPage });
    for (const event of page) events.push(event);
    const fit = fitting(events);
    if (fit.length < events.length || endsSegment(fit.at(-1)) || page.length === 0) return fit;
  }
}

/** Seq of the last event whose column is not above a bound; it grows from event to event. */
async function seqWithin(
  client: Client,
  pool: PoolId,
  headSeq: number,
  column: 'id' | 'recorded_at',
  bound: string | number,
): Promise<number> {
  const { seq: archived } = await archiveEnd(client, pool);
  const seq = await rowWithin(client, pool, archived, headSeq, column, bound);
  return seq > archived || archived === 0 ? seq : lastArchivedWithin(client, pool, column, bound);
}

/** `after` where all rows are above the bound. */
async function rowWithin(
  client: Client,
  pool: PoolId,
  after: number,
  headSeq: number,
  column: 'id' | 'recorded_at',
  bound: string | number,
): Promise<number> {
  const sql = `SELECT ${column} AS value FROM events WHERE pool = ? AND seq = ?`;
  let low = after;
  let high = headSeq;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const { rows } = await client.query<{ value: string | number }>(prepared(sql, [pool, middle]));
    if (rows[0] !== undefined && rows[0].value <= bound) low = middle;
    else high = middle - 1;
  }
  return low;
}

interface PoolRow {
  readonly pool: PoolId;
  readonly number: number;
  readonly created_at: number;
  readonly head_seq: number;
  readonly head_id: Head['id'];
  readonly hash: string;
  readonly head_recorded_at: number;
  readonly server_time: number;
}

function poolRecord(row: PoolRow): PoolRecord {
  const head: Head = { seq: row.head_seq, id: row.head_id, hash: row.hash, recorded_at: row.head_recorded_at };
  return { pool: row.pool, number: row.number, createdAt: row.created_at, head };
}
