/**
 * One pool at work: the queue of submissions, and the group commit on top of its state in memory. While one batch is being
 * committed the next one fills, so that one fsync serves everybody who waits. Long because whatever changes the state in
 * memory has to be in one place: appends, the adoption of imported events, archiving, and the return after a conflict.
 */
import type { AppendContext, Batch, Engine, Segment } from '../engines/engine.js';
import { refersToNothing } from '../engines/engine.js';
import type { Command, CommandOf } from '../events/command.js';
import type { Context, UnknownAgents } from '../events/decision.js';
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
import { BatchBuilder } from './batch.js';
import { commitInHalves, type ItemFailure, mayBeAnItems } from './halves.js';
import { LiveState } from './live-state.js';
import { lookupsOf } from './lookups.js';
import type { Outcome, Submission } from './outcome.js';
import { byLedger, lossAlert } from './own-commands.js';
import { type PendingSubmission, Queue } from './queue.js';
import { RollingCost } from './rolling-cost.js';
import type { Rules } from './rules.js';

export interface PoolSettings {
  readonly unknownAgents: UnknownAgents;
  readonly newcomersPerHour: number;
  /** The time that events are recorded at. */
  readonly now: () => number;
  readonly rules: Rules;
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
  readonly #queue = new Queue();
  #cost: RollingCost;
  #working: Promise<void> | null = null;
  /** Whether the last batch was committed at the first attempt: only then is one decided on top of another. */
  #canPipeline = true;
  /** Resolves when the batch under way has been decided, or has failed. */
  #decided: Promise<void> = Promise.resolve();
  /** The batch that was decided last. */
  #latest: Promise<unknown> = Promise.resolve();
  #storageFault: string | null = null;
  /** Acknowledged events turned out to be gone: people are told by the next batch. */
  #loss: string | null = null;

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
    this.#cost = new RollingCost(engine, this);
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
    return this.#storageFault;
  }

  /** Commands that wait for a commit. */
  get queued(): number {
    return this.#queue.commands;
  }

  /** In micro-USD: what was used after an instant, in the table of uses as it is now. */
  costSince(at: EpochMs): Promise<number> {
    return this.#cost.since(at);
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
        const lookups = { keys: kept.map(({ key }) => key), sessions: [], usages: [], readings: [], dates: [] };
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
        await this.#returnToLog();
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
    await this.whilePaused(() => this.#commitWithRetry(() => this.#attempt([{ commands: [command] }], true)));
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
        await this.#decided;
      }
      if (writing !== null && !this.#mayPipeline()) {
        await writing;
        writing = null;
      }
      if (writing === null) await this.#snapshotWhenDue();
      if (this.#queue.commands === 0) break;
      const batch = this.#queue.take();
      const attempt = this.#attempt(batch.map(({ submission }) => submission));
      this.#latest = attempt.catch(() => undefined);
      await writing;
      writing = this.#answerWhenDurable(batch, attempt);
    }
    this.#working = null;
  }

  /** Not where a batch must look up what the one before it wrote. */
  #mayPipeline(): boolean {
    if (
      this.#engine.shared ||
      !this.#canPipeline ||
      this.#queue.commands < pipelineCommandsMin ||
      this.#live.snapshotIsDue
    )
      return false;
    return refersToNothing(lookupsOf(this.#queue.peek()));
  }

  /** Answers a batch once it is durable. */
  async #answerWhenDurable(batch: readonly PendingSubmission[], attempt: Promise<Outcome[][]>): Promise<void> {
    const submissions = batch.map(({ submission }) => submission);
    try {
      const outcomes = await this.#commitWithRetry((first) => (first ? attempt : this.#attempt(submissions)));
      process.nextTick(answer, batch, outcomes);
    } catch (error) {
      if (mayBeAnItems(error)) process.nextTick(answer, batch, await this.#commitInHalves(submissions));
      else for (const { reject } of batch) reject(shown(error as Error));
    }
  }

  /** Each failure takes the state back to the log: a snapshot at its head makes that short. */
  async #commitInHalves(submissions: readonly Submission[]): Promise<(Outcome[] | Error)[]> {
    if (this.#live.isCurrent && this.state.seq > this.#live.snapshotSeq) await this.#keepSnapshot();
    const commit = (some: readonly Submission[]) => this.#commitWithRetry(() => this.#attempt(some));
    return commitInHalves(submissions, commit, this.#settings.itemFailed);
  }

  /** A batch that another transaction got in the way of is decided again, on the state that is there then. */
  async #commitWithRetry(attempt: (isFirst: boolean) => Promise<Outcome[][]>): Promise<Outcome[][]> {
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
          this.#cost = new RollingCost(this.#engine, this);
        }
        // What was decided on top of it fails by itself, and is not to be in the state either.
        await this.#latest;
        await this.#returnToLog();
        if ((reason !== 'conflict' && reason !== 'lost') || tries > limits.conflictRetriesMax) throw error;
      }
    }
  }

  /** At once, so that nobody is answered by what was not recorded. Where the storage is away, answers wait for it. */
  async #returnToLog(): Promise<void> {
    try {
      await this.#live.reloadIfStale();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }

  /** Folds what other nodes have appended, if nothing else is being done: the next batch would do it, too. */
  async catchUp(): Promise<void> {
    if (this.#working === null && !this.#queue.isClosed)
      await this.whilePaused(() => this.#commitWithRetry(() => this.#attempt([])).then(() => this.#snapshotWhenDue()));
  }

  /** Decides a batch and has it written: the outcomes of its submissions, once they are durable. */
  async #attempt(batch: readonly Submission[], clockCorrected = false): Promise<Outcome[][]> {
    await this.#live.reloadIfStale();
    const { rules } = this.#settings;
    const projector = new Projector(this, rules.projections);
    const before = this.state.seq;
    const commands = batch.flatMap((submission) => [...submission.commands]);
    let head = before;
    let outcomes: Outcome[][] = [];
    let isAhead = false;
    let isDecided = (): void => undefined;
    this.#decided = new Promise((resolve) => {
      isDecided = resolve;
    });
    try {
      await this.#engine.append(this.pool, before, lookupsOf(commands), (found) => {
        isAhead = true;
        this.#live.catchUp(found.tail);
        if (found.head.seq !== this.state.seq) throw new StorageError('conflict', `${this.pool} is not at ${before}`);
        const nextId = this.#live.idsAfter(found);
        const context = this.#context(found, clockCorrected);
        const builder = new BatchBuilder(this.state, projector, found, context, nextId, rules.decide);
        if (this.#loss !== null) builder.decide({ commands: [lossAlert(this.#loss)] });
        const finish = (decided: Outcome[][]): Batch => {
          outcomes = decided;
          head = this.state.seq;
          isDecided();
          return builder.finish();
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
    if (head !== before) this.#onCommitted({ pool: this.pool, head });
    return outcomes;
  }

  #context(found: AppendContext, clockCorrected: boolean): Context {
    const { now, unknownAgents, newcomersPerHour } = this.#settings;
    return { at: this.#live.recordedAt(found, now(), clockCorrected), unknownAgents, newcomersPerHour };
  }

  async #snapshotWhenDue(): Promise<void> {
    if (this.#live.snapshotIsDue) await this.#keepSnapshot();
  }

  /** What it keeps is a convenience: a batch that was committed does not fail by it. */
  async #keepSnapshot(): Promise<void> {
    await this.#live.snapshot().catch((error) => {
      if (!(error instanceof StorageError)) throw error;
      this.#storageFault = error.message;
    });
  }
}

/** Decides a large batch and lets other requests in between, so that nobody waits for the whole of it. */
async function decideInTurns(builder: BatchBuilder, batch: readonly Submission[]): Promise<Outcome[][]> {
  const outcomes: Outcome[][] = [];
  let sinceTurn = 0;
  for (const submission of batch) {
    const decided: Outcome[] = [];
    for (const piece of piecesOf(submission)) {
      if (sinceTurn >= limits.decidedAtOnceMax) {
        await nextTurn();
        sinceTurn = 0;
      }
      decided.push(...builder.decide(piece));
      sinceTurn += piece.commands.length;
    }
    outcomes.push(decided);
  }
  return outcomes;
}

/** An atomic submission is one piece. */
function piecesOf(submission: Submission): readonly Submission[] {
  const { commands, atomic } = submission;
  if (atomic === true || commands.length <= limits.decidedAtOnceMax) return [submission];
  const pieces: Submission[] = [];
  for (let from = 0; from < commands.length; from += limits.decidedAtOnceMax) {
    pieces.push({ ...submission, commands: commands.slice(from, from + limits.decidedAtOnceMax) });
  }
  return pieces;
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
