/** The comparison of a shadow with the live tables, and the swap that puts its tables in their place. */
import type Database from 'better-sqlite3';
import { columnNames, keyColumns, type Table } from '../../projections/change.js';
import type { ProjectionTables } from '../../projections/projection.js';
import type { Comparison, Tail } from '../engine.js';
import { Changes } from './changes.js';
import type { PackedChange } from './columns.js';
import { LogTables } from './log.js';
import { createIndexes, createTable, hasTable, recordVersion } from './schema.js';
import type { ShadowFile } from './shadow.js';

const copyRowsPerStep = 5_000;
const examplesShown = 3;
const differencesCountedMax = 1_000;

/**
 * Comparing, in two steps: from `beginComparison` to `endComparison` the main file is read as of one instant. It says what the
 * shadow lacks; when that was written, `compareTables` compares all rows.
 */
export function beginComparison(main: Database.Database, shadow: ShadowFile): Tail[] {
  main.prepare('ATTACH ? AS shadow').run(shadow.path);
  main.exec('BEGIN');
  return tailsOf(main, shadow);
}

export function compareTables(main: Database.Database, projections: readonly ProjectionTables[]): Comparison[] {
  return projections.flatMap(({ tables }) => tables).map((table) => compareTable(main, table));
}

export function endComparison(main: Database.Database): void {
  if (main.inTransaction) main.exec('COMMIT');
  const attached = main.pragma('database_list') as { name: string }[];
  if (attached.some(({ name }) => name === 'shadow')) main.exec('DETACH shadow');
}

/** What the pools hold beyond the shadow's positions. */
function tailsOf(main: Database.Database, shadow: ShadowFile): Tail[] {
  const positions = shadow.positions();
  const log = new LogTables(main);
  return log.pools().flatMap(({ pool, number, head }) => {
    const after = positions.get(pool)?.seq ?? 0;
    if (head.seq === after) return [];
    return [{ poolRef: { pool, number }, events: log.scan(pool, after, head.seq, head.seq - after) }];
  });
}

/** Every column of every row, by key. Rows that meet are equal when all columns are, in value and in type. */
function compareTable(main: Database.Database, table: Table): Comparison {
  const { name } = table;
  const count = (schema: string): number => {
    if (schema === 'main' && !hasTable(main, name)) return 0;
    return (main.prepare(`SELECT count(*) AS rows FROM ${schema}.${name}`).get() as { rows: number }).rows;
  };
  const liveRows = count('main');
  const shadowRows = count('shadow');
  if (liveRows === 0) {
    return { table: name, liveRows, shadowRows, differing: shadowRows, examples: [] };
  }
  const keys = keyColumns(table);
  const sameKey = keys.map((key) => `a.${key} = b.${key}`).join(' AND ');
  const others = columnNames(table).filter((column) => !keys.includes(column));
  const unequal = others.map((column) => `a.${column} IS NOT b.${column}`).join(' OR ');
  const key = keys.map((column) => `a.${column}`).join(` || ' ' || `);
  const find = (from: string, against: string, condition: string) =>
    main
      .prepare(
        `SELECT ${key} AS key FROM ${from}.${name} a LEFT JOIN ${against}.${name} b ON ${sameKey} WHERE ${condition} LIMIT ${differencesCountedMax}`,
      )
      .all() as { key: string | number }[];
  const wrong = find('main', 'shadow', `b.${keys[0]} IS NULL OR ${unequal}`);
  const missing = find('shadow', 'main', `b.${keys[0]} IS NULL`);
  const examples = [
    ...wrong.map((row) => `live row ${row.key} differs`),
    ...missing.map((row) => `row ${row.key} is missing`),
  ];
  return {
    table: name,
    liveRows,
    shadowRows,
    differing: wrong.length + missing.length,
    examples: examples.slice(0, examplesShown),
  };
}

