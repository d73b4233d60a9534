/** Rows of any table as they are, all columns that say something. */
import type { TableRow } from '../projections/table-reader.js';
import { printTable } from './table.js';

export function printRows(rows: readonly TableRow[], empty: string): void {
  const columns = Object.keys(rows[0] ?? {}).filter((name) => name !== 'pool' && rows.some((row) => says(row[name])));
  printTable(
    columns.map((name) => ({
      head: name,
      value: (row: TableRow) => row[name],
      right: rows.every((row) => typeof row[name] !== 'string'),
    })),
    rows,
    empty,
  );
}

const says = (value: TableRow[string] | undefined): boolean =>
  value !== null && value !== undefined && value !== '' && value !== '[]';
