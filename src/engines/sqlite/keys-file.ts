/** The file `keys.db`. Whoever has the data directory for writing has it, too. */
import { chmodSync, closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { packageRoot } from '../../package-root.js';
import { StorageError } from '../../storage-error.js';
import { columnsToRestore, type KeyTableRow, type KeyTables } from '../key-store.js';

/** Of the tables in `keys.sql`. */
const knownSchema = 1;
const step = 'UPDATE version SET number = number + 1';

/** What can be replaced and revoked. */
type Replaceable = 'keys' | 'webhook_secrets';
type Row = readonly unknown[];

export class KeysFile {
  readonly #db: Database.Database;

  constructor(path: string) {
    // What SQLite makes beside it has the mode of the file.
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    this.#db = new Database(path);
    this.#db.pragma('journal_mode = WAL');
    // Of what is revoked or has ended nothing is to be left in free pages.
    this.#db.pragma('secure_delete = ON');
    this.#db.exec(readFileSync(join(packageRoot, 'schema', 'sqlite', 'keys.sql'), 'utf8'));
    const { schema } = this.#db.prepare('SELECT schema FROM version').get() as { schema: number };
    if (schema <= knownSchema) return;
    this.#db.close();
    throw new StorageError('newer', `${path} was written by a newer release of Resource-Share`);
  }

  version(): number {
    return (this.#db.prepare('SELECT number FROM version').get() as { number: number }).number;
  }

  /** Oldest first. */
  rows<R>(table: Replaceable): { readonly version: number; readonly rows: readonly R[] } {
    return this.#db.transaction(() => {
      const rows = this.#db.prepare(`SELECT * FROM ${table} ORDER BY created_at, id`).all() as R[];
      return { version: this.version(), rows };
    })();
  }

  add(table: Replaceable, row: Row): void {
    this.change(() => this.#insert(table, row));
  }

  /** The first column of a row is its id. */
  replace(table: Replaceable, id: string, successor: Row, overlapUntil: number): boolean {
    const sql = `UPDATE ${table} SET replaced_by = ?, overlap_until = ?
      WHERE id = ? AND replaced_by IS NULL AND revoked_at IS NULL`;
    return this.change(() => {
      if (this.run(sql, [successor[0], overlapUntil, id]) === 0) return false;
      this.#insert(table, successor);
      return true;
    });
  }

  /** Changes that whoever checks has to see: the version grows, unless the task says that it changed nothing. */
  change<T>(task: () => T): T {
    return this.transaction(() => {
      const result = task();
      if (result !== false) this.#db.prepare(step).run();
      return result;
    });
  }

  /** Changes that are looked up when they matter: the version stays. */
  transaction<T>(task: () => T): T {
    this.#db.pragma('synchronous = FULL');
    return this.#db.transaction(task)();
  }

  row<R>(sql: string, parameters: Row): R | undefined {
    return this.#db.prepare(sql).get(...parameters) as R | undefined;
  }

  /** Without a sync of the disk: what a power failure takes of it is a time or a count of last uses. */
  note(sql: string, rows: readonly Row[]): void {
    this.#db.pragma('synchronous = NORMAL');
    const update = this.#db.prepare(sql);
    this.#db.transaction(() => {
      for (const row of rows) update.run(...row);
    })();
  }

  /** Runs one statement: how many rows it changed. */
  run(sql: string, parameters: Row): number {
    return this.#db.prepare(sql).run(...parameters).changes;
  }

  dump(): KeyTables {
    return this.#db.transaction(() => {
      const rowsOf = (table: string) => this.#db.prepare(`SELECT * FROM ${table}`).all() as KeyTableRow[];
      return Object.fromEntries([...this.#tables().keys()].map((table) => [table, rowsOf(table)]));
    })();
  }

  restore(tables: KeyTables): void {
    const known = this.#tables();
    this.#db.pragma('synchronous = FULL');
    this.#db.transaction(() => {
      if (this.version() > 0) throw new StorageError('taken', 'there are API keys already; they stay as they are');
      for (const [table, rows] of Object.entries(tables)) {
        if (known.has(table)) this.run(`DELETE FROM ${table}`, []);
        for (const row of rows) {
          const columns = columnsToRestore(table, row, known);
          const places = columns.map(() => '?').join(', ');
          const values = columns.map((column) => row[column]);
          this.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`, values);
        }
      }
    })();
  }

  close(): void {
    this.#db.close();
  }

  /** All that there are, with their columns. */
  #tables(): ReadonlyMap<string, readonly string[]> {
    const sql = `SELECT m.name AS "table", c.name AS "column" FROM sqlite_master m, pragma_table_info(m.name) c
      WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`;
    const tables = new Map<string, string[]>();
    for (const { table, column } of this.#db.prepare(sql).all() as { table: string; column: string }[])
      tables.set(table, [...(tables.get(table) ?? []), column]);
    return tables;
  }

  #insert(table: Replaceable, row: Row): void {
    this.run(`INSERT INTO ${table} VALUES (${row.map(() => '?').join(', ')})`, row);
  }
}
