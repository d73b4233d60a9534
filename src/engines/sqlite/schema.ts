/**
 * Bringing a database file to the schema of this release: numbered migrations, forward only; projection tables, and columns
 * of them, where missing; views.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { packageRoot } from '../../package-root.js';
import { columnNames, type Table } from '../../projections/change.js';
import type { ProjectionTables } from '../../projections/projection.js';
import { projectionTables } from '../../projections/tables.js';
import { StorageError } from '../../storage-error.js';
import { applicationId } from './recognition.js';
import { createMissingViews } from './views.js';

const folder = join(packageRoot, 'schema', 'sqlite');

interface Migration {
  readonly number: number;
  readonly sql: string;
}

function migrations(): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_.+\.sql$/.test(name))
    .sort()
    .map((name) => ({ number: Number(name.slice(0, 4)), sql: readFileSync(join(folder, name), 'utf8') }));
}

/** The schema of this release. */
export function newestVersion(): number {
  return migrations().at(-1)?.number ?? 0;
}

/** Throws when a newer release has written the file. */
export function checkVersion(db: Database.Database): number {
  const version = db.pragma('user_version', { simple: true }) as number;
  const newest = newestVersion();
  if (version > newest) {
    throw new StorageError(
      'newer',
      `the database has schema ${version}, this release knows ${newest}: it was written by a newer release of Resource-Share`,
    );
  }
  return version;
}

export function migrate(db: Database.Database): void {
  const version = checkVersion(db);
  if (db.pragma('application_id', { simple: true }) !== applicationId) db.pragma(`application_id = ${applicationId}`);
  for (const { number, sql } of migrations()) {
    if (number <= version) continue;
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${number}`);
    }).immediate();
  }
}

interface TableDdl {
  readonly create: string;
  readonly indexes: readonly string[];
}

let ddl: ReadonlyMap<string, TableDdl> | null = null;

/** The statements of `projections.sql`, by table. */
function projectionDdl(): ReadonlyMap<string, TableDdl> {
  if (ddl !== null) return ddl;
  const found = new Map<string, { create: string; indexes: string[] }>();
  const text = readFileSync(join(folder, 'projections.sql'), 'utf8').replace(/--.*$/gm, '');
  for (const statement of text.split(';').map((part) => part.trim())) {
    const table = /^CREATE TABLE IF NOT EXISTS (\w+)/.exec(statement)?.[1];
    const indexed = /^CREATE INDEX IF NOT EXISTS \w+ ON (\w+)/.exec(statement)?.[1];
    if (table !== undefined) found.set(table, { create: statement, indexes: [] });
    else if (indexed !== undefined) found.get(indexed)?.indexes.push(statement);
  }
  ddl = found;
  return found;
}

function ddlOf(table: string): TableDdl {
  const statements = projectionDdl().get(table);
  if (statements === undefined) throw new Error(`projections.sql has no table ${table}`);
  return statements;
}

/** Creates a projection's table under another name, without its indexes. */
export function createTable(db: Database.Database, table: string, as = table): void {
  db.exec(ddlOf(table).create.replace(`IF NOT EXISTS ${table}`, as));
}

/** Creates the indexes of a projection's table under another name; `suffix` keeps their names apart. */
export function createIndexes(db: Database.Database, table: string, as = table, suffix = ''): void {
  for (const statement of ddlOf(table).indexes) {
    db.exec(statement.replace(/IF NOT EXISTS (\w+) ON \w+/, (_, index: string) => `${index}${suffix} ON ${as}`));
  }
}

export function hasTable(db: Database.Database, table: string): boolean {
  return db.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`).get(table) !== undefined;
}

/** Adds the columns that a table of another release lacks: rows are written with them from now on, and older ones have null. */
function addMissingColumns(db: Database.Database, table: Table): void {
  const present = db.pragma(`table_info(${table.name})`) as { readonly name: string }[];
  for (const column of columnNames(table)) {
    if (present.some(({ name }) => name === column)) continue;
    const type = new RegExp(`^ {2}${column} (\\w+)`, 'm').exec(ddlOf(table.name).create)?.[1];
    db.exec(`ALTER TABLE ${table.name} ADD COLUMN ${column} ${type}`);
  }
}

/**
 * Creates the projection tables, columns and views that are missing. A version is recorded only when nothing has to be
 * rebuilt.
 */
export function createMissingProjections(db: Database.Database): void {
  db.transaction(() => {
    const empty = db.prepare('SELECT 1 FROM events LIMIT 1').get() === undefined;
    for (const projection of projectionTables) {
      const missing = projection.tables.filter((table) => !hasTable(db, table.name));
      for (const { name } of missing) {
        createTable(db, name);
        createIndexes(db, name);
      }
      for (const table of projection.tables) addMissingColumns(db, table);
      if (missing.length > 0) db.prepare('DELETE FROM projections WHERE name = ?').run(projection.name);
      if (empty) recordVersion(db, projection);
    }
    createMissingViews(db);
  }).immediate();
}

export function recordVersion(db: Database.Database, { name, version }: ProjectionTables): void {
  db.prepare('INSERT INTO projections VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version').run(
    name,
    version,
  );
}

/** Projections whose tables were built by other rules, or were missing: they must be rebuilt before they can be trusted. */
export function outdatedProjections(db: Database.Database): string[] {
  const built = new Map(
    (db.prepare('SELECT name, version FROM projections').all() as ProjectionTables[]).map(({ name, version }) => [
      name,
      version,
    ]),
  );
  const isCurrent = ({ name, version, tables }: ProjectionTables) =>
    built.get(name) === version && tables.every((table) => hasTable(db, table.name));
  return projectionTables.filter((projection) => !isCurrent(projection)).map(({ name }) => name);
}

/** The schema of a file as text, for the committed dump. */
export function dumpSchema(db: Database.Database): string {
  const rows = db
    .prepare(`SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name`)
    .all() as { sql: string }[];
  return `${rows.map(({ sql }) => `${sql};`).join('\n\n')}\n`;
}
