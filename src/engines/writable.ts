/** Whether what is recorded could be written to the tables, found out without writing. */
import { columnNames, type Table } from '../projections/change.js';
import { projectionTables } from '../projections/tables.js';
import { StorageError } from '../storage-error.js';

/** Every table that a batch may change beside the log. */
export const changedTables: readonly Table[] = projectionTables.flatMap(({ tables }) => tables);

/** What a table lacks, as a clause; null where it has all columns. `there` is null where it is missing. */
export function lacking(table: Table, there: readonly string[] | null): string | null {
  if (there === null) return `the table ${table.name} is missing`;
  const missing = columnNames(table).filter((column) => !there.includes(column));
  return missing.length === 0 ? null : `the table ${table.name} has no ${missing.join(', ')}`;
}

export function refuseUnwritable(faults: readonly (string | null)[], remedy: string): void {
  const found = faults.filter((fault) => fault !== null);
  if (found.length > 0) throw new StorageError('unwritable', `nothing can be recorded: ${found.join('; ')}. ${remedy}`);
}
