/**
 * Bringing a database to the schema of this release: numbered migrations, forward only; projection tables, and columns of
 * them, where missing; views. Several nodes may start at once: one of them does the work while the others wait for its row.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { packageRoot } from '../../package-root.js';
import { columnNames, type Table } from '../../projections/change.js';
import type { ProjectionTables } from '../../projections/projection.js';
import { projectionTables } from '../../projections/tables.js';
import { StorageError } from '../../storage-error.js';
import type { Client, Connections } from './connections.js';
import { createMissingViews } from './views.js';

const folder = join(packageRoot, 'schema', 'postgres');

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

export const newestVersion = (): number => migrations().at(-1)?.number ?? 0;

/** Number of the last migration carried out; 0 for an empty database. */
export async function schemaVersion(client: Client): Promise<number> {
  if (!(await hasTable(client, 'schema_version'))) return 0;
  const { rows } = await client.query<{ version: number }>('SELECT version FROM schema_version');
  return rows[0]?.version ?? 0;
}

/** Throws when a newer release has written the database, its log or its tables. */
export async function checkVersion(client: Client): Promise<number> {
  await refuseOtherEncodings(client);
  const version = await schemaVersion(client);
  refuseNewer(version, version === 0 ? new Map() : await builtVersions(client));
  return version;
}

/** Names and notes are Unicode: in another encoding some of them could not be recorded. */
async function refuseOtherEncodings(client: Client): Promise<void> {
  const { rows } = await client.query<{ server_encoding: string }>('SHOW server_encoding');
  const encoding = rows[0]?.server_encoding ?? 'not known';
  if (encoding === 'UTF8') return;
  throw new StorageError(
    'missing',
    `the encoding of the database is ${encoding}, in which not every name can be written: it must be UTF8 (CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0)`,
  );
}

/** What `refuseWritten` looks at, as a part of a statement that is sent anyway. */
export const writtenSql = `(SELECT version FROM schema_version) || ' ' ||
  (SELECT string_agg(name || ' ' || version, ' ' ORDER BY name) FROM projections)`;

/** As `checkVersion`, of what `writtenSql` gave. */
export function refuseWritten(written: string): void {
  const [version, ...rules] = written.split(' ');
  const built = new Map<string, number>();
  for (let i = 0; i < rules.length; i += 2) built.set(rules[i] as string, Number(rules[i + 1]));
  refuseNewer(Number(version), built);
}

function refuseNewer(version: number, built: ReadonlyMap<string, number>): void {
  const newest = newestVersion();
  if (version > newest) throw newer(`the database has schema ${version}, this release knows ${newest}`);
  for (const { name, version: own } of projectionTables) {
    const theirs = built.get(name) ?? 0;
    if (theirs > own) throw newer(`${name} is at version ${theirs}, this release knows ${own}`);
  }
}

const newer = (what: string): StorageError =>
  new StorageError('newer', `${what}: it was written by a newer release of Resource-Share`);

/** The schema's version before. Throws when it is newer than this release. */
export async function migrate(connections: Connections): Promise<number> {
  // Before anything is made there.
  await connections.use(refuseOtherEncodings);
  await createVersionTable(connections);
  return connections.transaction(async (client) => {
    await client.query('SELECT version FROM schema_version FOR UPDATE');
    const version = await checkVersion(client);
    for (const { number, sql } of migrations()) {
      if (number <= version) continue;
      await client.query(sql);
      await client.query('UPDATE schema_version SET version = $1', [number]);
    }
    await createMissingProjections(client);
    return version;
  });
}

/** Two that create it at once: one of them is told that it exists, whichever way. */
async function createVersionTable(connections: Connections): Promise<void> {
  await connections.use(async (client) => {
    if (await hasTable(client, 'schema_version')) return;
    try {
      await client.query('CREATE TABLE schema_version (only_row BIGINT PRIMARY KEY, version BIGINT NOT NULL)');
    } catch (error) {
      const existsAlready = ['42P07', '23505'];
      if (!(error instanceof pg.DatabaseError && existsAlready.includes(error.code ?? ''))) throw error;
    }
  });
  await connections.use((client) =>
    client.query('INSERT INTO schema_version VALUES (1, 0) ON CONFLICT (only_row) DO NOTHING'),
  );
}

interface TableDdl {
  readonly create: string;
  readonly indexes: readonly string[];
  /** Column to type. */
  readonly types: ReadonlyMap<string, string>;
}

let ddl: ReadonlyMap<string, TableDdl> | null = null;

/** The statements of `projections.sql`, by table. */
function projectionDdl(): ReadonlyMap<string, TableDdl> {
  if (ddl !== null) return ddl;
  const found = new Map<string, TableDdl & { indexes: string[] }>();
  const text = readFileSync(join(folder, 'projections.sql'), 'utf8').replace(/--.*$/gm, '');
  for (const statement of text.split(';').map((part) => part.trim())) {
    const table = /^CREATE TABLE IF NOT EXISTS (\w+)/.exec(statement)?.[1];
    const indexed = /^CREATE INDEX IF NOT EXISTS \w+ ON (\w+)/.exec(statement)?.[1];
    if (table !== undefined) found.set(table, { create: statement, indexes: [], types: typesIn(statement) });
    else if (indexed !== undefined) found.get(indexed)?.indexes.push(statement);
  }
  ddl = found;
  return found;
}

