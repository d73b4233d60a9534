/** What the storage refuses or fails at. Engines throw it; whoever answers a request turns it into a `Problem`. */
import { Problem, type ProblemCode } from './problems.js';
import { redacted } from './settings/database.js';

/** The storage refused or failed; what was asked did not happen. */
export class StorageError extends Error {
  readonly reason: StorageFault;

  /** A URL in the message loses its password: messages are logged, printed and answered. */
  constructor(reason: StorageFault, message: string, options?: ErrorOptions) {
    super(redacted(message), options);
    this.name = 'StorageError';
    this.reason = reason;
  }
}

/** The fault as it is answered. */
export const storageProblem = ({ reason, message }: StorageError): Problem =>
  new Problem(storageFaults[reason].code, message);

/** What can be wrong with the storage, with the problem that is answered, and the end of a run that met it. */
export const storageFaults = {
  full: { code: 'storage_failed', exit: 'failed' },
  read_only: { code: 'storage_failed', exit: 'failed' },
  corrupt: { code: 'storage_failed', exit: 'failed' },
  /** The disk, or what stands between it and here, is at fault: it does not get better by itself. */
  failed: { code: 'storage_failed', exit: 'failed' },
  /** Another process is in the way; it may be out of it a moment later. */
  locked: { code: 'storage_unavailable', exit: 'failed' },
  /** Another process does what this one did: it has the lease, or the shadow. */
  taken: { code: 'replay_running', exit: 'failed' },
  /** The file is a database of another program, which stays as it is. */
  foreign: { code: 'storage_failed', exit: 'failed' },
  /** Other accounts could read or change it. */
  unsafe: { code: 'storage_failed', exit: 'failed' },
  /** The file that was opened is no longer the one that its name leads to. */
  gone: { code: 'ledger_lost', exit: 'failed' },
  /** What is recorded could not be written to the tables. */
  unwritable: { code: 'not_writable', exit: 'failed' },
  /** The log holds less than it is known to have held. */
  incomplete: { code: 'ledger_lost', exit: 'failed' },
  newer: { code: 'storage_failed', exit: 'newer' },
  /** There is no ledger where one was looked for, or none can be. */
  missing: { code: 'storage_failed', exit: 'failed' },
  /** It cannot be reached, or does not answer in time; it may do so later. */
  unavailable: { code: 'storage_unavailable', exit: 'unavailable' },
  tables_missing: { code: 'storage_failed', exit: 'failed' },
  /** Another transaction got in the way: nothing was written, and trying again may succeed. */
  conflict: { code: 'storage_unavailable', exit: 'failed' },
  /** As `conflict`: the log no longer holds what this process read or wrote in it. */
  lost: { code: 'storage_unavailable', exit: 'failed' },
} as const satisfies Record<string, { readonly code: ProblemCode; readonly exit: string }>;

export type StorageFault = keyof typeof storageFaults;
