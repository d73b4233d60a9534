/** Opening the database file of a data directory, and what its schema must be. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { limits } from '../../limits.js';
import { StorageError } from '../../storage-error.js';
import type { Role } from '../engine.js';
import { databaseName } from './files.js';
import { lossesIn, refuseLosses } from './head-file.js';
import { openReadOnly, takesWrites } from './read-only.js';
import { refuseForeign } from './recognition.js';
import { checkVersion, newestVersion } from './schema.js';

export const busyMsMax = 30_000;
const cacheKib = 16_384;
/** A replay reads a page of the file once. */
const scanCacheKib = 2_048;
/** Pages of WAL between checkpoints: more of them rewrite a hot page once instead of several times. */
const walPagesPerCheckpoint = 4_000;

/** Version of the schema of a file. */
export function versionOf(folder: string): number {
  const db = openDatabase(join(folder, databaseName), 'reader', limits.walBytesMax, (found) =>
    refuseLosses(folder, lossesIn(folder, found)),
  );
  try {
    return checkVersion(db);
  } finally {
    db.close();
  }
}

/** Who may not migrate needs the schema of this release. */
export function requireVersion(db: Database.Database): void {
  const version = checkVersion(db);
  const newest = newestVersion();
  if (version === newest) return;
  const text = `the database has schema ${version}, this release needs ${newest}: run \`resource-share migrate\` first`;
  throw new StorageError('tables_missing', text);
}

/**
 * `checkWhole` is asked before anything is created or changed, with null where there is no file; it throws where the file is not to be
 * used. A reader uses what there is, but where there is nothing it is asked, too.
 */
export function openDatabase(
  path: string,
  role: Role,
  walBytesMax: number = limits.walBytesMax,
  checkWhole: (db: Database.Database | null) => void = () => undefined,
): Database.Database {
  const isThere = existsSync(path);
  if (!isThere) {
    checkWhole(null);
    if (role !== 'writer')
      throw new StorageError('missing', `there is no ledger at ${path}; start the daemon or record something first`);
  }
  refuseForeign(path);
  const isReadOnly = role === 'reader' && !takesWrites(dirname(path));
  const db = isReadOnly ? openReadOnly(path) : new Database(path, { timeout: busyMsMax, readonly: role === 'reader' });
  if (role === 'writer' && isThere) {
    try {
      checkVersion(db);
      checkWhole(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }
  if (role === 'writer') db.pragma('journal_mode = WAL');
  // In WAL mode better-sqlite3 builds SQLite with synchronous=NORMAL as the default, which may lose the last commits.
  db.pragma('synchronous = FULL');
  db.pragma(`wal_autocheckpoint = ${walPagesPerCheckpoint}`);
  db.pragma(`journal_size_limit = ${walBytesMax}`);
  db.pragma(`cache_size = -${role === 'replayer' ? scanCacheKib : cacheKib}`);
  db.pragma('temp_store = MEMORY');
  return db;
}
