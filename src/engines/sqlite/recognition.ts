/** Whose a database file is, found out before anything is written to it: a file of another program stays as it is. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { StorageError } from '../../storage-error.js';
import { copiedBytesMax, openInMemory, openReadOnly, takesWrites } from './read-only.js';

/** `RsSh`, in the header of every file of ours; files of the first release get it when they are next opened for writing. */
export const applicationId = 0x52735368;

const headerBytes = 100;
const applicationIdAt = 68;
const magic = 'SQLite format 3\0';

/** Throws a `StorageError` where the file is a database of another program. One that is damaged is left to SQLite to refuse. */
export function refuseForeign(path: string): void {
  const id = applicationIdOf(path);
  if (id === null || id === applicationId) return;
  const db = openUntouched(path);
  try {
    const tables = tablesIn(db);
    if (isOriginal(db, tables)) {
      throw new StorageError(
        'foreign',
        `${path} is a database of the original server, and was left as it is: choose another directory with --data, and take its history in with \`resource-share import coop ${path}\``,
      );
    }
    if (id === 0 && (tables.length === 0 || hasOwnTables(tables))) return;
    throw new StorageError(
      'foreign',
      `${path} is a database of another program, and was left as it is: choose another directory with --data`,
    );
  } finally {
    db.close();
  }
}

/** What every ledger has had since its first schema. */
const ownTables = ['pools', 'events', 'idempotency', 'projections'];
const hasOwnTables = (tables: readonly string[]): boolean => ownTables.every((table) => tables.includes(table));

/** Whether a database is a ledger of ours. */
export const isLedger = (db: Database.Database, tables: readonly string[]): boolean =>
  db.pragma('application_id', { simple: true }) === applicationId || hasOwnTables(tables);

/** Also where a release that did not look has added its own tables: the increments of a ledger name their event. */
export function isOriginal(db: Database.Database, tables: readonly string[]): boolean {
  const known = ['resource_share_increments', 'daily_resource_share', 'claude_identities', 'quota_info'];
  const found = known.find((table) => tables.includes(table));
  if (found === undefined) return false;
  const columns = db.pragma(`table_info(${found})`) as { readonly name: string }[];
  return !columns.some(({ name }) => name === 'pool');
}

export function tablesIn(db: Database.Database): string[] {
  return db.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).pluck().all() as string[];
}

/**
 * Opening a file in WAL mode makes files beside it. Where there is none yet, a copy in memory is looked at instead, which says of
 * itself that it is in no such mode. A ledger of ours is copied once at most, as it has its id from the next writer on; a large
 * file is opened where it is, because a copy of it would not fit.
 */
function openUntouched(path: string): Database.Database {
  if (!takesWrites(dirname(path))) return openReadOnly(path);
  if (existsSync(`${path}-wal`) || statSync(path).size > copiedBytesMax) return new Database(path, { readonly: true });
  return openInMemory(path);
}

/** Null where there is no file, an empty one, or one that is no database. */
function applicationIdOf(path: string): number | null {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null;
  const header = Buffer.alloc(headerBytes);
  const file = openSync(path, 'r');
  try {
    if (readSync(file, header, 0, headerBytes, 0) < headerBytes) return null;
  } finally {
    closeSync(file);
  }
  return header.toString('latin1', 0, magic.length) === magic ? header.readInt32BE(applicationIdAt) : null;
}
