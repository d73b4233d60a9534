/**
 * The schema of API keys and of secrets of webhooks on a server: beside that of the ledger, and no other role has a right on it. It is
 * made with the first of them, as that takes the right to make schemas.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.js';
import { StorageError } from '../../storage-error.js';
import { columnsToRestore, type KeyTableRow, type KeyTables } from '../key-store.js';
import type { Client, Connections } from './connections.js';

/** Two ledgers in one database have two of them. */
const nameSql = `SELECT quote_ident('resource_share_keys' ||
  CASE current_schema() WHEN 'public' THEN '' ELSE '_' || current_schema() END) AS name`;
const knownSchema = 1;

type Table = 'version' | 'keys' | 'webhook_secrets' | 'sessions';
/** What can be replaced and revoked. */
type Replaceable = 'keys' | 'webhook_secrets';
type Row = readonly unknown[];

export class KeysSchema {
  readonly #connections: Connections;
  #name: string | null = null;
  readonly #found = new Set<Table>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  version(): Promise<number> {
    return this.#connections.read(async (client) => {
      const name = await this.#nameWith(client, 'version');
      return name === null ? 0 : numberOf(client, name);
    });
  }

  /** Oldest first; none, of version 0, where the table is not there. */
  rows<R extends object>(table: Replaceable): Promise<{ readonly version: number; readonly rows: readonly R[] }> {
    return this.#connections.snapshot(async (client) => {
      const name = await this.#nameWith(client, table);
      if (name === null) return { version: 0, rows: [] };
      const { rows } = await client.query<R>(`SELECT * FROM ${name}.${table} ORDER BY created_at, id`);
      return { version: await numberOf(client, name), rows };
    });
  }

  async add(table: Replaceable, row: Row): Promise<void> {
    await this.make(table);
    await this.change(table, (client, name) => insert(client, `${name}.${table}`, row));
  }

  /** The first column of a row is its id. */
  replace(table: Replaceable, id: string, successor: Row, overlapUntil: number): Promise<boolean> {
    return this.change(table, async (client, name) => {
      const sql = `UPDATE ${name}.${table} SET replaced_by = $1, overlap_until = $2
        WHERE id = $3 AND replaced_by IS NULL AND revoked_at IS NULL`;
      if ((await client.query(sql, [successor[0], overlapUntil, id])).rowCount === 0) return false;
      return insert(client, `${name}.${table}`, successor);
    });
  }

  /** Changes that whoever checks has to see: the version grows, unless the task says that it changed nothing. */
  async change(table: Table, task: (client: Client, name: string) => Promise<boolean>): Promise<boolean> {
    return this.#connections.transaction(async (client) => {
      const name = await this.#nameWith(client, table);
      if (name === null) return false;
      // Changes wait for each other here, so that a version is never seen without what it stands for.
      await client.query(`SELECT number FROM ${name}.version FOR UPDATE`);
      const changed = await task(client, name);
      if (changed) await client.query(`UPDATE ${name}.version SET number = number + 1`);
      return changed;
    });
  }

  /** Changes that are looked up when they matter: the version stays. Nothing is done where the table is not there. */
  async transaction(table: Table, task: (client: Client, name: string) => Promise<void>): Promise<void> {
    await this.#connections.transaction(async (client) => {
      const name = await this.#nameWith(client, table);
      if (name !== null) await task(client, name);
    });
  }

  /** `%` stands for the table. No rows where it is not there. */
  select<R extends object>(table: Table, sql: string, parameters: Row): Promise<readonly R[]> {
    return this.#connections.read(async (client) => {
      const name = await this.#nameWith(client, table);
      if (name === null) return [];
      return (await client.query<R>(sql.replaceAll('%', `${name}.${table}`), [...parameters])).rows;
    });
  }

  /** One statement that changes what the version does not stand for. `%` stands for the table. */
  async note(table: Table, sql: string, parameters: Row): Promise<void> {
    await this.#connections.use(async (client) => {
      const name = await this.#nameWith(client, table);
      if (name !== null) await client.query(sql.replaceAll('%', `${name}.${table}`), [...parameters]);
    });
  }

  dump(): Promise<KeyTables | null> {
    return this.#connections.snapshot(async (client) => {
      const name = await this.#nameWith(client, 'version');
      if (name === null) return null;
      const tables: Record<string, readonly KeyTableRow[]> = {};
      for (const table of (await tablesOf(client, name)).keys())
        tables[table] = (await client.query<KeyTableRow>(`SELECT * FROM ${name}.${table}`)).rows;
      return tables;
    });
  }

  async restore(tables: KeyTables): Promise<void> {
    await this.#connections.use((client) => this.#make(client, 'webhook_secrets'));
    await this.#connections.transaction(async (client) => {
      const name = (await this.#nameWith(client, 'version')) as string;
      const { rows } = await client.query<{ number: number }>(`SELECT number FROM ${name}.version FOR UPDATE`);
      if ((rows[0]?.number ?? 0) > 0)
        throw new StorageError('taken', 'there are API keys already; they stay as they are');
      const known = await tablesOf(client, name);
      for (const [table, rowsOfTable] of Object.entries(tables)) {
        if (known.has(table)) await client.query(`DELETE FROM ${name}.${table}`);
        for (const row of rowsOfTable) {
          const columns = columnsToRestore(table, row, known);
          const places = columns.map((_, i) => `$${i + 1}`).join(', ');
          const values = columns.map((column) => row[column]);
          await client.query(`INSERT INTO ${name}.${table} (${columns.join(', ')}) VALUES (${places})`, values);
        }
      }
    });
  }

  /** The schema, once the table is there; null before. */
  async #nameWith(client: Client, table: Table): Promise<string | null> {
    this.#name ??= (await client.query<{ name: string }>(nameSql)).rows[0]?.name as string;
    if (this.#found.has(table)) return this.#name;
    const { rows } = await client.query('SELECT 1 WHERE to_regclass($1) IS NOT NULL', [`${this.#name}.${table}`]);
    if (rows.length === 0) return null;
    const { rows: found } = await client.query<{ schema: number }>(`SELECT schema FROM ${this.#name}.version`);
    if ((found[0]?.schema ?? 0) > knownSchema)
      throw new StorageError('newer', `the schema ${this.#name} was written by a newer release of Resource-Share`);
    this.#found.add(table);
    return this.#name;
  }

  make(table: Table): Promise<void> {
    return this.#connections.use((client) => this.#make(client, table));
  }

  /** One node makes it while others wait. */
  async #make(client: Client, table: Table): Promise<void> {
    if ((await this.#nameWith(client, table)) !== null) return;
    const sql = readFileSync(join(packageRoot, 'schema', 'postgres', 'keys.sql'), 'utf8')
      .replace(/--.*$/gm, '')
      .replaceAll('%', this.#name as string);
    await client
      .query(`BEGIN; SELECT pg_advisory_xact_lock(hashtext('resource_share_keys')); ${sql}; COMMIT`)
      .catch(async (error) => {
        await client.query('ROLLBACK');
        throw error;
      });
  }
}

/** All tables that there are in the schema, with their columns. */
async function tablesOf(client: Client, name: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT c.relname::text AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r' GROUP BY c.relname ORDER BY c.relname`,
    [name],
  );
  return new Map(rows.map((row) => [row.name, row.columns]));
}

async function numberOf(client: Client, name: string): Promise<number> {
  return (await client.query<{ number: number }>(`SELECT number FROM ${name}.version`)).rows[0]?.number ?? 0;
}

async function insert(client: Client, table: string, row: Row): Promise<boolean> {
  await client.query(`INSERT INTO ${table} VALUES (${row.map((_, i) => `$${i + 1}`).join(', ')})`, [...row]);
  return true;
}
