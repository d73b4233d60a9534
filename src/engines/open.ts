/** Opening the engine that a database setting names. */
import { isServer } from './database.js';
import type { Engine, Migrated } from './engine.js';
import { SqliteEngine } from './sqlite/engine.js';
import { currentWriter, type WriterInfo } from './sqlite/lock.js';
import { migrateDirectory } from './sqlite/migration.js';
import type { Role } from './sqlite/store.js';

/** `database` is a data directory (SQLite). With `inline`, no threads are started: for runs that end soon. */
export function openEngine(database: string, role: Role, inline = false): Promise<Engine> {
  return SqliteEngine.open(database, role, inline);
}

/** The process that writes to a database which only one process may write to; null when there is none. */
export function writerOf(database: string): WriterInfo | null {
  return isServer(database) ? null : currentWriter(database);
}

/** Brings the schema up to this release; with `onlyCheck`, only looks. Throws a `StorageError` when it is newer. */
export async function migrateDatabase(database: string, onlyCheck = false): Promise<Migrated> {
  return migrateDirectory(database, onlyCheck);
}
