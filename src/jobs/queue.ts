/** Where work is put: jobs of kinds that are known are added, and runners of this process hear of it at once. */

import { parseWith } from '../events/command.js';
import type { PoolId } from '../events/scalars.js';
import { idMaker } from '../ledger/ids.js';
import type { AddedJob, JobState, JobStore, NewJob } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { Kinds } from './kinds.js';

export interface JobRequest {
  readonly kind: string;
  readonly payload?: unknown;
  readonly pool?: PoolId | undefined;
  readonly runAt?: number | undefined;
  readonly priority?: number | undefined;
  readonly attemptsMax?: number | undefined;
  readonly dedupe?: string | undefined;
}

export interface QueueSettings {
  readonly store: JobStore;
  readonly kinds: Kinds;
  readonly now: () => number;
}

export class JobQueue {
  readonly store: JobStore;
  readonly kinds: Kinds;
  readonly #now: () => number;
  readonly #nextId = idMaker();
  readonly #listeners = new Set<(id: string) => void>();

  constructor({ store, kinds, now }: QueueSettings) {
    this.store = store;
    this.kinds = kinds;
    this.#now = now;
  }

  /** Throws `job_kind_unknown`, `invalid_field`, and `jobs_full`, where too many wait. */
  async add(request: JobRequest): Promise<AddedJob> {
    const added = await this.store.add([this.make(request)], limits.jobsPendingMax);
    if (added === null) throw jobsFull();
    this.#tell('');
    return added[0] as AddedJob;
  }

  /** The row of a job, checked by its kind. */
  make(
    { kind: name, pool, runAt, priority = 0, attemptsMax, dedupe, ...given }: JobRequest,
    schedule?: string,
  ): NewJob {
    const kind = this.kinds.get(name);
    const payload = parseWith(kind.payload, given.payload ?? {}, 'payload');
    const text = JSON.stringify(payload);
    if (Buffer.byteLength(text) > limits.jobPayloadBytesMax)
      throw new Problem('too_large', `the payload has more than ${limits.jobPayloadBytesMax} bytes`);
    return {
      id: this.#nextId(this.#now()),
      pool: pool ?? null,
      kind: name,
      payload: text,
      runAt: runAt ?? null,
      priority,
      attemptsMax: attemptsMax ?? kind.attemptsMax,
      dedupe: kind.dedupe?.(payload) ?? dedupe ?? null,
      schedule: schedule ?? null,
    };
  }

  /** Throws `job_unknown`, `job_ended`. Whoever runs it in this process ends it at once, others with their next heartbeat. */
  async cancel(id: string): Promise<JobState> {
    const state = await this.store.cancel(id);
    if (state === null) throw new Problem('job_ended', `there is no job ${id} that waits or runs`);
    this.#tell(id);
    return state;
  }

  /** Throws `job_active`, where another one with its dedupe key waits or runs, and `job_running`. */
  async retry(id: string): Promise<void> {
    const isDone = await this.store.retry(id);
    if (isDone === false) throw new Problem('job_active', `another job with the dedupe key of ${id} waits or runs`);
    if (isDone === null) throw new Problem('job_running', `the job ${id} is running, or there is none`);
    this.#tell('');
  }

  async discard(id: string): Promise<void> {
    if (!(await this.store.discard(id))) throw new Problem('job_running', `the job ${id} is running, or there is none`);
  }

  async pause(kind: string, isPaused: boolean): Promise<void> {
    await this.store.pause(kind, isPaused);
    this.#tell('');
  }

  /** Tells of each change that a runner is to act upon; of a job that was cancelled with its id. Gives what ends it. */
  listen(listener: (cancelled: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(cancelled: string): void {
    for (const listener of this.#listeners) listener(cancelled);
  }
}

export const jobsFull = (): Problem =>
  new Problem('jobs_full', `${limits.jobsPendingMax} jobs wait; see \`resource-share jobs list\``);
