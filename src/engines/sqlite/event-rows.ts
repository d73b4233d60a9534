/** Events as rows of the log's table, on both sides of the storage thread. */
import type { Head, StoredEvent } from '../../events/envelope.js';
import { eventColumns as shownColumns } from '../../events/event-text.js';
import type { EpochMs, EventId, PoolId, Seq } from '../../events/scalars.js';
import { columnsOf } from '../../projections/rows.js';
import type { Batch } from '../engine.js';
import { eachRow, type PackedRows, packRows } from './columns.js';

export const eventColumns = [...shownColumns, 'claude_name'] as const;

/** Hashes are text in memory and bytes in the file. */
const hashColumns: readonly string[] = ['digest', 'hash'];
export const writtenColumns = eventColumns
  .map((column) => (hashColumns.includes(column) ? 'unhex(?)' : '?'))
  .join(', ');
export const readColumns = eventColumns
  .map((column) => (hashColumns.includes(column) ? `lower(hex(${column}))` : column))
  .join(', ');

/** Values of an event as they are read, in the order of `eventColumns`. */
export type EventRow = [
  pool: PoolId,
  seq: Seq,
  id: EventId,
  type: string,
  version: number,
  occurred_at: EpochMs,
  recorded_at: EpochMs,
  actor: string,
  source: string,
  key: string | null,
  correlates: EventId | null,
  payload: string,
  digest: string,
  hash: string,
  hash_version: number,
  claude_name: string | null,
];

/** From arrays of values: 5 µs a row, reading it included; the driver takes 8 µs to make objects of so many columns. */
export function eventOf([
  pool,
  seq,
  id,
  type,
  version,
  occurred_at,
  recorded_at,
  actor,
  source,
  key,
  correlates,
  payload,
  digest,
  hash,
  hash_version,
  claude_name,
]: EventRow): StoredEvent {
  return {
    pool,
    seq,
    id,
    type,
    version,
    occurred_at,
    recorded_at,
    actor,
    source,
    key,
    correlates,
    payload,
    digest,
    hash,
    hash_version,
    claude_name,
  };
}

export function* eventsOf(rows: Iterable<EventRow>): Generator<StoredEvent> {
  for (const row of rows) yield eventOf(row);
}

export const packEvents = (events: readonly StoredEvent[]): PackedRows => packRows(columnsOf(events, eventColumns));

export function unpackEvents(rows: PackedRows): StoredEvent[] {
  const events: StoredEvent[] = [];
  eachRow(rows, (row) => events.push(eventOf(row as EventRow)));
  return events;
}

/** A batch on its way to the storage thread. */
export interface WrittenBatch {
  /** What it was decided on, and what it makes of it. */
  readonly after: Head;
  readonly head: Head;
  readonly rows: PackedRows;
  readonly outcomes: Batch['outcomes'];
  /** Claims on jobs that it was decided under. */
  readonly claims?: ReadonlyMap<string, number> | undefined;
}
