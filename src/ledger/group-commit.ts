/**
 * Decides batches on top of the state of one pool in memory, and has them written: what is refused is taken back from the state,
 * and decided again where something else got in the way of it.
 */
import type { AppendContext, Batch, Engine } from '../engines/engine.js';
import type { Context, UnknownAgents } from '../events/decision.js';
import type { Prices } from '../events/prices.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import { limits } from '../limits.js';
import type { PoolRef } from '../projections/projection.js';
import { Projector } from '../projections/projector.js';
import { StorageError } from '../storage-error.js';
import type { AppendFigures } from './append-figures.js';
import { BatchBuilder } from './batch.js';
import { commitInHalves, type ItemFailure } from './halves.js';
import { decideInTurns } from './in-turns.js';
import type { LiveState } from './live-state.js';
import { lookupsOf, needPrices } from './lookups.js';
import type { Outcome, Submission } from './outcome.js';
import { lossAlert } from './own-commands.js';
import { RollingCost } from './rolling-cost.js';
import type { Rules } from './rules.js';

export interface PoolSettings {
  readonly unknownAgents: UnknownAgents;
  readonly newcomersPerHour: number;
  /** The time that events are recorded at. */
  readonly now: () => number;
  readonly rules: Rules;
  /** What uses cost, loaded when the first use asks for it; null where nothing is priced. */
  readonly prices: (() => Promise<Prices>) | null;
  readonly figures: AppendFigures;
  /** Is told of an item that failed, while the others of its batch were recorded. */
  readonly itemFailed: (failure: ItemFailure) => void;
  /** Is told when the database turns out to be of a newer release: this one can do no more. */
  readonly outdated: (error: StorageError) => void;
}

/** Events were committed, here or by another node. */
export interface Committed {
  readonly pool: PoolId;
  /** Seq of the last of them. */
  readonly head: number;
}

/** Batches that were taken up, and those of them that were committed or have failed: a commit hangs where both stand still apart. */
export interface CommitCounts {
  readonly begun: number;
  readonly ended: number;
}

export class GroupCommit {
  #begun = 0;
  #ended = 0;
  readonly #engine: Engine;
  readonly #poolRef: PoolRef;
  readonly #settings: PoolSettings;
  readonly #onCommitted: (committed: Committed) => void;
  readonly #live: LiveState;
  #cost: RollingCost;
  #canPipeline = true;
  #decided: Promise<void> = Promise.resolve();
  /** The batch that was decided last. */
  #latest: Promise<unknown> = Promise.resolve();
  #storageFault: string | null = null;
  /** Acknowledged events turned out to be gone: people are told by the next batch. */
  #loss: string | null = null;

  constructor(
    engine: Engine,
    poolRef: PoolRef,
    settings: PoolSettings,
    onCommitted: (committed: Committed) => void,
    live: LiveState,
  ) {
    this.#engine = engine;
    this.#poolRef = poolRef;
    this.#settings = settings;
    this.#onCommitted = onCommitted;
    this.#live = live;
    this.#cost = new RollingCost(engine, poolRef);
  }

  /** Whether the last batch was committed at the first attempt: only then is one decided on top of another. */
  get canPipeline(): boolean {
    return this.#canPipeline;
  }

  /** Resolves when the batch under way has been decided, or has failed. */
  get decided(): Promise<void> {
    return this.#decided;
  }

  /** As `PoolLedger.storageFault`. */
  get storageFault(): string | null {
    return this.#storageFault;
  }

