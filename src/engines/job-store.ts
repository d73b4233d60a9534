/**
 * The contract for the tables of background work: `jobs`, `schedule_fires`, `paused_jobs`; `Engine.query` reads them. Each method is one
 * transaction. What a worker does with a job it claimed needs the token of its claim: one that lost the job changes nothing.
 * Times are those of the storage: of the server, where many machines share one.
 */
import type { PoolId } from '../events/scalars.js';

export type JobState = 'pending' | 'running' | 'succeeded' | 'failed' | 'dead' | 'cancelled';

export interface NewJob {
  readonly id: string;
  /** Null where it is about none. */
  readonly pool: PoolId | null;
  readonly kind: string;
  /** JSON. */
  readonly payload: string;
  /** Milliseconds UTC; null: at once. */
  readonly runAt: number | null;
  /** Of the jobs of a kind that are due, those with the smallest come first. */
  readonly priority: number;
  readonly attemptsMax: number;
  /** While a job of the kind with the same text is pending or running, no other is added. */
  readonly dedupe: string | null;
  readonly schedule: string | null;
}

export interface AddedJob {
  readonly id: string;
  /** False where one with the same `dedupe` is active: its id is given. */
  readonly isNew: boolean;
}

/** An instant of a schedule. */
export interface Fire {
  readonly schedule: string;
  readonly instant: number;
}

export interface FoundWork {
  /** Of each kind the job that is next, where one is due. */
  readonly due: readonly { readonly kind: string; readonly id: string }[];
  /** Whether a claim has run out that nobody renewed. */
  readonly expired: boolean;
  /** Kinds that are paused; `*` stands for all. */
  readonly paused: readonly string[];
}

export interface JobClaim {
  readonly id: string;
  readonly token: number;
}

export interface ClaimedJob extends JobClaim {
  readonly pool: PoolId | null;
  readonly kind: string;
  readonly payload: string;
  /** Counted from 1. */
  readonly attempts: number;
  readonly attemptsMax: number;
  readonly runAt: number;
  readonly schedule: string | null;
}

export interface ReclaimedJob {
  readonly id: string;
  readonly kind: string;
  readonly pool: PoolId | null;
  readonly state: JobState;
  readonly attempts: number;
}

export interface Failure {
  readonly error: string;
  /** `failed` and `dead`: it is not tried again, although it might be. */
  readonly next: 'retry' | 'failed' | 'dead';
  readonly progress: string | null;
}

/** How long finished jobs are kept, and how many of each state. */
export interface Retention {
  readonly succeededMs: number;
  readonly otherMs: number;
  readonly rows: number;
  readonly firesMs: number;
}

export interface JobStore {
  /** All of them or none. Null where more than `pendingMax` would wait. */
  add(jobs: readonly NewJob[], pendingMax: number): Promise<readonly AddedJob[] | null>;
  /** Adds the job of an instant, unless that was done before, whoever did it. False: it was. Null where too many wait. */
  fire(fire: Fire, job: NewJob, pendingMax: number): Promise<boolean | null>;
  /** What there is to do of these kinds; those that are paused are left out. Only reads. */
  look(kinds: readonly string[]): Promise<FoundWork>;
  /** Null where somebody else was faster, or it is not due. */
  claim(id: string, holder: string, leaseMs: number): Promise<ClaimedJob | null>;
  /** `cancelled`: still held, but to be ended. */
  renew(claim: JobClaim, leaseMs: number, progress: string | null): Promise<'held' | 'cancelled' | 'lost'>;
  /** The state it ended in; null where the claim is lost. */
  complete(claim: JobClaim, result: string | null, progress: string | null): Promise<JobState | null>;
  /** As `complete`: pending again after a while, or dead after its last attempt. */
  fail(claim: JobClaim, failure: Failure): Promise<JobState | null>;
  /** As `complete`: pending again, as if it had not been claimed. */
  giveBack(claim: JobClaim, delayMs: number, error: string | null): Promise<JobState | null>;
  /** As `fail`, of claims that ran out, the oldest first: so many at most. */
  reclaim(limit: number): Promise<readonly ReclaimedJob[]>;
  /** `running`: whoever holds it ends it. Null where it has ended, or there is none. */
  cancel(id: string): Promise<JobState | null>;
  /** Has it run at once, with all its attempts before it. False: another one with its `dedupe` is active. Null: it is running or there is none. */
  retry(id: string): Promise<boolean | null>;
  /** False where it is running or there is none. */
  discard(id: string): Promise<boolean>;
  pause(kind: string, isPaused: boolean): Promise<void>;
  /** Removes what is kept no longer, so many rows of each sort at most. Gives how many. */
  trim(retention: Retention, limit: number): Promise<number>;
}