/**
 * Putting a shadow's tables in the place of the live ones, in three steps: `prepare` copies its rows into new tables of
 * the main file, in short transactions between the live ones; `lock` takes the write lock and says what the copies
 * lack; `finish` brings them up to the head and renames them. Under the write lock the shadow must still be held: the
 * copies may be those of another process by now.
 */
export function prepareSwap(
  main: Database.Database,
  shadow: ShadowFile,
  projections: readonly ProjectionTables[],
): void {
  const tables = tableNames(projections);
  main
    .transaction(() => {
      shadow.mustBeHeld();
      for (const table of tables) {
        main.exec(`DROP TABLE IF EXISTS ${copyOf(table)}`);
        createTable(main, table, copyOf(table));
        createIndexes(main, table, copyOf(table), freeSuffix(main, table));
      }
    })
    .immediate();
  main.prepare('ATTACH ? AS shadow').run(shadow.path);
  try {
    for (const table of tables) copyRows(main, shadow, table, copyOf(table));
  } finally {
    main.exec('DETACH shadow');
  }
}

/** What the copies lack. The write lock is held until `finishSwap` or `abandonSwap`. */
export function lockForSwap(main: Database.Database, shadow: ShadowFile): Tail[] {
  main.exec('BEGIN IMMEDIATE');
  return tailsOf(main, shadow);
}

export function finishSwap(
  main: Database.Database,
  projections: readonly ProjectionTables[],
  tail: readonly PackedChange[],
): void {
  const tables = tableNames(projections);
  new Changes(main, (table) => (tables.includes(table) ? copyOf(table) : table)).apply(tail);
  // Views know a table by its name: without this, none could be renamed while one reads a table that is gone just now.
  main.pragma('legacy_alter_table = ON');
  for (const table of tables) {
    main.exec(`DROP TABLE IF EXISTS ${table}`);
    main.exec(`ALTER TABLE ${copyOf(table)} RENAME TO ${table}`);
  }
  for (const projection of projections) recordVersion(main, projection);
  main.exec('COMMIT');
}

const copyOf = (table: string): string => `${table}__new`;

const tableNames = (projections: readonly ProjectionTables[]): string[] =>
  projections.flatMap((projection) => projection.tables).map((table) => table.name);

function copyRows(main: Database.Database, shadow: ShadowFile, table: string, copy: string): void {
  const writeStep = (write: () => unknown) =>
    main
      .transaction(() => {
        shadow.mustBeHeld();
        write();
      })
      .immediate();
  const withRowid = !/WITHOUT ROWID/.test(sqlOf(main, table));
  if (!withRowid) {
    writeStep(() => main.exec(`INSERT INTO main.${copy} SELECT * FROM shadow.${table}`));
    return;
  }
  const step = main.prepare(
    `INSERT INTO main.${copy} SELECT * FROM shadow.${table} WHERE rowid > ? AND rowid <= ? ORDER BY rowid`,
  );
  const bound = main.prepare(
    `SELECT max(id) AS last FROM (SELECT rowid AS id FROM shadow.${table} WHERE rowid > ? ORDER BY rowid LIMIT ${copyRowsPerStep})`,
  );
  let after = 0;
  for (;;) {
    const { last } = bound.get(after) as { last: number | null };
    if (last === null) return;
    const from = after;
    writeStep(() => step.run(from, last));
    after = last;
  }
}

const sqlOf = (main: Database.Database, table: string): string =>
  (main.prepare('SELECT sql FROM shadow.sqlite_master WHERE name = ?').get(table) as { sql: string }).sql;

/** Index names are unique in a file, and cannot be changed: a rebuilt table's indexes take the suffix not in use. */
function freeSuffix(main: Database.Database, table: string): string {
  const sql = `SELECT 1 FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND name LIKE '%\\_\\_rebuilt' ESCAPE '\\'`;
  return main.prepare(sql).get(table) === undefined ? '__rebuilt' : '';
}
