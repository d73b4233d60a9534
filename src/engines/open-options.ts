/** With what an engine is opened: its clock, and the limits that an operator may set. */
import type { Clock } from '../runtime/clock.js';

/** What an operator may set about an engine. */
export interface EngineLimits {
  /** Connections to a server, kept at most. */
  readonly connectionsMax: number;
  /** How long a statement may take on a server, where it rebuilds nothing. */
  readonly statementMsMax: number;
  /** The write-ahead log of a data directory is cut back when it grows beyond this. */
  readonly walBytesMax: number;
}

/** With what an engine is opened. */
export interface OpenOptions {
  /** For what is done in this thread; a thread of the storage has the system's. */
  readonly clock: Clock;
  readonly limits: EngineLimits;
  /** Of a writer: a ledger that has lost events is opened all the same, and says what it lost. */
  readonly acceptLoss?: boolean | undefined;
}