function typesIn(statement: string): ReadonlyMap<string, string> {
  const columns = statement.matchAll(/^ {2}(\w+) (BIGINT|TEXT|DOUBLE PRECISION)\b/gm);
  return new Map([...columns].map(([, column, type]) => [column as string, (type as string).toLowerCase()]));
}

function ddlOf(table: string): TableDdl {
  const statements = projectionDdl().get(table);
  if (statements === undefined) throw new Error(`projections.sql has no table ${table}`);
  return statements;
}

export const columnTypes = (table: string): ReadonlyMap<string, string> => ddlOf(table).types;

/** Creates a projection's table, without its indexes. */
export async function createTable(client: Client, table: string): Promise<void> {
  await client.query(ddlOf(table).create);
}

const keyClause = /,\s*(PRIMARY KEY \([^)]*\))/;

/**
 * As `createTable`, for a shadow: unlogged, it is written faster and does not survive a crash; and without its key where
 * rows are only ever added. Both are made good by `finishTable`.
 */
export async function createBareTable(client: Client, table: Table): Promise<void> {
  const { create } = ddlOf(table.name);
  const bare = create.replace('CREATE TABLE', 'CREATE UNLOGGED TABLE');
  await client.query(isOnlyAddedTo(table) ? bare.replace(keyClause, '') : bare);
}

/** May be run again, for a shadow that was finished by a process that was killed then. */
export async function finishTable(client: Client, table: Table): Promise<void> {
  const { create } = ddlOf(table.name);
  await client.query(`ALTER TABLE ${table.name} SET LOGGED`);
  if (isOnlyAddedTo(table) && !(await hasKey(client, table.name))) {
    await client.query(`ALTER TABLE ${table.name} ADD ${keyClause.exec(create)?.[1]}`);
  }
  await createIndexes(client, table.name);
}

async function hasKey(client: Client, table: string): Promise<boolean> {
  const sql = `SELECT 1 FROM information_schema.table_constraints
    WHERE table_schema = current_schema() AND table_name = $1 AND constraint_type = 'PRIMARY KEY'`;
  return (await client.query(sql, [table])).rowCount === 1;
}

/** Whether an upsert would change nothing: then there are none. */
const isOnlyAddedTo = ({ columns }: Table): boolean =>
  Object.values(columns).every((rule) => rule === 'key' || rule === 'keep');

async function createIndexes(client: Client, table: string): Promise<void> {
  for (const statement of ddlOf(table).indexes) await client.query(statement);
}

async function hasTable(client: Client, table: string): Promise<boolean> {
  const sql = `SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1`;
  return (await client.query(sql, [table])).rowCount === 1;
}

/** Adds the columns that a table of another release lacks: rows are written with them from now on, and older ones have null. */
async function addMissingColumns(client: Client, table: Table): Promise<void> {
  const sql = `SELECT column_name AS name FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = $1`;
  const { rows } = await client.query<{ name: string }>(sql, [table.name]);
  for (const column of columnNames(table)) {
    if (rows.some(({ name }) => name === column)) continue;
    const type = new RegExp(`^ {2}${column} (.+?)(?: NOT NULL)?,?$`, 'm').exec(ddlOf(table.name).create)?.[1];
    await client.query(`ALTER TABLE ${table.name} ADD COLUMN ${column} ${type}`);
  }
}

/**
 * Creates the projection tables, columns and views that are missing. A version is recorded only when nothing has to be
 * rebuilt.
 */
async function createMissingProjections(client: Client): Promise<void> {
  const isEmpty = (await client.query('SELECT 1 FROM events LIMIT 1')).rowCount === 0;
  for (const projection of projectionTables) {
    let isMissing = false;
    for (const table of projection.tables) {
      if (await hasTable(client, table.name)) {
        await addMissingColumns(client, table);
        continue;
      }
      isMissing = true;
      await createTable(client, table.name);
      await createIndexes(client, table.name);
    }
    if (isMissing) await client.query('DELETE FROM projections WHERE name = $1', [projection.name]);
    if (isEmpty) await recordVersion(client, projection);
  }
  await createMissingViews(client);
}

export async function recordVersion(client: Client, { name, version }: ProjectionTables): Promise<void> {
  const sql = 'INSERT INTO projections VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET version = excluded.version';
  await client.query(sql, [name, version]);
}

async function builtVersions(client: Client): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ name: string; version: number }>('SELECT name, version FROM projections');
  return new Map(rows.map(({ name, version }) => [name, version]));
}

/** Projections whose tables were built by other rules, or were missing: they must be rebuilt before they can be trusted. */
export async function outdatedProjections(client: Client): Promise<string[]> {
  const built = await builtVersions(client);
  const outdated: string[] = [];
  for (const { name, version, tables } of projectionTables) {
    let isCurrent = built.get(name) === version;
    for (const table of tables) isCurrent &&= await hasTable(client, table.name);
    if (!isCurrent) outdated.push(name);
  }
  return outdated;
}
