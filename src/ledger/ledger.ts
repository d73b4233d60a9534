/**
 * The ledger: every pool of one database, its log, its tables, and the feed of what is committed.
 * `api`, `jobs`, `cli` and `web` know this and nothing below it. What is read is in `reads.ts`; most of the rest hands on to the
 * part that does it. Long because whoever is above asks here for all of them.
 */
import type { Observable } from 'rxjs';
import type { Engine, Listening, Segment } from '../engines/engine.js';
import type { JobStore } from '../engines/job-store.js';
import { type HeldLease, holdLease, type LeaseRequest } from '../engines/lease.js';
import type { Command, CommandOf } from '../events/command.js';
import type { UnknownAgents } from '../events/decision.js';
import type { LedgerEvent, StoredEvent } from '../events/envelope.js';
import type { Prices } from '../events/prices.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import { upcast } from '../events/upcast.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { Rebuilds } from '../replay/rebuilds.js';
import type { ReplayOptions, ReplayReport } from '../replay/replay.js';
import type { ReplayProgress } from '../replay/replay-run.js';
import { type Clock, systemClock } from '../runtime/clock.js';
import type { StorageError } from '../storage-error.js';
import { AppendFigures } from './append-figures.js';
import { type ClockCorrection, doubtText } from './clock-alerts.js';
import { ClockGuard } from './clock-guard.js';
import { Follower } from './follower.js';
import { Followers } from './followers.js';
import type { CommitCounts } from './group-commit.js';
import type { ItemFailure } from './halves.js';
import type { ClockDoubt, ClockJump } from './log-clock.js';
import type { Outcome, Submission } from './outcome.js';
import { byLedger } from './own-commands.js';
import type { PoolLedger } from './pool-ledger.js';
import { Pools, unknownPool } from './pools.js';
import { LedgerReads } from './reads.js';
import { ownRules, type Rules } from './rules.js';
import { StorageProbe } from './storage-probe.js';
import { Upkeep } from './upkeep.js';

export type { AuditNote, AuditPosition } from '../engines/audit-store.js';
export type { EventQuery, PoolRecord } from '../engines/engine.js';
export type { AddedJob, ClaimedJob, JobState, JobStore, NewJob } from '../engines/job-store.js';
export type * from '../engines/outbox-store.js';
export type { UseCount } from '../projections/use-counts.js';

export interface LedgerSettings {
  /** Where the engine's data is, for threads that open it again. */
  readonly database: string;
  /** Zone of pools that are opened for the first time. */
  readonly timeZone: string;
  readonly unknownAgents: UnknownAgents;
  /** How many names may join a pool by themselves within an hour; `limits.newcomersPerHour` where it is not said. */
  readonly newcomersPerHour?: number | undefined;
  /** What uses cost. Left out: tokens without a cost stay without one. */
  readonly prices?: (() => Promise<Prices>) | undefined;
  /** Only tests and made data set it. */
  readonly clock?: Clock | undefined;
  /** Other than its own only where tests see to what happens when a rule fails. */
  readonly rules?: Rules | undefined;
}

export class Ledger extends LedgerReads {
  readonly settings: LedgerSettings;
  /** Of what is committed, here or by another node. */
  readonly followers: Followers;
  readonly appendFigures: AppendFigures;
  readonly #engine: Engine;
  readonly #pools: Pools;
  readonly #guard: ClockGuard;
  readonly #upkeep: Upkeep;
  readonly #probe: StorageProbe;
  readonly #rebuilds: Rebuilds;
  #follower: Follower | null = null;

