/** Every row of every projection table as text, so that two ledgers can be compared to the byte. */

import { columnNames, keyColumns } from '../../src/projections/change.js';
import type { Queryable } from '../../src/projections/pages.js';
import { projections } from '../../src/projections/projector.js';

const tables = projections.flatMap((projection) => projection.tables);

/** Rows by table, in the order of their keys. */
export async function dumpTables(source: Queryable): Promise<Record<string, string[]>> {
  const dump: Record<string, string[]> = {};
  for (const table of tables) {
    const sql = `SELECT ${columnNames(table).join(', ')} FROM ${table.name} ORDER BY ${keyColumns(table).join(', ')}`;
    dump[table.name] = (await source.query(sql)).map((row) => JSON.stringify(row));
  }
  return dump;
}

/** What differs between pools that hold the same history: their names and places, and the random part of ids. */
const own = ['id', 'pool', 'event_id', 'corrects'];

/** Rows of one pool, without what is its own. */
export async function dumpPool(source: Queryable, pool: string): Promise<Record<string, string[]>> {
  const dump: Record<string, string[]> = {};
  for (const table of tables) {
    const columns = columnNames(table).filter((column) => !own.includes(column));
    const sql = `SELECT ${columns.join(', ')} FROM ${table.name} WHERE pool = ? ORDER BY ${keyColumns(table).join(', ')}`;
    dump[table.name] = (await source.query(sql, [pool])).map((row) => JSON.stringify(row));
  }
  return dump;
}
