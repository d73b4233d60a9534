/** What went wrong in SQLite, in the terms of the contract. */
import Database from 'better-sqlite3';
import { StorageError, type StorageFault } from '../../storage-error.js';

const sentences: Record<StorageFault, string> = {
  full: 'the disk is full',
  read_only: 'the data directory or database is read-only',
  corrupt: 'the database file is damaged; restore a backup, or export what can be read',
  locked: 'the database is locked by another process',
  taken: 'another process has taken it up',
  foreign: 'the database belongs to another program',
  unsafe: 'other accounts could change the database file',
  gone: 'the database file was removed or replaced',
  unwritable: 'nothing can be recorded',
  incomplete: 'the log holds less than it did',
  newer: 'the database was written by a newer release of Resource-Share',
  missing: 'the data directory cannot be used',
  failed: 'the storage failed',
  unavailable: 'the storage cannot be used at the moment',
  tables_missing: 'a projection table is missing or damaged; run `resource-share replay`',
  conflict: 'another transaction got in the way',
  lost: 'the log has lost events',
};

/** Turns an error of SQLite or of the file system into a `StorageError`; any other error is a bug and stays as it is. */
export function storageFault(error: unknown): unknown {
  const reason = reasonOf(error);
  if (reason === null) return error;
  const { message, code } = error as Error & { code: string };
  return new StorageError(reason, `${sentences[reason]} (${code}: ${message})`);
}

function reasonOf(error: unknown): StorageFault | null {
  if (error instanceof Database.SqliteError) {
    const { code } = error;
    if (code === 'SQLITE_FULL') return 'full';
    if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code === 'SQLITE_PERM')
      return 'read_only';
    if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return 'corrupt';
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'locked';
    if (code.startsWith('SQLITE_IOERR')) return 'failed';
    if (code === 'SQLITE_ERROR' && /no such (table|column)|has no column/.test(error.message)) return 'tables_missing';
    return null;
  }
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'full';
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return 'read_only';
  if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'ENOENT') return 'missing';
  if (code === 'EIO') return 'failed';
  if (code === 'EMFILE') return 'unavailable';
  return null;
}
