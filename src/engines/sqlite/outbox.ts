/** The outbox of a data directory: a file of its own, which is opened when it is there and somebody asks. */
import { chmodSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { packageRoot } from '../../package-root.js';
import { StorageError } from '../../storage-error.js';
import type { OutboxTables, RunStatement } from '../sql-outbox.js';
import { storageFault } from './faults.js';
import { outboxName } from './files.js';

/** Of the tables in `outbox.sql`. */
const knownSchema = 1;

export class SqliteOutbox implements OutboxTables {
  readonly #path: string;
  #db: Sqlite.Database | null = null;
  /** Transactions go one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#path = join(folder, outboxName);
  }

  transaction<T>(task: (run: RunStatement) => Promise<T>, make?: 'make'): Promise<T | null> {
    const done = this.#last.then(() => this.#transaction(task, make));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    await this.#last;
    this.#db?.close();
    this.#db = null;
  }

  /**
   * But for endpoints, without a sync of the disk: what a power failure takes is taken whole, positions and deliveries alike, so that what
   * was sent since is sent again, and nothing is lost.
   */
  async #transaction<T>(task: (run: RunStatement) => Promise<T>, make?: 'make'): Promise<T | null> {
    if (this.#db === null && make === undefined && !existsSync(this.#path)) return null;
    try {
      this.#db ??= await opened(this.#path);
      this.#db.pragma(`synchronous = ${make === undefined ? 'NORMAL' : 'FULL'}`);
      return await inTransaction(this.#db, task);
    } catch (error) {
      throw storageFault(error);
    }
  }
}

async function inTransaction<T>(db: Sqlite.Database, task: (run: RunStatement) => Promise<T>): Promise<T> {
  const run: RunStatement = async <R>(sql: string, values: readonly unknown[] = []) => {
    const statement = db.prepare(sql.replaceAll('%', ''));
    if (statement.reader) return { rows: statement.all(...values) as R[], changed: 0 };
    return { rows: [], changed: statement.run(...values).changes };
  };
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = await task(run);
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

async function opened(path: string): Promise<Sqlite.Database> {
  const { default: Database } = await import('better-sqlite3');
  // What SQLite makes beside it has the mode of the file.
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.exec(readFileSync(join(packageRoot, 'schema', 'sqlite', 'outbox.sql'), 'utf8'));
  const { schema } = db.prepare('SELECT schema FROM version').get() as { schema: number };
  if (schema <= knownSchema) return db;
  db.close();
  throw new StorageError('newer', `${path} was written by a newer release of Resource-Share`);
}
