/**
 * Rows on their way to the storage thread, as columns: numbers are packed, and a column with one value throughout (the
 * pool, what nobody reported) is that value. Measured for an event and its row of increments: to copy them from thread to
 * thread takes 2.7 µs, packing included; as arrays of values 4.7 µs.
 */
import type { Change, Row, Value } from '../../projections/table.js';

export interface PackedRows {
  readonly count: number;
  readonly columns: readonly Column[];
}

type Column = Value | Float64Array | readonly Value[];

/** A change with its rows packed. */
export type PackedChange =
  | Exclude<Change, { readonly rows: Row[] }>
  | { readonly op: 'insert' | 'upsert'; readonly table: string; readonly rows: PackedRows };

export function packChanges(changes: readonly Change[]): PackedChange[] {
  return changes.map((change) => ('rows' in change ? { ...change, rows: packRows(change.rows) } : change));
}

export function packRows(rows: readonly Row[]): PackedRows {
  const columns = (rows[0] ?? []).map((first, at) => packColumn(rows, at, first));
  return { count: rows.length, columns };
}

/** Calls `body` with the values of each row. It is given the same array each time. */
export function eachRow({ count, columns }: PackedRows, body: (row: Row) => void): void {
  const row: Value[] = columns.map((column) => (isSpread(column) ? null : column));
  const spread = columns.flatMap((column, at) => (isSpread(column) ? [{ at, column }] : []));
  for (let i = 0; i < count; i += 1) {
    for (const { at, column } of spread) row[at] = column[i] as Value;
    body(row);
  }
}

const isSpread = (column: Column): column is Float64Array | readonly Value[] =>
  typeof column === 'object' && column !== null;

function packColumn(rows: readonly Row[], at: number, first: Value): Column {
  let same = true;
  let numbers = typeof first === 'number';
  for (const row of rows) {
    const value = row[at];
    if (value !== first) same = false;
    if (typeof value !== 'number') numbers = false;
    if (!same && !numbers) return rows.map((each) => each[at] as Value);
  }
  if (same) return first;
  const packed = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) packed[i] = (rows[i] as Row)[at] as number;
  return packed;
}
