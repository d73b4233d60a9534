/** A job: work that a daemon does in the background, one object a file, listed in `registry.ts`. */
import type { Logger } from 'pino';
import type * as z from 'zod';
import type { Ledger } from '../ledger/ledger.js';

export interface Job<P> {
  /** Its name, which is also that of its file. */
  readonly kind: string;
  readonly payload: z.ZodType<P>;
  /** A job without one runs once, when the daemon starts. */
  readonly schedule?: Schedule;
  /** Which of the runs that were missed while no daemon ran are made up for. */
  readonly catchUp: 'none' | 'last' | 'all';
  /** How long a process that does not renew its claim on a run keeps it. */
  readonly leaseMs: number;
  /** Aborted, a run ends at its next step: the ledger is closed only after it. */
  run(context: JobContext, payload: P, signal: AbortSignal): Promise<void>;
}

export interface Schedule {
  readonly everyMs: number;
  /** Whether it also runs when the daemon starts. */
  readonly atStart: boolean;
}

export interface JobContext {
  readonly ledger: Ledger;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
}
