/** Archived events: the table of segments, writing to it, and reading from it as if its events were rows. */
import { genesis, type Link } from '../../events/chain.js';
import type { StoredEvent } from '../../events/envelope.js';
import { type EventPage, emptyPage, joinPages } from '../../events/page.js';
import type { PoolId } from '../../events/scalars.js';
import { mayHold, openSegment, type SegmentRow, sealEvents, segmentOf, verifySealed } from '../archiving.js';
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
import type { Client } from './connections.js';
import { prepared } from './statements.js';

const facts = `SELECT pool, last_seq, first_seq, events, first_id, first_recorded_at, last_id, last_recorded_at,
  encode(previous_hash, 'hex') AS previous_hash, encode(last_hash, 'hex') AS last_hash,
  encode(merkle_root, 'hex') AS merkle_root, contents, length(bytes) AS size FROM segments`;

/** The segment that a connection opened last: the pages of one answer are mostly of the same one. */
const opened = new WeakMap<Client, { readonly key: string; readonly segment: DecodedSegment }>();

export async function segments(client: Client, pool: PoolId): Promise<Segment[]> {
  const { rows } = await client.query<SegmentRow>(prepared(`${facts} WHERE pool = ? ORDER BY last_seq`, [pool]));
  return rows.map(segmentOf);
}

/** The last archived event. */
export async function archiveEnd(client: Client, pool: PoolId): Promise<Link> {
  const sql = `SELECT last_seq AS seq, encode(last_hash, 'hex') AS hash, last_recorded_at AS recorded_at FROM segments
    WHERE pool = ? ORDER BY last_seq DESC LIMIT 1`;
  return (await client.query<Link>(prepared(sql, [pool]))).rows[0] ?? genesis;
}

/** As `scan` of the log, of archived events. */
export async function scanArchived(client: Client, pool: PoolId, query: EventQuery): Promise<EventPage> {
  let page = emptyPage;
  for await (const { segment, positions } of asked(client, pool, query)) {
    page = joinPages(page, pageAt(segment, positions));
  }
  return page;
}

/** As `readEvents` of the log, of archived events. */
export async function readArchived(client: Client, pool: PoolId, query: EventQuery): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const { segment, positions } of asked(client, pool, query)) {
    for (const i of positions) events.push(eventAt(segment, i));
  }
  return events;
}

/** As `readHashes` of the log, of one segment. */
export async function readArchivedHashes(
  client: Client,
  pool: PoolId,
  after: number,
  limit: number,
): Promise<Uint8Array> {
  const sql = `SELECT ${segmentHashesSql} FROM segments WHERE pool = ? AND last_seq > ? ORDER BY last_seq LIMIT 1`;
  const [row] = (await client.query<SegmentHashes>(prepared(sql, [pool, after]))).rows;
  return row === undefined ? new Uint8Array() : hashesWithin(row, after, limit);
}

/** Seq of the last archived event whose column is not above a bound; 0 where all are. */
export async function lastArchivedWithin(
  client: Client,
  pool: PoolId,
  column: 'id' | 'recorded_at',
  bound: string | number,
): Promise<number> {
  const where = `WHERE pool = ? AND first_${column} <= ? ORDER BY last_seq DESC LIMIT 1`;
  const segment = await one(client, where, pool, bound);
  if (segment === null) return 0;
  return segment.last[column] <= bound ? segment.last.seq : lastWithin(await open(client, segment), column, bound);
}

/** Writes the next segment, and verifies what was written. Must run in the transaction that holds the head. */
export async function addSegment(client: Client, pool: PoolId, events: readonly StoredEvent[]): Promise<Segment> {
  const previous = await archiveEnd(client, pool);
  const { facts: wrote, bytes } = sealEvents(previous, events);
  const { first, last, previousHash, merkleRoot, contents } = wrote;
  const sql = `INSERT INTO segments VALUES (${Array(13).fill('?').join(', ')})`;
  await client.query(
    prepared(sql, [
      ...[pool, last.seq, first.seq, wrote.events, first.id, first.recorded_at, last.id, last.recorded_at],
      ...[previousHash, last.hash, merkleRoot].map((hash) => Buffer.from(hash, 'hex')),
      ...[JSON.stringify(contents), bytes],
    ]),
  );
  const read = (await one(
    client,
    'WHERE pool = ? AND last_seq > ? ORDER BY last_seq LIMIT 1',
    pool,
    previous.seq,
  )) as Segment;
  verifySealed(previous, wrote, read, await bytesOf(client, read));
  return read;
}

/** What is asked for, from the segments that may hold it, in the query's order. */
async function* asked(
  client: Client,
  pool: PoolId,
  query: EventQuery,
): AsyncGenerator<{ readonly segment: DecodedSegment; readonly positions: readonly number[] }> {
  let found = 0;
  let { after = 0, upTo = Number.MAX_SAFE_INTEGER } = query;
  const where =
    query.backwards === true
      ? 'WHERE pool = ? AND first_seq <= ? ORDER BY last_seq DESC LIMIT 1'
      : 'WHERE pool = ? AND last_seq > ? ORDER BY last_seq LIMIT 1';
  while (after < upTo && found < query.limit) {
    const segment = await one(client, where, pool, query.backwards === true ? upTo : after);
    if (segment === null || segment.first.seq > upTo || segment.last.seq <= after) break;
    if (mayHold(segment.contents, query)) {
      const decoded = await open(client, segment);
      const positions = positionsOf(decoded, { ...query, limit: query.limit - found });
      found += positions.length;
      yield { segment: decoded, positions };
    }
    if (query.backwards === true) upTo = segment.first.seq - 1;
    else after = segment.last.seq;
  }
}

async function one(client: Client, where: string, pool: PoolId, bound: string | number): Promise<Segment | null> {
  const { rows } = await client.query<SegmentRow>(prepared(`${facts} ${where}`, [pool, bound]));
  return rows[0] === undefined ? null : segmentOf(rows[0]);
}

async function open(client: Client, segment: Segment): Promise<DecodedSegment> {
  const key = `${segment.pool} ${segment.last.seq} ${segment.merkleRoot}`;
  const kept = opened.get(client);
  if (kept?.key === key) return kept.segment;
  opened.delete(client);
  const decoded = openSegment(segment, await bytesOf(client, segment));
  opened.set(client, { key, segment: decoded });
  return decoded;
}

async function bytesOf(client: Client, { pool, last }: Segment): Promise<Uint8Array> {
  const sql = 'SELECT bytes FROM segments WHERE pool = ? AND last_seq = ?';
  const { rows } = await client.query<{ bytes: Uint8Array }>(prepared(sql, [pool, last.seq]));
  return (rows[0] as { bytes: Uint8Array }).bytes;
}
