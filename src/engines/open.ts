/** Opening the engine that a database setting names. */
import { isServer } from '../settings/database.js';
import type { Engine, Migrated, Role } from './engine.js';
import { SqliteEngine } from './sqlite/engine.js';
import { currentWriter, type WriterInfo } from './sqlite/lock.js';

/**
 * `database` is a data directory (SQLite) or the URL of a PostgreSQL database. With `inline`, no threads are started:
 * for runs that end soon.
 */
export async function openEngine(database: string, role: Role, inline = false): Promise<Engine> {
  if (!isServer(database)) return SqliteEngine.open(database, role, inline);
  const { PostgresEngine } = await import('./postgres/engine.js');
  return PostgresEngine.open(database, role);
}

/** The process that writes to a database which only one process may write to; null when there is none. */
export function writerOf(database: string): WriterInfo | null {
  return isServer(database) ? null : currentWriter(database);
}

/** Brings the schema up to this release; with `onlyCheck`, only looks. Throws a `StorageError` when it is newer. */
export async function migrateDatabase(database: string, onlyCheck = false): Promise<Migrated> {
  if (!isServer(database)) {
    const { migrateDirectory } = await import('./sqlite/migration.js');
    return migrateDirectory(database, onlyCheck);
  }
  const { migrateServer } = await import('./postgres/engine.js');
  return migrateServer(database, onlyCheck);
}
