/**
 * Reading a ledger in a folder that takes no writes: a backup mounted for reading, or another account's. SQLite opens a database
 * in WAL mode only where it can make files beside it, so what is read is a copy, unless those files are there.
 */
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';

/** Copied into memory up to this size, and to a temporary file above. */
export const copiedBytesMax = 268_435_456;

/** Where the header says how the file is read and written, and that it is by a rollback journal: no other file is needed then. */
const modesAt = 18;
const byJournal = 1;

/** False where there is no folder, too. */
export function takesWrites(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function openReadOnly(path: string): Database.Database {
  const walBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (walBytes === 0 && statSync(path).size <= copiedBytesMax) return openInMemory(path);
  return (walBytes > 0 ? openInPlace(path) : null) ?? openTemporary(path, walBytes > 0);
}

/** Without what is in a write-ahead log. */
export function openInMemory(path: string): Database.Database {
  const copy = readFileSync(path);
  copy.fill(byJournal, modesAt, modesAt + 2);
  return new Database(copy, { readonly: true });
}

/** Null where the index of the write-ahead log is missing. Where it is there, another process may have the ledger open. */
function openInPlace(path: string): Database.Database | null {
  const db = new Database(path, { readonly: true });
  try {
    db.prepare('SELECT 1 FROM sqlite_master').get();
    return db;
  } catch (error) {
    db.close();
    if (error instanceof Database.SqliteError && /^SQLITE_(CANTOPEN|READONLY)/.test(error.code)) return null;
    throw error;
  }
}

/** The copy has no name any more when it is open, so it goes with the process, however that ends. */
function openTemporary(path: string, withWal: boolean): Database.Database {
  const folder = mkdtempSync(join(tmpdir(), 'resource-share-'));
  try {
    const copy = join(folder, basename(path));
    copyFileSync(path, copy, constants.COPYFILE_FICLONE);
    if (withWal) {
      copyFileSync(`${path}-wal`, `${copy}-wal`);
      const db = new Database(copy);
      db.pragma('journal_mode = DELETE');
      db.close();
    } else setByJournal(copy);
    const db = new Database(copy, { readonly: true });
    db.prepare('SELECT 1 FROM sqlite_master').get();
    return db;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function setByJournal(path: string): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, Buffer.alloc(2, byJournal), 0, 2, modesAt);
  } finally {
    closeSync(file);
  }
}
