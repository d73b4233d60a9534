/**
 * A job: work that is claimed in the table `jobs`, so that of all daemons on one database one does it, what failed is tried again, and what
 * was missed is made up for. One object a file, listed in `registry.ts`.
 */
import type { Logger } from 'pino';
import type * as z from 'zod';
import type { CommandBody } from '../events/catalogue.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Outcome } from '../ledger/outcome.js';

export interface Job<P extends object> {
  /** Its name, which is also that of its file. */
  readonly kind: string;
  readonly payload: z.ZodType<P>;
  readonly schedule?: Schedule;
  /** What it is given at an instant of its schedule; nothing where it is left out. */
  payloadAt?(instant: EpochMs, timeZone: string): P;
  /** Which instants of its schedule are made up for that passed while no daemon ran. */
  readonly catchUp: CatchUp;
  /** How long a process that does not renew its claim on a job keeps it. */
  readonly leaseMs: number;
  /** `limits.jobAttempts` where it is left out. */
  readonly attemptsMax?: number;
  /** While a job with the same text waits or runs, no other is added: with a constant one, there are never two at once. */
  dedupe?(payload: P): string;
  /**
   * Does it, and gives what is kept as its result. Aborted, it ends at its next step: its claim is lost, it was cancelled, or the daemon
   * ends. It may be run again after it was done in part.
   */
  run(context: JobContext, payload: P, signal: AbortSignal): Promise<unknown>;
}

export type CatchUp = 'none' | 'last' | 'all';

/** At multiples of an interval, or by a cron expression in the time zone of the pool. */
export type Schedule = Timing & {
  /** It starts up to so much later, at random. */
  readonly jitterMs?: number;
  /** Once for each pool, in its time zone; otherwise in that of the default pool. */
  readonly eachPool?: true;
};

export type Timing = { readonly everyMs: number } | { readonly cron: string };

export interface JobContext {
  readonly ledger: Ledger;
  /** The last lines are kept with the job, too. */
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  readonly job: ThisJob;
  /** How far it is, from 0 to 1. */
  progress(ratio: number): void;
  /**
   * Records an event, once however often it is tried: `part` tells several of one job from each other. Throws a `Problem` where it is
   * refused; `job_fenced` where the claim is lost, and then nothing is recorded.
   */
  record(pool: PoolId, command: CommandBody, part?: string): Promise<Outcome>;
}

export interface ThisJob {
  readonly id: string;
  readonly token: number;
  /** Counted from 1. */
  readonly attempt: number;
  /** What it is about; the default one where none is named. */
  readonly pool: PoolId;
}
