/** Opening the engine that a database setting names. */
import { limits } from '../limits.js';
import { type Clock, systemClock } from '../runtime/clock.js';
import { isServer } from '../settings/database.js';
import type { Engine, Migrated, Role } from './engine.js';
import type { EngineLimits } from './open-options.js';
import { SqliteEngine } from './sqlite/engine.js';
import { currentWriter, type WriterInfo } from './sqlite/lock.js';

export type { WriterInfo };

const usualLimits: EngineLimits = {
  connectionsMax: limits.databaseConnectionsMax,
  statementMsMax: limits.statementMsMax,
  walBytesMax: limits.walBytesMax,
};

export interface EngineOptions {
  /** Starts no threads: for runs that end soon. */
  readonly inline?: boolean;
  /** For what is done in this thread; a thread of the storage has the system's. */
  readonly clock?: Clock | undefined;
  readonly limits?: EngineLimits | undefined;
  /** Of a writer: a ledger that has lost events is opened all the same, and says what it lost. */
  readonly acceptLoss?: boolean | undefined;
}

/** `database` is a data directory (SQLite) or the URL of a PostgreSQL database. */
export async function openEngine(database: string, role: Role, options: EngineOptions = {}): Promise<Engine> {
  const { inline = false, clock = systemClock, limits: allowed = usualLimits, acceptLoss } = options;
  if (!isServer(database)) return SqliteEngine.open(database, role, { inline, clock, limits: allowed, acceptLoss });
  const { PostgresEngine } = await import('./postgres/engine.js');
  return PostgresEngine.open(database, role, { clock, limits: allowed });
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
