/**
 * Claims jobs and does them, as many of each kind at once as is allowed. It looks for work every few seconds, and at once when something
 * was added in this process. While there is nothing to do it only reads.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { maintenanceOf } from '../ledger/maintenance.js';
import { jobStuck, jobUnstuck } from '../ledger/own-commands.js';
import { limits } from '../limits.js';
import { StorageError } from '../storage-error.js';
import type { ChoreContext } from './chore.js';
import { alertAbout, reclaimExpired, tellDead } from './lost-jobs.js';
import type { JobQueue } from './queue.js';
import type { AnyJob } from './registry.js';
import { RunningJob } from './running-job.js';
import type { Schedules } from './schedules.js';

export interface RunnerSettings {
  /** What people call this process; made up where it is left out. */
  readonly workerId?: string | undefined;
  readonly pollMs: number;
  readonly heartbeatMs: number;
  /** Jobs of one kind at once. */
  readonly concurrency: number;
  /** How long those that run are waited for at the end. */
  readonly drainMs: number;
  /** Ends the process where a job does not end. */
  readonly kill?: (() => void) | undefined;
}

export class JobRunner {
  readonly #jobs: ReadonlyMap<string, AnyJob>;
  readonly #schedules: Schedules | null;
  readonly #context: ChoreContext;
  readonly #settings: RunnerSettings;
  /** How long jobs may take to end. */
  drainMs: number;
  readonly #holder: string;
  readonly #running = new Map<string, RunningJob>();
  readonly #stopped = new AbortController();
  readonly #unlisten: () => void;
  readonly #loop: Promise<void>;
  #wake = new AbortController();
  /** Whether the storage did not answer last time. */
  #isAway = false;

  /** It begins at once. Without schedules, only what others add is done. */
  constructor(
    jobs: readonly AnyJob[],
    queue: JobQueue,
    schedules: Schedules | null,
    context: ChoreContext,
    settings: RunnerSettings,
  ) {
    this.#jobs = new Map(jobs.map((job) => [job.kind, job]));
    this.#schedules = schedules;
    this.#context = context;
    this.#settings = settings;
    this.drainMs = settings.drainMs;
    this.#holder = settings.workerId ?? `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
    this.#unlisten = queue.listen((cancelled) => {
      this.#running.get(cancelled)?.cancel();
      this.#wake.abort();
    });
    this.#loop = this.#work();
  }

  /** Claims nothing more, waits for what runs as long as it may take, and gives back the rest. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake.abort();
    this.#unlisten();
    await this.#loop;
    await this.#endedWithin(this.drainMs);
    for (const job of this.#running.values()) job.drain();
    await this.#endedWithin(limits.jobGiveBackMs);
    const giving = [...this.#running.values()].map((job) => job.giveUp());
    for (const given of await Promise.allSettled(giving)) {
      if (given.status === 'rejected') this.#context.log.warn({ err: given.reason }, 'a job could not be given back');
    }
  }

  async #endedWithin(ms: number): Promise<void> {
    if (this.#running.size === 0) return;
    const ended = new AbortController();
    const all = Promise.all([...this.#running.values()].map((job) => job.ended));
    await Promise.race([all, this.#context.ledger.clock.sleep(ms, ended.signal)]);
    ended.abort();
  }

  async #work(): Promise<void> {
    const { clock } = this.#context.ledger;
    let waitMs = this.#settings.pollMs;
    while (!this.#stopped.signal.aborted) {
      this.#wake = new AbortController();
      const woken = this.#wake.signal;
      try {
        await this.#round();
        waitMs = this.#settings.pollMs;
        this.#tell(null);
      } catch (error) {
        waitMs = Math.min(waitMs * 2, limits.jobPollMsMax);
        this.#tell(error);
      }
      if (!this.#stopped.signal.aborted) await clock.sleep(waitMs, woken);
    }
  }

  /** That the storage is away is said once. */
  #tell(error: unknown): void {
    const { log } = this.#context;
    if (error !== null && !(error instanceof StorageError)) return log.error({ err: error }, 'looking for jobs failed');
    if ((error !== null) === this.#isAway) return;
    this.#isAway = error !== null;
    if (error === null) log.info('jobs can be looked for again');
    else log.warn({ err: error }, 'jobs cannot be looked for: the storage does not answer');
  }

  async #round(): Promise<void> {
    const { jobStore } = this.#context.ledger;
    for (let isMore = true; isMore && !this.#stopped.signal.aborted; ) {
      const found = await jobStore.look(this.#kindsWithRoom());
      if (found.expired) await reclaimExpired(this.#context);
      // Before a claim, what other nodes said is heard first.
      if (found.due.length > 0) await this.#context.ledger.catchUp();
      if (maintenanceOf(this.#context.ledger) !== null) {
        isMore = found.expired;
        continue;
      }
      isMore = found.expired || ((await this.#schedules?.fire(found.paused)) ?? false);
      for (const { kind, id } of found.due) isMore = (await this.#claim(kind, id)) || isMore;
    }
    this.#lookForStuck();
  }

  #kindsWithRoom(): string[] {
    const counts = new Map<string, number>();
    for (const { claimed } of this.#running.values()) counts.set(claimed.kind, (counts.get(claimed.kind) ?? 0) + 1);
    return [...this.#jobs.keys()].filter((kind) => (counts.get(kind) ?? 0) < this.#settings.concurrency);
  }

  /** True also where another process was faster: there may be a next one. */
  async #claim(kind: string, id: string): Promise<boolean> {
    if (this.#stopped.signal.aborted) return false;
    const job = this.#jobs.get(kind) as AnyJob;
    const { ledger } = this.#context;
    const askedAt = ledger.clock.elapsed();
    const claimed = await ledger.jobStore.claim(id, this.#holder, job.leaseMs);
    if (claimed === null) return true;
    const heartbeatMs = heartbeatOf(job.leaseMs, this.#settings.heartbeatMs);
    const running = new RunningJob(job, claimed, askedAt, this.#context, { heartbeatMs });
    this.#running.set(id, running);
    void running.ended
      .then(async (state) => {
        this.#context.figures?.ran(kind, (ledger.clock.elapsed() - askedAt) / 1_000);
        if (running.isToldStuck) await alertAbout(this.#context, claimed, jobUnstuck(kind));
        if (state === 'dead') await tellDead(this.#context, claimed);
      })
      .catch((error) => this.#context.log.error({ err: error, job: kind, id }, 'what came of a job could not be kept'))
      .finally(() => {
        this.#running.delete(id);
        this.#wake.abort();
      });
    return true;
  }

  #lookForStuck(): void {
    const now = this.#context.ledger.clock.elapsed();
    for (const { claimed, stoppedAt, isToldStuck } of this.#running.values()) {
      if (stoppedAt === null || isToldStuck || now - stoppedAt < limits.jobStuckMs) continue;
      const { id, kind } = claimed;
      (this.#running.get(id) as RunningJob).isToldStuck = true;
      this.#context.log.error({ job: kind, id }, 'a job that is to end does not');
      void alertAbout(this.#context, claimed, jobStuck(kind, id)).finally(this.#settings.kill);
    }
  }
}

/** As often as is set; of a short lease, a fifth of it. */
const heartbeatOf = (leaseMs: number, heartbeatMs: number): number =>
  heartbeatMs * 4 <= leaseMs ? heartbeatMs : leaseMs / 5;
