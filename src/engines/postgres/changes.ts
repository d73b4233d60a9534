/** The changes of projections as statements: plain data in, one for each change out, its rows as arrays by column. */
import {
  type Change,
  columnNames,
  keyColumns,
  type MergeRule,
  type Table,
  type Values,
} from '../../projections/change.js';
import { type Column, type Columns, isSpread, type Value, valuesOf } from '../../projections/rows.js';
import { projectionTables } from '../../projections/tables.js';
import type { ColumnEncoder, ColumnType } from './arrays.js';
import { insertStatements } from './bulk.js';
import { columnTypes } from './schema.js';
import { prepared, type Statement } from './statements.js';

const tables = new Map(projectionTables.flatMap((projection) => projection.tables).map((table) => [table.name, table]));

/** They must run in order, inside a transaction. */
export function* changeStatements(encoder: ColumnEncoder, changes: readonly Change[]): Iterable<Statement> {
  for (const change of changes) yield* statementsOf(encoder, change);
}

function* statementsOf(encoder: ColumnEncoder, change: Change): Iterable<Statement> {
  const table = tableOf(change.table);
  const { name } = table;
  switch (change.op) {
    case 'insert':
      yield* write(encoder, table, change.rows, '');
      return;
    case 'upsert':
      for (const rows of splitDuplicateKeys(table, change.rows)) yield* write(encoder, table, rows, onConflict(table));
      return;
    case 'update': {
      const sets = Object.keys(change.set).map((column) => `${column} = ?`);
      yield prepared(`UPDATE ${name} SET ${sets.join(', ')} WHERE ${matches(change.where)}`, [
        ...Object.values(change.set),
        ...Object.values(change.where),
      ]);
      return;
    }
    case 'delete':
      yield prepared(`DELETE FROM ${name} WHERE ${matches(change.where)}`, Object.values(change.where));
      return;
    case 'move': {
      const { pool, from, into } = change;
      const columns = columnNames(table);
      const moved = columns.map((column) => (column === 'claude_name' ? '?' : column)).join(', ');
      yield prepared(
        `INSERT INTO ${name} (${columns.join(', ')}) SELECT ${moved} FROM ${name} WHERE pool = ? AND claude_name = ? ${onConflict(table)}`,
        [into, pool, from],
      );
      yield prepared(`DELETE FROM ${name} WHERE pool = ? AND claude_name = ?`, [pool, from]);
      return;
    }
  }
}

function write(encoder: ColumnEncoder, table: Table, rows: Columns, onConflict: string): Iterable<Statement> {
  const types = columnTypes(table.name);
  const columns = columnNames(table).map((column) => [column, types.get(column) as ColumnType] as const);
  return insertStatements(encoder, table.name, columns, rows, onConflict);
}

/** Rows in groups without two of the same key, in order: one upsert cannot touch a row twice. */
function splitDuplicateKeys(table: Table, rows: Columns): Columns[] {
  const columns = columnNames(table);
  const keys = keyColumns(table).map((column) => valuesOf(rows.columns[columns.indexOf(column)] as Column, rows.count));
  const seen = new Map<string, number>();
  const groups: number[][] = [];
  for (let i = 0; i < rows.count; i += 1) {
    const key = JSON.stringify(keys.map((values) => values[i]));
    const group = seen.get(key) ?? 0;
    seen.set(key, group + 1);
    const members = groups[group] ?? [];
    groups[group] = members;
    members.push(i);
  }
  return groups.length === 1 ? [rows] : groups.map((members) => chosen(rows, members));
}

const chosen = ({ columns }: Columns, members: readonly number[]): Columns => ({
  count: members.length,
  columns: columns.map((column) => (isSpread(column) ? members.map((i) => column[i] as Value) : column)),
});

function tableOf(name: string): Table {
  const table = tables.get(name);
  if (table === undefined) throw new Error(`no projection has a table ${name}`);
  return table;
}

const matches = (where: Values): string =>
  Object.keys(where)
    .map((column) => `${column} = ?`)
    .join(' AND ');

/** The table's rules as an upsert. */
function onConflict(table: Table): string {
  const sets = columnNames(table).flatMap((column) => {
    const set = assignment(table.columns[column] as MergeRule, column, table.name);
    return set === null ? [] : [`${column} = ${set}`];
  });
  return ` ON CONFLICT (${keyColumns(table).join(', ')}) DO UPDATE SET ${sets.join(', ')}`;
}

function assignment(rule: MergeRule, column: string, name: string): string | null {
  switch (rule) {
    case 'key':
    case 'keep':
      return null;
    case 'set':
      return `excluded.${column}`;
    case 'add':
      return `${name}.${column} + excluded.${column}`;
    case 'min':
      return `least(${name}.${column}, excluded.${column})`;
    case 'max':
      return `greatest(${name}.${column}, excluded.${column})`;
  }
}
