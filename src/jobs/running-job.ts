/** One job that this process has claimed: its claim is renewed while it is done, and what came of it is kept. */

import type { CommandBody } from '../events/catalogue.js';
import { defaultPool, type PoolId } from '../events/scalars.js';
import type { ClaimedJob, JobState } from '../ledger/ledger.js';
import type { Outcome } from '../ledger/outcome.js';
import { limits } from '../limits.js';
import { Problem, problems } from '../problems.js';
import { StorageError } from '../storage-error.js';
import type { ChoreContext } from './chore.js';
import type { JobContext } from './job.js';
import { JobNotes } from './job-notes.js';
import type { AnyJob } from './registry.js';

/** How it ended: `lost` where the claim was. */
export type JobEnd = JobState | 'lost';

/** Where the storage refuses what a job writes, the job waits. */
const storageWaitMs = 30_000;
const settleRetryMs = 1_000;

/** Why a job is to end. */
class Stop extends Error {
  readonly why: 'lost' | 'cancelled' | 'drain';

  constructor(why: Stop['why'], text: string) {
    super(text);
    this.why = why;
  }
}

export interface RunOptions {
  /** How often the claim is renewed. */
  readonly heartbeatMs: number;
}

export class RunningJob {
  readonly claimed: ClaimedJob;
  readonly ended: Promise<JobEnd>;
  readonly #job: AnyJob;
  readonly #context: ChoreContext;
  readonly #options: RunOptions;
  readonly #notes: JobNotes;
  readonly #stop = new AbortController();
  readonly #over = new AbortController();
  /** By `Clock.elapsed`: nobody else has it before. */
  #heldUntil: number;

  /** `askedAt`: before it was claimed, by `Clock.elapsed`. */
  constructor(job: AnyJob, claimed: ClaimedJob, askedAt: number, context: ChoreContext, options: RunOptions) {
    this.#job = job;
    this.claimed = claimed;
    this.#context = context;
    this.#options = options;
    this.#notes = new JobNotes(context.log, { job: claimed.kind, id: claimed.id });
    this.#heldUntil = askedAt + job.leaseMs;
    this.ended = this.#run();
  }

  /** Null until it is to end; since when by `Clock.elapsed`. */
  stoppedAt: number | null = null;
  isToldStuck = false;

  cancel(): void {
    this.#end('cancelled', 'the job was cancelled');
  }

  /** The daemon ends: the job is to be given back. */
  drain(): void {
    this.#end('drain', 'the daemon ends');
  }

  /** Gives the job back although it has not ended. */
  async giveUp(): Promise<void> {
    this.#over.abort();
    await this.#context.ledger.jobStore.giveBack(this.claimed, 0, null);
  }

  async #run(): Promise<JobEnd> {
    const { clock } = this.#context.ledger;
    clock.every(this.#options.heartbeatMs, this.#over.signal, () => this.#renew());
    void this.#watch();
    let done: { readonly result: unknown } | { readonly error: unknown };
    try {
      done = { result: await this.#do() };
    } catch (error) {
      done = { error };
    }
    this.#over.abort();
    return this.#settleSurely(done);
  }

  async #do(): Promise<unknown> {
    const { payload } = this.claimed;
    const parsed = this.#job.payload.safeParse(JSON.parse(payload));
    if (!parsed.success) throw new Unreadable(parsed.error.issues[0]?.message ?? 'it does not fit');
    return this.#job.run(this.#jobContext(), parsed.data, this.#stop.signal);
  }

