/** What folds the whole log again beside live ingestion, in a thread of its own: replays, and the checkpoints of the past. */
import type { Engine } from '../engines/engine.js';
import type { CommandOf } from '../events/command.js';
import type { PoolId } from '../events/scalars.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { Clock } from '../runtime/clock.js';
import type { ReplayOptions, ReplayReport } from './replay.js';
import type { ReplayProgress } from './replay-run.js';
import { runReplay } from './replay-thread.js';

type RecordRebuild = (pool: PoolId, payload: CommandOf<'projection.rebuilt'>['payload']) => Promise<unknown>;

export class Rebuilds {
  readonly #engine: Engine;
  readonly #database: string;
  readonly #clock: Clock;
  readonly #recordRebuild: RecordRebuild;
  #replaying = false;
  #replayed: number | null = null;
  #checkpointing = false;

  /** `database`: where the engine's data is, for the threads that open it again. */
  constructor(engine: Engine, database: string, clock: Clock, recordRebuild: RecordRebuild) {
    this.#engine = engine;
    this.#database = database;
    this.#clock = clock;
    this.#recordRebuild = recordRebuild;
  }

  /** As `Ledger.replayed`. */
  get replayed(): number | null {
    return this.#replayed;
  }

  /** As `Ledger.replay`. */
  async *replay(options: ReplayOptions, signal?: AbortSignal): AsyncGenerator<ReplayProgress, ReplayReport> {
    if (this.#replaying) throw new Problem('replay_running');
    this.#replaying = true;
    const started = this.#clock.elapsed();
    try {
      const job = { kind: 'replay', database: this.#database, options } as const;
      const report = yield* this.#noted(runReplay(job, this.#clock, signal));
      if (report === null) throw new Error('a replay ended without a report');
      if (options.check !== true) await this.#record(report, (this.#clock.elapsed() - started) / 1_000);
      return report;
    } finally {
      this.#replaying = false;
      this.#replayed = null;
    }
  }

  async *#noted<T>(steps: AsyncGenerator<ReplayProgress, T>): AsyncGenerator<ReplayProgress, T> {
    this.#replayed = 0;
    try {
      for (;;) {
        const step = await steps.next();
        if (step.done === true) return step.value;
        const { events, total } = step.value;
        this.#replayed = total === 0 ? 1 : Math.min(1, events / total);
        yield step.value;
      }
    } finally {
      await steps.return(undefined as T);
    }
  }

  /** As `Ledger.keepCheckpoints`. */
  async keepCheckpoints(every: number = limits.checkpointEventsEvery, signal?: AbortSignal): Promise<void> {
    if (this.#replaying || this.#checkpointing) return;
    this.#checkpointing = true;
    try {
      const { checkpointsAreDue } = await import('./checkpoints.js');
      if (!(await checkpointsAreDue(this.#engine, every))) return;
      const job = { kind: 'checkpoints', database: this.#database, every } as const;
      for await (const _ of runReplay(job, this.#clock, signal)) void _;
    } finally {
      this.#checkpointing = false;
    }
  }

  async #record(report: ReplayReport, seconds: number): Promise<void> {
    for (const { pool, head } of await this.#engine.pools()) {
      if (head.seq === 0) continue;
      await this.#recordRebuild(pool, {
        projections: [...report.projections],
        head_seq: head.seq,
        events: report.events,
        seconds: Math.round(seconds * 1_000) / 1_000,
        identical: report.identical,
        differing: report.tables.filter((table) => table.differing > 0).map(({ table }) => table),
      });
    }
  }
}
