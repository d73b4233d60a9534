/** What went wrong in PostgreSQL or on the way to it, in the terms of the contract. */
import pg from 'pg';
import { StorageError, type StorageFault } from '../../storage-error.js';

const sentences: Record<StorageFault, string> = {
  full: 'the disk of the database is full',
  read_only: 'the database takes no writes',
  corrupt: 'the database is damaged; restore a backup, or export what can be read',
  locked: 'the database is busy: a lock was not free in time',
  taken: 'another process has taken it up',
  foreign: 'the database belongs to another program',
  unsafe: 'other accounts could change the database',
  gone: 'the database was removed or replaced',
  unwritable: 'nothing can be recorded',
  incomplete: 'the log holds less than it did',
  newer: 'the database was written by a newer release of Resource-Share',
  failed: 'the storage of the database failed',
  missing: 'there is no ledger',
  unavailable: 'the database cannot be reached',
  tables_missing: 'a table is missing or damaged; run `resource-share migrate`, then `resource-share replay`',
  conflict: 'another transaction got in the way',
  lost: 'the log has lost events',
};

/** SQLSTATEs (PostgreSQL documentation, appendix A), by their beginning; the first that fits. */
const states: readonly (readonly [string, StorageFault])[] = [
  ['40', 'conflict'],
  ['25006', 'read_only'],
  ['42501', 'read_only'],
  ['53100', 'full'],
  ['55P03', 'locked'],
  ['42P01', 'tables_missing'],
  ['42703', 'tables_missing'],
  ['XX001', 'corrupt'],
  ['XX002', 'corrupt'],
  ['08', 'unavailable'],
  ['28', 'unavailable'],
  ['3D000', 'unavailable'],
  ['53', 'unavailable'],
  ['57', 'unavailable'],
  ['58', 'failed'],
  ['25P03', 'unavailable'],
];

/** Turns an error of the server or the connection into a `StorageError`; any other error is a bug and stays as it is. */
export function storageFault(error: unknown): unknown {
  const reason = reasonOf(error);
  if (reason === null) return error;
  const { message, code } = error as Error & { code?: string };
  return new StorageError(reason, `${sentences[reason]} (${code === undefined ? '' : `${code}: `}${message})`, {
    cause: error,
  });
}

function reasonOf(error: unknown): StorageFault | null {
  if (error instanceof StorageError) return null;
  if (error instanceof pg.DatabaseError) {
    const { code = '' } = error;
    return states.find(([state]) => code.startsWith(state))?.[1] ?? null;
  }
  return isBrokenConnection(error) ? 'unavailable' : null;
}

/**
 * The server said that it did not do what it was asked: the transaction is undone, and the connection may live on. One
 * that has become read-only is a standby now: its connections are of no more use than broken ones.
 */
export const isRefusal = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && !/^(08|57P|25006)/.test(error.code ?? '');

const connectionErrors = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/;
/** node-postgres gives errors of the connection no code. */
const connectionMessages =
  /connection terminated|connection ended|connection error|query read timeout|timeout exceeded|timeout expired|not queryable|client was closed/i;

/** Whether the answer was lost, and with it whether what was asked happened. */
export function isBrokenConnection(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof StorageError) return false;
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof pg.DatabaseError) return !isRefusal(error);
  return connectionErrors.test(code ?? '') || connectionMessages.test(error.message);
}
