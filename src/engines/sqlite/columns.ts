/**
 * Rows on their way to the storage thread, or from it: columns of numbers are packed. Measured for an event and its row of
 * increments: to copy them from thread to thread takes 2.7 µs, packing included; as arrays of values 4.7 µs.
 */
import type { Change } from '../../projections/change.js';
import type { Columns, Row, Value } from '../../projections/rows.js';
import { isSpread } from '../../projections/rows.js';

export interface PackedRows {
  readonly count: number;
  readonly columns: readonly PackedColumn[];
}

type PackedColumn = Value | Float64Array | readonly Value[];

/** A change with its rows packed. */
export type PackedChange =
  | Exclude<Change, { readonly rows: Columns }>
  | { readonly op: 'insert' | 'upsert'; readonly table: string; readonly rows: PackedRows };

export function packChanges(changes: readonly Change[]): PackedChange[] {
  return changes.map((change) => ('rows' in change ? { ...change, rows: packRows(change.rows) } : change));
}

export const packRows = ({ count, columns }: Columns): PackedRows => ({
  count,
  columns: columns.map((column) => (isSpread(column) && column.every(isNumber) ? new Float64Array(column) : column)),
});

/** Calls `body` with the values of each row. It is given the same array each time. */
export function eachRow({ count, columns }: PackedRows, body: (row: Row) => void): void {
  const row: Value[] = columns.map((column) => (isList(column) ? null : column));
  const lists = columns.flatMap((column, at) => (isList(column) ? [{ at, column }] : []));
  for (let i = 0; i < count; i += 1) {
    for (const { at, column } of lists) row[at] = column[i] as Value;
    body(row);
  }
}

const isNumber = (value: Value): value is number => typeof value === 'number';

const isList = (column: PackedColumn): column is Float64Array | readonly Value[] =>
  typeof column === 'object' && column !== null;
