/** What a daemon, or a worker, does in the background: its chores, and the jobs that it claims. */
import type { Chore, ChoreContext } from '../jobs/chore.js';
import { runChores } from '../jobs/chore-runner.js';
import { chores } from '../jobs/registry.js';
import { JobRunner, type RunnerSettings } from '../jobs/runner.js';
import { Work, type WorkOptions } from '../jobs/work.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';

export interface WorkSettings extends Partial<RunnerSettings>, WorkOptions {
  /** Whether this process claims jobs, and adds those of schedules; it does its chores anyway. */
  readonly enabled?: boolean | undefined;
  /** Those that it claims; all it can do where it is left out. */
  readonly only?: readonly string[] | undefined;
}

export class BackgroundWork {
  readonly work: Work;
  readonly #ledger: Ledger;
  readonly #settings: WorkSettings;
  readonly #stopped = new AbortController();
  #runner: JobRunner | null = null;
  #ended: Promise<void> | null = null;
  #choresEnded: () => Promise<void> = async () => undefined;

  /** Throws `setting_invalid`. */
  constructor(ledger: Ledger, settings: WorkSettings = {}) {
    this.#ledger = ledger;
    this.#settings = settings;
    this.work = new Work(ledger, settings);
  }

  start(log: ChoreContext['log'], more: readonly Chore[] = []): void {
    const context = { ledger: this.#ledger, log, figures: this.work.figures };
    this.#choresEnded = runChores([...chores, ...more], context, this.#ledger.clock, this.#stopped.signal);
    const {
      enabled = true,
      only,
      pollMs = limits.jobPollMs,
      heartbeatMs = limits.jobHeartbeatMs,
      concurrency = 1,
      drainMs = limits.drainMsMax,
      ...rest
    } = this.#settings;
    if (!enabled) return;
    const { jobs, queue, schedules } = this.work;
    const own = jobs.filter(({ kind }) => only === undefined || only.includes(kind));
    const settings = { ...rest, pollMs, heartbeatMs, concurrency, drainMs };
    this.#runner = new JobRunner(own, queue, schedules, context, settings);
  }

  /** How long jobs may take to end. */
  set drainMs(ms: number) {
    if (this.#runner !== null) this.#runner.drainMs = ms;
  }

  /** Waits for what is under way; jobs that take too long are given back. Calling it again waits for the same end. */
  stop(): Promise<void> {
    this.#stopped.abort();
    this.#ended ??= Promise.all([this.#choresEnded(), this.#runner?.stop()]).then(() => undefined);
    return this.#ended;
  }
}
