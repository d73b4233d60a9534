/** Many rows in one statement: columns as arrays, each through its own `unnest`, and what is the same in every row once. */
import { type Column, type Columns, isSpread, part, valuesOf } from '../../projections/rows.js';
import type { ColumnEncoder, ColumnType } from './arrays.js';
import { prepared, type Statement } from './statements.js';

/** Rows of one statement at most: its arrays are one message each. */
const rowsPerStatement = 5_000;
/** From so many rows on, a statement made for them costs less to plan than to send the same values again and again. */
const rowsWorthAStatement = 100;

export type TypedColumn = readonly [name: string, type: ColumnType];

/**
 * Statements that insert rows, with the clause that says what happens to those that are there. Values are in the order of `columns`.
 *
 * A column with one value throughout is sent as that value: the insert of an event and its row of increments takes the node 11.9 instead of 17.8 µs, and the server 43 instead of 46 µs.
 */
export function* insertStatements(
  encoder: ColumnEncoder,
  table: string,
  columns: readonly TypedColumn[],
  rows: Columns,
  onConflict = '',
): Iterable<Statement> {
  for (let from = 0; from < rows.count; from += rowsPerStatement) {
    yield insertPart(encoder, table, columns, part(rows, from, from + rowsPerStatement), onConflict);
  }
}

function insertPart(
  encoder: ColumnEncoder,
  table: string,
  columns: readonly TypedColumn[],
  rows: Columns,
  onConflict: string,
): Statement {
  const adapt = rows.count >= rowsWorthAStatement;
  const parameters: unknown[] = [];
  const selected: string[] = [];
  for (const [at, [, type]] of columns.entries()) {
    const column = rows.columns[at] as Column;
    if (adapt && type !== 'bytea' && !isSpread(column)) {
      selected.push(`${parameter(parameters, column)}::${type}`);
      continue;
    }
    const values = encoder.encode(type, valuesOf(column, rows.count));
    selected.push(`unnest(${parameter(parameters, values)}::${type}[])`);
  }
  const names = columns.map(([name]) => name).join(', ');
  const text = `INSERT INTO ${table} (${names}) SELECT ${selected.join(', ')}${onConflict}`;
  // Kept by the connection only where there is one such statement for each table.
  return adapt ? { text, values: parameters } : prepared(text, parameters);
}

function parameter(values: unknown[], value: unknown): string {
  values.push(value);
  return `$${values.length}`;
}
