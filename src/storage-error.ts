/** What the storage refuses or fails at. Engines throw it; whoever answers a request turns it into a `Problem`. */
import { Problem } from './problems.js';
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

/** The fault as it is answered: one that may pass by itself, or one that needs hands. */
export function storageProblem({ reason, message }: StorageError): Problem {
  if (reason === 'taken') return new Problem('replay_running', message);
  return new Problem(passing.includes(reason) ? 'storage_unavailable' : 'storage_failed', message);
}

const passing: readonly StorageFault[] = ['locked', 'conflict', 'lost', 'unavailable'];

export type StorageFault =
  | 'full'
  | 'read_only'
  | 'corrupt'
  /** The disk, or what stands between it and here, is at fault: it does not get better by itself. */
  | 'failed'
  /** Another process is in the way; it may be out of it a moment later. */
  | 'locked'
  /** Another process builds the shadow that this one built. */
  | 'taken'
  | 'newer'
  /** There is no ledger where one was looked for, or none can be. */
  | 'missing'
  /** It cannot be reached, or does not answer in time; it may do so later. */
  | 'unavailable'
  | 'tables_missing'
  /** Another transaction got in the way: nothing was written, and trying again may succeed. */
  | 'conflict'
  /** As `conflict`: the log no longer holds what this process read or wrote in it. */
  | 'lost';
