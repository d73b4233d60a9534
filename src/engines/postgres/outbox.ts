/**
 * The outbox on a server: in a schema of its own, on which no other role has a right, beside that of the ledger. It is made with the
 * first endpoint or sink of the audit trail, as that takes the right to make schemas.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.js';
import { StorageError } from '../../storage-error.js';
import type { OutboxTables, RunStatement } from '../sql-outbox.js';
import type { Client, Connections } from './connections.js';
import { prepared } from './statements.js';

/** Two ledgers in one database have two of them. */
const nameSql = `SELECT quote_ident('resource_share_outbox' ||
  CASE current_schema() WHEN 'public' THEN '' ELSE '_' || current_schema() END) AS name`;
const knownSchema = 1;

export class PostgresOutbox implements OutboxTables {
  readonly #connections: Connections;
  #name: string | null = null;
  #isThere = false;
  /** One of those that are used: a schema that an earlier release made may lack it. */
  readonly #table: string;

  constructor(connections: Connections, table = 'version') {
    this.#connections = connections;
    this.#table = table;
  }

  async transaction<T>(task: (run: RunStatement) => Promise<T>, make?: 'make'): Promise<T | null> {
    if (!this.#isThere) {
      await this.#connections.use((client) => this.#find(client, make));
      if (!this.#isThere) return null;
    }
    return this.#connections.transaction((client) =>
      task(async <R>(sql: string, values: readonly unknown[] = []) => {
        const { rows, rowCount } = await client.query(prepared(sql.replaceAll('%', `${this.#name}.`), values));
        return { rows: rows as R[], changed: rowCount ?? 0 };
      }),
    );
  }

  async #find(client: Client, make?: 'make'): Promise<void> {
    this.#name ??= (await client.query<{ name: string }>(nameSql)).rows[0]?.name as string;
    const isThere = 'SELECT 1 WHERE to_regclass($1) IS NOT NULL';
    if ((await client.query(isThere, [`${this.#name}.${this.#table}`])).rows.length === 0) {
      if (make === undefined) return;
      await this.#make(client, this.#name);
    }
    const { rows: found } = await client.query<{ schema: number }>(`SELECT schema FROM ${this.#name}.version`);
    if ((found[0]?.schema ?? 0) > knownSchema)
      throw new StorageError('newer', `the schema ${this.#name} was written by a newer release of Resource-Share`);
    this.#isThere = true;
  }

  /** One node makes it while others wait. */
  async #make(client: Client, name: string): Promise<void> {
    const sql = readFileSync(join(packageRoot, 'schema', 'postgres', 'outbox.sql'), 'utf8')
      .replace(/--.*$/gm, '')
      .replaceAll('%', name);
    await client
      .query(`BEGIN; SELECT pg_advisory_xact_lock(hashtext('resource_share_outbox')); ${sql}; COMMIT`)
      .catch(async (error) => {
        await client.query('ROLLBACK');
        throw error;
      });
  }
}
