/**
 * One pool at work: the queue of submissions, from which batches are taken for the group commit. While one batch is being
 * committed the next one fills, so that one fsync serves everybody who waits. Whatever else changes the state in memory waits for
 * its turn here, too: the adoption of imported events, archiving, the correction of the clock.
 */
import type { Engine, Segment } from '../engines/engine.js';
import { noLookups, refersToNothing } from '../engines/engine.js';
import type { Command, CommandOf } from '../events/command.js';
import type { LedgerEvent, StoredEvent } from '../events/envelope.js';
import { evolve } from '../events/evolve.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { PoolRef } from '../projections/projection.js';
import { Projector } from '../projections/projector.js';
import { nextTurn } from '../runtime/clock.js';
import { StorageError, storageProblem } from '../storage-error.js';
import { outcomesOf } from './adopted.js';
import { type CommitCounts, type Committed, GroupCommit, type PoolSettings } from './group-commit.js';
import { mayBeAnItems } from './halves.js';
import { LiveState } from './live-state.js';
import { lookupsOf } from './lookups.js';
import type { Outcome, Submission } from './outcome.js';
import { byLedger } from './own-commands.js';
import { type PendingSubmission, Queue } from './queue.js';

/** A commit costs the storage thread as much as about this many of its rows. */
const coalesceCommandsMin = 16;
/** So many commands that wait are worth deciding before the batch before them is durable. */
const pipelineCommandsMin = 250;

export class PoolLedger {
  readonly pool: PoolId;
  readonly number: number;
  readonly #engine: Engine;
  readonly #settings: PoolSettings;
  readonly #onCommitted: (committed: Committed) => void;
  readonly #live: LiveState;
  readonly #commit: GroupCommit;
  readonly #queue: Queue;
  #working: Promise<void> | null = null;

  private constructor(
    engine: Engine,
    poolRef: PoolRef,
    settings: PoolSettings,
    onCommitted: (committed: Committed) => void,
    live: LiveState,
  ) {
    this.pool = poolRef.pool;
    this.number = poolRef.number;
    this.#engine = engine;
    this.#settings = settings;
    this.#onCommitted = onCommitted;
    this.#live = live;
    this.#queue = new Queue(settings.figures);
    this.#commit = new GroupCommit(engine, poolRef, settings, onCommitted, live);
  }

  /** Restores the state from the newest snapshot and the events after it. */
  static async open(
    engine: Engine,
    poolRef: PoolRef,
    settings: PoolSettings,
    onCommitted: (committed: Committed) => void,
  ): Promise<PoolLedger> {
    return new PoolLedger(engine, poolRef, settings, onCommitted, await LiveState.open(engine, poolRef.pool));
  }

  /** The state at the head. It changes under the reader's hands: take what is needed and let go. */
  get state(): PoolState {
    return this.#live.state;
  }

  /** False while the state holds what turned out not to be recorded, and could not be restored yet. */
  get isTrue(): boolean {
    return this.#live.isCurrent;
  }

  /** Waits for what is done to the state, and restores it where nobody does. Where that fails, `isTrue` says so. */
  async restored(): Promise<void> {
    if (this.#working !== null) await this.#working;
    else await this.catchUp().catch(() => undefined);
  }

  /** Why the last batch could not be committed; null when it was. */
  get storageFault(): string | null {
    return this.#commit.storageFault;
  }

  /** How many batches there were: who watches this process sees by them whether it gets on. */
  get commits(): CommitCounts {
    return this.#commit.commits;
  }

  /** Commands that wait for a commit. */
  get queued(): number {
    return this.#queue.commands;
  }

  /** In micro-USD: what was used after an instant, in the table of uses as it is now. */
  costSince(at: EpochMs): Promise<number> {
    return this.#commit.costSince(at);
  }

  /**
   * Outcomes of the commands, in order, once they are durable. Throws a `Problem` (`queue_full`, `draining`) when it
   * cannot take them, and `storage_failed` or `storage_unavailable` when none of them was recorded.
   */
  submit(submission: Submission): Promise<Outcome[]> {
    return this.#submit(submission, (outcomes) => outcomes);
  }

  /** As `submit`, for one command. */
  submitOne(command: Command, advise?: boolean): Promise<Outcome> {
    return this.#submit({ commands: [command], advise }, ([outcome]) => outcome as Outcome);
  }

  #submit<T>(submission: Submission, answerOf: (outcomes: Outcome[]) => T): Promise<T> {
    const answer = this.#queue.add(submission, answerOf);
    if (this.#queue.commands > 0) this.#working ??= this.#workSoon();
    return answer;
  }

  /** Finishes what is queued, then keeps a snapshot for the next start. */
  async close(): Promise<void> {
    this.#queue.close();
    await this.#working;
    if (!this.#live.isCurrent || this.state.seq <= this.#live.snapshotSeq) return;
    // Without the snapshot the next start folds the log: a full disk is no reason to stay open.
    await this.#live.snapshot().catch((error) => {
      if (!(error instanceof StorageError)) throw error;
    });
  }

  /** Runs `task` between two batches, with nothing being appended to this pool. */
  async whilePaused<T>(task: () => Promise<T>): Promise<T> {
    while (this.#working !== null) await this.#working;
    const run = task();
    this.#working = run.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await run;
    } finally {
      this.#working = this.#queue.commands > 0 ? this.#work() : null;
    }
  }