  private constructor(engine: Engine, settings: LedgerSettings) {
    const clock = settings.clock ?? systemClock;
    const figures = new AppendFigures(() => clock.elapsed());
    const pools = new Pools(engine, {
      unknownAgents: settings.unknownAgents,
      newcomersPerHour: settings.newcomersPerHour ?? limits.newcomersPerHour,
      now: () => guard.now(),
      rules: settings.rules ?? ownRules,
      prices: settings.prices ?? null,
      figures,
    });
    const guard: ClockGuard = new ClockGuard(engine, settings.clock, pools);
    super(engine, pools, settings.database, clock);
    this.settings = settings;
    this.followers = new Followers(pools.committed$);
    this.appendFigures = figures;
    this.#engine = engine;
    this.#pools = pools;
    this.#guard = guard;
    this.#upkeep = new Upkeep(engine, pools, guard, (pool, command) => this.submitOne(pool, command));
    this.#probe = new StorageProbe(engine, clock);
    this.#rebuilds = new Rebuilds(engine, settings.database, clock, (pool, payload) =>
      pools.get(pool).submitOne({ type: 'projection.rebuilt', payload, ...byLedger }),
    );
  }

  /** Opens every pool there is. The ledger owns the engine and closes it. */
  static async open(engine: Engine, settings: LedgerSettings): Promise<Ledger> {
    const ledger = new Ledger(engine, settings);
    for (const record of await engine.pools()) await ledger.#pools.open(record);
    ledger.#guard.restart();
    if (engine.shared) ledger.#follower = new Follower(engine, ledger.clock, (heads) => ledger.#pools.catchUp(heads));
    return ledger;
  }

  /** Takes note of what other nodes recorded, before something is done that cannot be undone. */
  async catchUp(): Promise<void> {
    if (this.#engine.shared) await this.#pools.catchUp(await this.#engine.pools());
  }

  /** The time that commands are recorded at, in milliseconds UTC. */
  now(): number {
    return this.#guard.now();
  }

  /** Why the clock is not believed, so that nothing can be recorded; null where it is. */
  get clockDoubt(): ClockDoubt | null {
    return this.#guard.doubt;
  }

  /** Whether the clock jumped within the last minute: the time goes on without it meanwhile. */
  get clockIsUnconfirmed(): boolean {
    return this.#guard.isUnconfirmed;
  }

  /** Somebody says that the clock is right: the logs go on from there. Gives what the clock was corrected by; null where nothing was. */
  acceptClock(reason?: string): Promise<ClockCorrection | null> {
    return this.#guard.accept(reason);
  }

  /** Tells people, by an alert in every pool, of a clock that is not believed, and of one that jumped. Gives the jumps. */
  watchClock(): Promise<readonly ClockJump[]> {
    return this.#guard.watch();
  }

  /**
   * Has the log say, by an alert, what it was known to hold and does not, as far as that did not come back since. Each pool says its
   * own; what was in pools that are gone, the first pool there is. Nothing happens where there is no event yet: call it again then.
   */
  tellLosses(): Promise<void> {
    return this.#upkeep.tellLosses();
  }

  /** Looks after the storage. Throws a `StorageError` where it is not what was opened any more, or cannot be looked after. */
  tend(): Promise<void> {
    return this.#engine.tend();
  }

  /** Resolves when a newer release has taken over the database while this one ran: then it is to end. */
  get outdated(): Promise<StorageError> {
    return this.#pools.outdated;
  }

  get poolNames(): readonly PoolId[] {
    return [...this.#pools].map(({ pool }) => pool);
  }

  hasPool(pool: string): boolean {
    return this.#pools.has(pool);
  }

  /** Items at which this program or a rule of the database failed, each once: for the log of the operator. */
  get itemFailures$(): Observable<ItemFailure> {
    return this.#pools.itemFailures$;
  }

  /** Opens a pool that does not exist, and writes its first event. Throws `pool_exists`, `pool_limit`. */
  async addPool(pool: PoolId, timeZone = this.settings.timeZone): Promise<void> {
    if (this.#pools.has(pool)) throw new Problem('pool_exists', `there is a pool ${pool}`);
    await this.#pools.create(pool, this.now());
    await this.configurePool(pool, timeZone);
  }

  /** Opens a pool with an empty log, for an import that brings its first event. */
  async addEmptyPool(pool: PoolId): Promise<void> {
    if (this.#pools.has(pool)) return;
    await this.#pools.create(pool, this.now());
  }

  async configurePool(pool: PoolId, timeZone: string): Promise<void> {
    const command: CommandOf<'pool.configured'> = {
      type: 'pool.configured',
      payload: { time_zone: timeZone },
      ...byLedger,
    };
    await this.#pools.get(pool).submitOne(command);
  }

  /**
   * Has every pool whose policy names no version of the method go on by the newest. Its log says so, once, however many nodes
   * call this: what was said before stays as it was. Nothing happens while the clock is in doubt, nor in a pool without events,
   * which may be imported into: call it again then.
   */
  adoptMethod(): Promise<void> {
    return this.#upkeep.adoptMethod();
  }

  /** Outcomes in the order of the commands, once they are durable; see `PoolLedger.submit` for what it throws. */
  submit(pool: PoolId, submission: Submission): Promise<Outcome[]> {
    return this.#writable(pool)?.submit(submission) ?? Promise.reject(this.#refusal(pool));
  }

  /** As `submit`, for one command. */
  submitOne(pool: PoolId, command: Command, advise?: boolean): Promise<Outcome> {
    return this.#writable(pool)?.submitOne(command, advise) ?? Promise.reject(this.#refusal(pool));
  }

  #writable(pool: PoolId): PoolLedger | undefined {
    return this.clockDoubt === null ? this.#pools.find(pool) : undefined;
  }

  #refusal(pool: PoolId): Problem {
    const doubt = this.clockDoubt;
    if (doubt === null || !this.#pools.has(pool)) return unknownPool(pool);
    return new Problem('clock_suspect', doubtText(doubt));
  }

  /** Records the expiry of turns whose time is up, in every pool. Otherwise the next command of the pool does. Gives how many. */
  expireTurns(): Promise<number> {
    return this.#upkeep.expireTurns();
  }

  /** Lets every pool forget the identities and windows of which nobody has heard for long. Gives how many. */
  forgetLapsed(): Promise<number> {
    return this.#upkeep.forgetLapsed();
  }

  /** Appends sealed events from elsewhere, unchanged. The caller has verified their chain, and may have read them. */
  adopt(
    pool: PoolId,
    events: readonly StoredEvent[],
    read: readonly LedgerEvent[] = events.map((stored) => upcast(stored)),
  ): Promise<void> {
    return this.#pools.get(pool).adopt(events, read);
  }

  /** Commands of all pools that wait for their commit. */
  get queued(): number {
    return [...this.#pools].reduce((sum, pool) => sum + pool.queued, 0);
  }

  /** How far the replay under way is, from 0 to 1; null where none is. */
  get replayed(): number | null {
    return this.#rebuilds.replayed;
  }

  /** Of all pools: batches that were taken up, and that ended. */
  get commits(): CommitCounts {
    const all = [...this.#pools].map(({ commits }) => commits);
    return {
      begun: all.reduce((sum, { begun }) => sum + begun, 0),
      ended: all.reduce((sum, { ended }) => sum + ended, 0),
    };
  }

  /** What went wrong with the storage when a pool was last written to; null where nothing did. */
  get storageFault(): string | null {
    const faults = [...this.#pools].map(({ storageFault }) => storageFault);
    return faults.find((fault) => fault !== null) ?? null;
  }

  /** Resolves when the storage answers and takes writes. Throws a `StorageError` when it does not, or not in time. */
  answers(): Promise<void> {
    return this.#probe.answers();
  }

  /**
   * Replays beside live ingestion, in a thread of its own; what was rebuilt is recorded as `projection.rebuilt`. Given up by the
   * signal, it ends at its next step, and the next replay goes on from there.
   */
  replay(options: ReplayOptions, signal?: AbortSignal): AsyncGenerator<ReplayProgress, ReplayReport> {
    return this.#rebuilds.replay(options, signal);
  }

  /** Adds the checkpoints that are due, in a thread of its own: what questions about the past start from. */
  keepCheckpoints(every?: number, signal?: AbortSignal): Promise<void> {
    return this.#rebuilds.keepCheckpoints(every, signal);
  }

  /** Archives what was recorded before a time; yields each segment once its events are in it, and no longer in rows. */
  archive(pool: PoolId, before: EpochMs): AsyncGenerator<Segment> {
    return this.#pools.get(pool).archive(before);
  }

  /** Where background work is kept: beside the log, and no part of it. */
  get jobStore(): JobStore {
    return this.#engine.operations.jobs;
  }

  /** Where API keys are kept: beside the ledger, and no part of it. */
  get keyStore(): Engine['keys'] {
    return this.#engine.keys;
  }

  /** Browsers that signed in. */
  get sessionStore(): Engine['sessions'] {
    return this.#engine.sessions;
  }

  /** Secrets of webhooks. */
  get secretStore(): Engine['secrets'] {
    return this.#engine.secrets;
  }

  /** Where endpoints of others are kept, and what is sent to them. */
  get outboxStore(): Engine['outbox'] {
    return this.#engine.outbox;
  }

  /** Where it is kept how far the audit trail was sent. */
  get auditStore(): Engine['audit'] {
    return this.#engine.audit;
  }

  /** As `holdLease` of the engines: for work that one process at a time may do. */
  holdLease<T>(request: LeaseRequest, work: (lease: HeldLease) => Promise<T>): Promise<T> {
    return holdLease(this.#engine, this.clock, request, work);
  }

  announce(listening: Listening): Promise<void> {
    return this.#engine.announce(listening);
  }

  /** Commits what is queued, keeps snapshots, and closes the engine. */
  async close(): Promise<void> {
    const following = this.#follower?.stop();
    await this.#pools.close();
    await following;
    this.#pools.complete();
    await this.closeReads();
    await this.#engine.close();
  }
}