  #jobContext(): JobContext {
    const { id, token, attempts, pool } = this.claimed;
    return {
      ledger: this.#context.ledger,
      log: this.#notes,
      job: { id, token, attempt: attempts, pool: pool ?? defaultPool },
      progress: (ratio) => this.#notes.progress(ratio),
      record: (about, command, part) => this.#record(about, command, part),
    };
  }

  async #record(pool: PoolId, command: CommandBody, part: string | undefined): Promise<Outcome> {
    this.#stop.signal.throwIfAborted();
    const { id, token, kind } = this.claimed;
    const key = `job:${id}:${token}${part === undefined ? '' : `:${part}`}`;
    const origin = { actor: kind, source: 'jobs/1', key, fence: { job: id, token } };
    const outcome = await this.#context.ledger.submitOne(pool, { ...command, ...origin });
    if (outcome.status === 'rejected') throw new Problem(outcome.code, outcome.detail);
    return outcome;
  }

  #end(why: Stop['why'], text: string): void {
    if (this.#stop.signal.aborted) return;
    this.stoppedAt = this.#context.ledger.clock.elapsed();
    this.#stop.abort(new Stop(why, text));
  }

  /** Without an answer it is tried again, as long as there is time. */
  async #renew(): Promise<void> {
    const { clock, jobStore } = this.#context.ledger;
    const askedAt = clock.elapsed();
    const { leaseMs } = this.#job;
    const found = await jobStore.renew(this.claimed, leaseMs, this.#notes.changed()).catch(() => null);
    if (found === null) return;
    if (found === 'lost') return this.#end('lost', 'another process may have the job');
    this.#heldUntil = askedAt + leaseMs;
    if (found === 'cancelled') this.cancel();
  }

  async #watch(): Promise<void> {
    const { clock } = this.#context.ledger;
    const { signal } = this.#over;
    while (!signal.aborted) {
      const leftMs = this.#heldUntil - clock.elapsed();
      if (leftMs <= 0) return this.#end('lost', 'the claim could not be renewed in time');
      await clock.sleep(leftMs, signal);
    }
  }

  /** As long as the claim is held, what came of it is said again until the storage has it. */
  async #settleSurely(done: { readonly result: unknown } | { readonly error: unknown }): Promise<JobEnd> {
    const { clock } = this.#context.ledger;
    for (;;) {
      try {
        const state = await this.#settle(done);
        if (state === null) this.#notes.warn('the job was lost: what came of it is not kept');
        return state ?? 'lost';
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        if (clock.elapsed() >= this.#heldUntil) return 'lost';
        await clock.sleep(settleRetryMs);
      }
    }
  }

  async #settle(done: { readonly result: unknown } | { readonly error: unknown }): Promise<JobState | null> {
    const { jobStore } = this.#context.ledger;
    const { reason } = this.#stop.signal;
    const why = reason instanceof Stop ? reason.why : null;
    if (why === 'lost') return null;
    if ('result' in done) {
      const result = done.result === undefined ? null : JSON.stringify(done.result);
      if (result === null || Buffer.byteLength(result) <= limits.jobPayloadBytesMax)
        return jobStore.complete(this.claimed, result, this.#notes.changed());
      return this.#fail(new Error(`its result has more than ${limits.jobPayloadBytesMax} bytes`));
    }
    if (why === 'drain') return jobStore.giveBack(this.claimed, 0, null);
    if (isOfStorage(done.error)) return jobStore.giveBack(this.claimed, storageWaitMs, textOf(done.error));
    return this.#fail(done.error);
  }

  #fail(error: unknown): Promise<JobState | null> {
    const { attempts, attemptsMax } = this.claimed;
    if (!this.#stop.signal.aborted)
      this.#notes.error({ err: error, attempt: attempts, of: attemptsMax }, `the job failed: ${textOf(error)}`);
    return this.#context.ledger.jobStore.fail(this.claimed, {
      error: textOf(error),
      next: nextAfter(error),
      progress: this.#notes.changed(),
    });
  }
}

/** A payload that no attempt can do anything with. */
class Unreadable extends Error {
  constructor(text: string) {
    super(`its payload cannot be read: ${text}`);
  }
}

/** Another attempt would be refused in the same way. */
function nextAfter(error: unknown): 'dead' | 'failed' | 'retry' {
  if (error instanceof Unreadable) return 'dead';
  return error instanceof Problem && problems[error.code].retry === 'never' ? 'failed' : 'retry';
}

/** The job itself may be all right. */
const isOfStorage = (error: unknown): boolean =>
  error instanceof StorageError ||
  (error instanceof Problem && /^(storage_|not_writable|queue_full|clock_suspect)/.test(error.code));

const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, limits.jobErrorCharactersMax);