  /**
   * Appends events that were sealed elsewhere, as they are; they must continue the chain. Their state and rows follow from the
   * same events as they are read.
   */
  async adopt(events: readonly StoredEvent[], read: readonly LedgerEvent[]): Promise<void> {
    await this.whilePaused(async () => {
      if (events[0] !== undefined && events[0].seq !== this.state.seq + 1) throw this.#grown(this.state.seq);
      const projector = new Projector(this, this.#settings.rules.projections);
      try {
        for (const event of read) {
          evolve(this.state, event);
          projector.add(event, this.state);
        }
        const kept = outcomesOf(read);
        const lookups = { ...noLookups, keys: kept.map(({ key }) => key) };
        const knownSeq = this.state.seq - events.length;
        await this.#engine.append(this.pool, knownSeq, lookups, (found) => {
          if (found.head.seq !== knownSeq) throw this.#grown(found.head.seq);
          const outcomes = kept
            .filter(({ key }) => (found.outcomes.get(key)?.seq ?? null) === null)
            .map((outcome) => ({ ...outcome, replaces: found.outcomes.has(outcome.key) }));
          return { events, outcomes, changes: projector.take() };
        });
      } catch (error) {
        this.#live.invalidate();
        await this.#commit.returnToLog();
        throw error;
      }
      this.#onCommitted({ pool: this.pool, head: this.state.seq });
    });
  }

  #grown(seq: number): Problem {
    return new Problem('log_grown', `another process appended to ${this.pool} meanwhile, up to event ${seq}`);
  }

  /** Records that the clock was wrong: the one event that may be recorded before its predecessor. */
  async correctClock(payload: CommandOf<'clock.corrected'>['payload']): Promise<void> {
    const command: CommandOf<'clock.corrected'> = { type: 'clock.corrected', payload, ...byLedger };
    await this.whilePaused(() =>
      this.#commit.commitWithRetry(() => this.#commit.attempt([{ commands: [command] }], true)),
    );
  }

  /**
   * Archives the events recorded before a time, segment by segment, but never the newest event. A snapshot of the current state
   * comes first, so that a start needs no archived event.
   */
  async *archive(before: EpochMs): AsyncGenerator<Segment> {
    const upTo = await this.#engine.seqAt(this.pool, before - 1);
    await this.whilePaused(async () => {
      await this.#live.reloadIfStale();
      if (this.#live.snapshotSeq < upTo) await this.#live.snapshot();
    });
    for (;;) {
      const segment = await this.#engine.archiveSegment(this.pool, Math.min(upTo, this.#live.snapshotSeq));
      if (segment === null) return;
      yield segment;
    }
  }

  /**
   * Requests that came in together are committed together: the batch is taken when all of them have been read, or when
   * it is worth a commit, so that the storage thread works while the rest of them is read.
   */
  async #workSoon(): Promise<void> {
    const turn = nextTurn();
    await this.#queue.waitForDepth(coalesceCommandsMin, turn);
    // Reading that many took long enough.
    if (this.#queue.commands > limits.decidedAtOnceMax) await turn;
    await this.#work();
  }

  /**
   * Under load a batch is decided while the one before it is being written: deciding and writing take about as long.
   * It is answered after the one before it, and decided again if that one failed.
   */
  async #work(): Promise<void> {
    let writing: Promise<void> | null = null;
    for (;;) {
      if (writing !== null) {
        await this.#queue.waitForDepth(pipelineCommandsMin, writing);
        await this.#commit.decided;
      }
      if (writing !== null && !this.#mayPipeline()) {
        await writing;
        writing = null;
      }
      if (writing === null) await this.#commit.snapshotWhenDue();
      if (this.#queue.commands === 0) break;
      const batch = this.#queue.take();
      const attempt = this.#commit.attemptNext(batch.map(({ submission }) => submission));
      await writing;
      writing = this.#answerWhenDurable(batch, attempt);
    }
    this.#working = null;
  }

  /** Not where a batch must look up what the one before it wrote. */
  #mayPipeline(): boolean {
    if (
      this.#engine.shared ||
      !this.#commit.canPipeline ||
      this.#queue.commands < pipelineCommandsMin ||
      this.#live.snapshotIsDue
    )
      return false;
    return refersToNothing(lookupsOf(this.#queue.peek(), this.state));
  }

  /** Answers a batch once it is durable. */
  async #answerWhenDurable(batch: readonly PendingSubmission[], attempt: Promise<Outcome[][]>): Promise<void> {
    const submissions = batch.map(({ submission }) => submission);
    try {
      const outcomes = await this.#commit.commitWithRetry((first) =>
        first ? attempt : this.#commit.attempt(submissions),
      );
      this.#settings.figures.durable(batch);
      process.nextTick(answer, batch, outcomes);
    } catch (error) {
      if (mayBeAnItems(error)) process.nextTick(answer, batch, await this.#commit.commitInHalves(submissions));
      else for (const { reject } of batch) reject(shown(error as Error));
    }
  }

  /** Folds what other nodes have appended, if nothing else is being done: the next batch would do it, too. */
  async catchUp(): Promise<void> {
    if (this.#working === null && !this.#queue.isClosed)
      await this.whilePaused(() =>
        this.#commit.commitWithRetry(() => this.#commit.attempt([])).then(() => this.#commit.snapshotWhenDue()),
      );
  }
}

/**
 * Answers a batch that is committed. Not before the next tick: by then the next batch is decided and on its way, unless it
 * has to look something up, and the storage thread writes it while everybody is answered.
 */
function answer(batch: readonly PendingSubmission[], outcomes: readonly (Outcome[] | Error)[]): void {
  for (const [i, { resolve, reject }] of batch.entries()) {
    const result = outcomes[i] as Outcome[] | Error;
    if (result instanceof Error) reject(shown(result));
    else resolve(result);
  }
}

const shown = (error: Error): Error => (error instanceof StorageError ? storageProblem(error) : error);