  /** As `PoolLedger.commits`. */
  get commits(): CommitCounts {
    return { begun: this.#begun, ended: this.#ended };
  }

  /** As `PoolLedger.costSince`. */
  costSince(at: EpochMs): Promise<number> {
    return this.#cost.since(at);
  }

  /** As `attempt`, where the batch before it may still be on its way. */
  attemptNext(batch: readonly Submission[]): Promise<Outcome[][]> {
    const attempt = this.attempt(batch);
    this.#latest = attempt.catch(() => undefined);
    return attempt;
  }

  /** Decides a batch and has it written: the outcomes of its submissions, once they are durable. */
  async attempt(batch: readonly Submission[], clockCorrected = false): Promise<Outcome[][]> {
    this.#begun += 1;
    try {
      return await this.#attempt(batch, clockCorrected);
    } finally {
      this.#ended += 1;
    }
  }

  async #attempt(batch: readonly Submission[], clockCorrected: boolean): Promise<Outcome[][]> {
    await this.#live.reloadIfStale();
    const { rules } = this.#settings;
    const projector = new Projector(this.#poolRef, rules.projections);
    const before = this.#live.state.seq;
    const commands = batch.flatMap((submission) => [...submission.commands]);
    let head = before;
    let appended = 0;
    let outcomes: Outcome[][] = [];
    let isAhead = false;
    let isDecided = (): void => undefined;
    this.#decided = new Promise((resolve) => {
      isDecided = resolve;
    });
    try {
      // A batch that needs none waits for none.
      const prices = needPrices(commands) ? await this.#loadedPrices() : null;
      await this.#engine.append(this.#poolRef.pool, before, lookupsOf(commands, this.#live.state), (found) => {
        isAhead = true;
        this.#live.catchUp(found.tail);
        if (found.head.seq !== this.#live.state.seq)
          throw new StorageError('conflict', `${this.#poolRef.pool} is not at ${before}`);
        const nextId = this.#live.idsAfter(found);
        const context = this.#context(found, clockCorrected, prices);
        const builder = new BatchBuilder(this.#live.state, projector, found, context, nextId, rules.decide);
        if (this.#loss !== null) builder.decide({ commands: [lossAlert(this.#loss)] });
        const finish = (decided: Outcome[][]): Batch => {
          outcomes = decided;
          head = this.#live.state.seq;
          isDecided();
          const made = builder.finish();
          appended = made.events.length;
          return made;
        };
        if (commands.length > limits.decidedAtOnceMax) return decideInTurns(builder, batch).then(finish);
        return finish(batch.map((submission) => builder.decide(submission)));
      });
    } catch (error) {
      const isElsewhere = error instanceof StorageError && (error.reason === 'conflict' || error.reason === 'lost');
      if (isAhead || isElsewhere) this.#live.invalidate();
      throw error;
    } finally {
      isDecided();
    }
    if (appended > 0) this.#settings.figures.appended(this.#poolRef.pool, appended);
    if (head !== before) this.#onCommitted({ pool: this.#poolRef.pool, head });
    return outcomes;
  }

  #context(found: AppendContext, clockCorrected: boolean, prices: Prices | null): Context {
    const { now, unknownAgents, newcomersPerHour } = this.#settings;
    return { at: this.#live.recordedAt(found, now(), clockCorrected), unknownAgents, newcomersPerHour, prices };
  }

  async #loadedPrices(): Promise<Prices | null> {
    return (await this.#settings.prices?.()) ?? null;
  }

  async snapshotWhenDue(): Promise<void> {
    if (this.#live.snapshotIsDue) await this.#keepSnapshot();
  }

  /** What it keeps is a convenience: a batch that was committed does not fail by it. */
  async #keepSnapshot(): Promise<void> {
    await this.#live.snapshot().catch((error) => {
      if (!(error instanceof StorageError)) throw error;
      this.#storageFault = error.message;
    });
  }

  /** A batch that another transaction got in the way of is decided again, on the state that is there then. */
  async commitWithRetry(attempt: (isFirst: boolean) => Promise<Outcome[][]>): Promise<Outcome[][]> {
    for (let tries = 1; ; tries++) {
      try {
        const outcomes = await attempt(tries === 1);
        this.#storageFault = null;
        this.#loss = null;
        this.#canPipeline = true;
        return outcomes;
      } catch (error) {
        this.#canPipeline = false;
        if (error instanceof StorageError) this.#storageFault = error.message;
        const reason = error instanceof StorageError ? error.reason : null;
        if (reason === 'newer') this.#settings.outdated(error as StorageError);
        if (reason === 'lost') {
          this.#loss = (error as StorageError).message;
          this.#cost = new RollingCost(this.#engine, this.#poolRef);
        }
        // What was decided on top of it fails by itself, and is not to be in the state either.
        await this.#latest;
        await this.returnToLog();
        if ((reason !== 'conflict' && reason !== 'lost') || tries > limits.conflictRetriesMax) throw error;
      }
    }
  }

  /** At once, so that nobody is answered by what was not recorded. Where the storage is away, answers wait for it. */
  async returnToLog(): Promise<void> {
    try {
      await this.#live.reloadIfStale();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }

  /** Each failure takes the state back to the log: a snapshot at its head makes that short. */
  async commitInHalves(submissions: readonly Submission[]): Promise<(Outcome[] | Error)[]> {
    if (this.#live.isCurrent && this.#live.state.seq > this.#live.snapshotSeq) await this.#keepSnapshot();
    const commit = (some: readonly Submission[]) => this.commitWithRetry(() => this.attempt(some));
    return commitInHalves(submissions, commit, this.#settings.itemFailed);
  }
}
