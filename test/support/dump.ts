/** Every row of every projection table as text, so that two ledgers can be compared to the byte. */
import type { Queryable } from '../../src/ledger/pages.js';
import { projections } from '../../src/projections/projector.js';
import { columnNames, keyColumns } from '../../src/projections/table.js';

const tables = projections.flatMap((projection) => projection.tables);

/** Rows by table, in the order of their keys, without the columns left out. */
export async function dumpTables(source: Queryable, leftOut: readonly string[] = []): Promise<Record<string, string[]>> {
  const dump: Record<string, string[]> = {};
  for (const table of tables) {
    const columns = columnNames(table).filter((column) => !leftOut.includes(column));
    const sql = `SELECT ${columns.join(', ')} FROM ${table.name} ORDER BY ${keyColumns(table).join(', ')}`;
    dump[table.name] = (await source.query(sql)).map((row) => JSON.stringify(row));
  }
  return dump;
}
