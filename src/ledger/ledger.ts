/**
 * The ledger: every pool of one database, its log, its tables, and the feed of what is committed.
 * `api`, `jobs`, `cli` and `web` know this and nothing below it. Long because everything that may be asked of a database
 * goes through this one class; nearly every method is a few lines that hand on to the part that does it.
 */
import { filter, type Observable, Subject } from 'rxjs';
import {
  type Engine,
  type EventQuery,
  type EventTexts,
  type Listening,
  type Loss,
  lossText,
  type PoolRecord,
  type Segment,
  type Statistics,
} from '../engines/engine.js';
import type { Command, CommandOf } from '../events/command.js';
import { anythingLapsed } from '../events/decide/lapse.js';
import type { UnknownAgents } from '../events/decision.js';
import type { Head, LedgerEvent, StoredEvent } from '../events/envelope.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import { upcast } from '../events/upcast.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { Page, Queryable } from '../projections/pages.js';
import type { Value } from '../projections/rows.js';
import { readTable, type TableFilter, type TableName, type TableRow } from '../projections/table-reader.js';
import { AsOfShadows, type PastPages } from '../replay/as-of.js';
import { Rebuilds } from '../replay/rebuilds.js';
import type { ReplayOptions, ReplayReport } from '../replay/replay.js';
import type { ReplayProgress } from '../replay/replay-run.js';
import { type Clock, systemClock } from '../runtime/clock.js';
import { StorageError } from '../storage-error.js';
import { type ClockCorrection, clockAlerts, doubtText } from './clock-alerts.js';
import { Follower } from './follower.js';
import type { ItemFailure } from './halves.js';
import { type ClockDoubt, type ClockJump, LogClock } from './log-clock.js';
import type { Outcome, Submission } from './outcome.js';
import { adoptMethod, byLedger, expireTurns, forgetLapsed, lossAlert } from './own-commands.js';
import { type Committed, PoolLedger } from './pool-ledger.js';
import { ownRules, type Rules } from './rules.js';

export type { EventQuery, PoolRecord } from '../engines/engine.js';

export interface LedgerSettings {
  /** Where the engine's data is, for threads that open it again. */
  readonly database: string;
  /** Zone of pools that are opened for the first time. */
  readonly timeZone: string;
  readonly unknownAgents: UnknownAgents;
  /** How many names may join a pool by themselves within an hour; `limits.newcomersPerHour` where it is not said. */
  readonly newcomersPerHour?: number | undefined;
  /** Only tests and made data set it. */
  readonly clock?: Clock | undefined;
  /** Other than its own only where tests see to what happens when a rule fails. */
  readonly rules?: Rules | undefined;
}

export class Ledger {
  readonly settings: LedgerSettings;
  readonly clock: Clock;
  /** Resolves when a newer release has taken over the database while this one ran: then it is to end. */
  readonly outdated: Promise<StorageError>;
  #becomeOutdated: (error: StorageError) => void = () => undefined;
  readonly #engine: Engine;
  readonly #pools = new Map<string, PoolLedger>();
  readonly #opening = new Map<string, Promise<PoolLedger>>();
  readonly #committed = new Subject<Committed>();
  readonly #itemFailures = new Subject<ItemFailure>();
  readonly #asOf: AsOfShadows;
  readonly #rebuilds: Rebuilds;
  #logClock: LogClock;
  #follower: Follower | null = null;
  #probe: Promise<unknown> | null = null;
  #writableAt = Number.NEGATIVE_INFINITY;

  private constructor(engine: Engine, settings: LedgerSettings) {
    this.settings = settings;
    this.clock = settings.clock ?? systemClock;
    this.outdated = new Promise((resolve) => {
      this.#becomeOutdated = resolve;
    });
    this.#engine = engine;
    this.#logClock = this.#startClock();
    this.#asOf = new AsOfShadows(engine, settings.database, this.clock);
    this.#rebuilds = new Rebuilds(engine, settings.database, this.clock, (pool, payload) =>
      this.#pool(pool).submitOne({ type: 'projection.rebuilt', payload, ...byLedger }),
    );
  }

  /** Opens every pool there is. The ledger owns the engine and closes it. */
  static async open(engine: Engine, settings: LedgerSettings): Promise<Ledger> {
    const ledger = new Ledger(engine, settings);
    for (const record of await engine.pools()) await ledger.#openPool(record);
    ledger.#logClock = ledger.#startClock();
    if (engine.shared) ledger.#follower = new Follower(engine, ledger.clock, (heads) => ledger.#catchUp(heads));
    return ledger;
  }

  /** The time that commands are recorded at, in milliseconds UTC. */
  now(): number {
    return this.#logClock.now();
  }

  /** Why the clock is not believed, so that nothing can be recorded; null where it is. */
  get clockDoubt(): ClockDoubt | null {
    return this.#logClock.doubt;
  }

  /** Whether the clock jumped within the last minute: the time goes on without it meanwhile. */
  get clockIsUnconfirmed(): boolean {
    return this.#logClock.isUnconfirmed;
  }

  /** Somebody says that the clock is right: the logs go on from there. Gives what the clock was corrected by; null where nothing was. */
  async acceptClock(reason?: string): Promise<ClockCorrection | null> {
    if (!this.clockIsUnconfirmed) return null;
    const { from, to } = this.#logClock.accept();
    const pools = [...this.#pools.values()];
    const ahead = pools.filter(({ state }) => state.at > to);
    const newest = pools.filter(({ state }) => state.seq > 0).sort((a, b) => b.state.at - a.state.at)[0];
    for (const pool of ahead.length === 0 && newest !== undefined ? [newest] : ahead) {
      await pool.correctClock({ from: Math.max(from, pool.state.at) as EpochMs, to: to as EpochMs, reason });
    }
    await this.watchClock();
    return { from, to };
  }

  /** Tells people, by an alert in every pool, of a clock that is not believed, and of one that jumped. Gives the jumps. */
  async watchClock(): Promise<readonly ClockJump[]> {
    const { doubt } = this.#logClock;
    const jumps = this.#logClock.takeJumps();
    for (const pool of this.#pools.values()) {
      for (const command of clockAlerts(pool.state.alerts, doubt, jumps, this.now())) await pool.submitOne(command);
    }
    return jumps;
  }

  /**
   * Has the log say, by an alert, what it was known to hold and does not, as far as that did not come back since. Each pool says its
   * own; what was in pools that are gone, the first pool there is. Nothing happens where there is no event yet: call it again then.
   */
  async tellLosses(): Promise<void> {
    const losses = await this.#engine.losses();
    if (losses.length === 0) return;
    const told = new Map<PoolLedger, Loss[]>();
    for (const loss of losses) {
      if (await this.#isBack(loss)) continue;
      const written = [...this.#pools.values()].filter(({ state }) => state.seq > 0);
      const teller = written.find(({ pool }) => pool === loss.expected?.pool) ?? written[0];
      if (teller === undefined) return;
      told.set(teller, [...(told.get(teller) ?? []), loss]);
    }
    for (const [pool, lost] of told) await pool.submitOne(lossAlert(`${lossText(lost)}: started without what is lost`));
    await this.#engine.lossesTold();
  }

  async #isBack({ expected }: Loss): Promise<boolean> {
    const pool = expected === null ? undefined : this.#pools.get(expected.pool);
    if (expected === null || pool === undefined) return false;
    return (await this.#engine.eventAt(pool.pool, expected.seq))?.hash === expected.hash;
  }

  /** Looks after the storage. Throws a `StorageError` where it is not what was opened any more, or cannot be looked after. */
  tend(): Promise<void> {
    return this.#engine.tend();
  }

  #startClock(): LogClock {
    const wall = this.settings.clock === undefined ? () => this.#engine.wall() : () => this.clock.now();
    const newestHead = () => [...this.#pools.values()].reduce((newest, { state }) => Math.max(newest, state.at), 0);
    return new LogClock(wall, this.clock, newestHead);
  }

  get location(): string {
    return this.#engine.location;
  }

  get poolNames(): readonly PoolId[] {
    return [...this.#pools.values()].map(({ pool }) => pool);
  }

  hasPool(pool: string): boolean {
    return this.#pools.has(pool);
  }

  /** What was committed, here or by another node, in order within a pool. */
  get committed$(): Observable<Committed> {
    return this.#committed.asObservable();
  }

  /** Items at which this program or a rule of the database failed, each once: for the log of the operator. */
  get itemFailures$(): Observable<ItemFailure> {
    return this.#itemFailures.asObservable();
  }

  committedIn(pool: PoolId): Observable<Committed> {
    return this.#committed.pipe(filter((committed) => committed.pool === pool));
  }

  /** Opens a pool that does not exist, and writes its first event. Throws `pool_exists`, `pool_limit`. */
  async addPool(pool: PoolId, timeZone = this.settings.timeZone): Promise<void> {
    if (this.#pools.has(pool)) throw new Problem('pool_exists', `there is a pool ${pool}`);
    this.#checkRoomForPool();
    await this.#openPool(await this.#engine.createPool(pool, this.now()));
    await this.configurePool(pool, timeZone);
  }

  /** Opens a pool with an empty log, for an import that brings its first event. */
  async addEmptyPool(pool: PoolId): Promise<void> {
    if (this.#pools.has(pool)) return;
    this.#checkRoomForPool();
    await this.#openPool(await this.#engine.createPool(pool, this.now()));
  }

  #checkRoomForPool(): void {
    if (this.#pools.size < limits.poolsMax) return;
    throw new Problem('pool_limit', `the ledger holds ${this.#pools.size} pools`);
  }

  async configurePool(pool: PoolId, timeZone: string): Promise<void> {
    const command: CommandOf<'pool.configured'> = {
      type: 'pool.configured',
      payload: { time_zone: timeZone },
      ...byLedger,
    };
    await this.#pool(pool).submitOne(command);
  }

  /**
   * Has every pool whose policy names no version of the method go on by the newest. Its log says so, once, however many nodes
   * call this: what was said before stays as it was. Nothing happens while the clock is in doubt, nor in a pool without events,
   * which may be imported into: call it again then.
   */
  async adoptMethod(): Promise<void> {
    for (const { pool, state } of this.#pools.values()) {
      if (this.clockIsUnconfirmed) return;
      if (state.seq === 0 || state.fair.policy.method_version !== undefined) continue;
      const outcome = await this.submitOne(pool, adoptMethod);
      if (outcome.status === 'rejected') throw new Problem(outcome.code, outcome.detail);
    }
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
    return this.clockDoubt === null ? this.#pools.get(pool) : undefined;
  }

  #refusal(pool: PoolId): Problem {
    const doubt = this.clockDoubt;
    if (doubt === null || !this.#pools.has(pool)) return unknownPool(pool);
    return new Problem('clock_suspect', doubtText(doubt));
  }

  /** Records the expiry of turns whose time is up, in every pool. Otherwise the next command of the pool does. */
  async expireTurns(): Promise<void> {
    for (const { pool } of this.#pools.values()) {
      for (let due = this.#dueIn(pool); due; due = this.#dueIn(pool)) {
        const outcome = await this.#pool(pool).submitOne(expireTurns);
        if (outcome.status === 'rejected') throw new Problem(outcome.code, outcome.detail);
      }
    }
  }

  /** Lets every pool forget the identities and windows of which nobody has heard for long. */
  async forgetLapsed(): Promise<void> {
    if (this.clockIsUnconfirmed) return;
    for (const pool of this.#pools.values()) {
      if (anythingLapsed(pool.state, this.now())) await pool.submit({ commands: forgetLapsed });
    }
  }

  #dueIn(pool: PoolId): boolean {
    const { turnsDueAt } = this.#pool(pool).state;
    return turnsDueAt !== null && turnsDueAt <= this.now();
  }

  /** Appends sealed events from elsewhere, unchanged. The caller has verified their chain, and may have read them. */
  adopt(
    pool: PoolId,
    events: readonly StoredEvent[],
    read: readonly LedgerEvent[] = events.map((stored) => upcast(stored)),
  ): Promise<void> {
    return this.#pool(pool).adopt(events, read);
  }

  /**
   * The pool's state at the head, for answers about now. It is live: take from it, do not keep it. Throws `storage_unavailable`
   * where it holds what turned out not to be recorded, and could not be restored yet.
   */
  state(pool: PoolId): PoolState {
    const found = this.#pool(pool);
    if (found.isTrue) return found.state;
    throw new Problem('storage_unavailable', 'the state has to be read from the storage again, which does not answer');
  }

  /** As `state`, to put what was just recorded into words: that is answered whatever becomes of the batch after it. */
  stateAfter(pool: PoolId): PoolState {
    return this.#pool(pool).state;
  }

  /** Whether there is no state that has to be restored before it is asked. */
  get isTrue(): boolean {
    for (const pool of this.#pools.values()) if (!pool.isTrue) return false;
    return true;
  }

  /** Resolves when what has to be restored is, or cannot be within a short time. */
  async restored(): Promise<void> {
    const all = Promise.all([...this.#pools.values()].map((pool) => (pool.isTrue ? null : pool.restored())));
    const done = new AbortController();
    await Promise.race([all, this.clock.sleep(limits.storageAnswerMsMax, done.signal)]);
    done.abort();
  }

  /** Commands of all pools that wait for their commit. */
  get queued(): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.queued, 0);
  }

  /** What went wrong with the storage when a pool was last written to; null where nothing did. */
  get storageFault(): string | null {
    const faults = [...this.#pools.values()].map(({ storageFault }) => storageFault);
    return faults.find((fault) => fault !== null) ?? null;
  }

  /** Resolves when the storage answers and takes writes. Throws a `StorageError` when it does not, or not in time. */
  async answers(): Promise<void> {
    this.#probe ??= Promise.all([this.#engine.pools(), this.#takesWrites()]).finally(() => {
      this.#probe = null;
    });
    const answered = new AbortController();
    const late = this.clock.sleep(limits.storageAnswerMsMax, answered.signal).then(() => {
      if (answered.signal.aborted) return;
      throw new StorageError('unavailable', `the storage did not answer within ${limits.storageAnswerMsMax / 1_000} s`);
    });
    try {
      await Promise.race([this.#probe, late]);
    } finally {
      answered.abort();
    }
  }

  /** Looked at once a second, however often readiness is asked for. */
  async #takesWrites(): Promise<void> {
    const now = this.clock.elapsed();
    if (now - this.#writableAt < limits.writableMs) return;
    await this.#engine.checkWritable();
    this.#writableAt = now;
  }

  async head(pool: PoolId): Promise<Head> {
    const record = (await this.#engine.pools()).find((candidate) => candidate.pool === pool);
    if (record === undefined) throw unknownPool(pool);
    return record.head;
  }

  heads(): Promise<PoolRecord[]> {
    return this.#engine.pools();
  }

  readStored(pool: PoolId, query: EventQuery): Promise<StoredEvent[]> {
    return this.#engine.readEvents(pool, query);
  }

  readTexts(pool: PoolId, query: EventQuery, separator: string): Promise<EventTexts> {
    return this.#engine.readTexts(pool, query, separator);
  }

  async readEvents(pool: PoolId, query: EventQuery): Promise<LedgerEvent[]> {
    return (await this.readStored(pool, query)).map((stored) => upcast(stored));
  }

  /** The event with exactly this seq; null where there is none. */
  eventAt(pool: PoolId, seq: number): Promise<StoredEvent | null> {
    return this.#engine.eventAt(pool, seq);
  }

  /** Throws `event_unknown`. */
  async findEvent(id: string): Promise<StoredEvent> {
    const event = await this.#engine.findEvent(id);
    if (event === null) throw new Problem('event_unknown', `no event has the id ${id}`);
    return event;
  }

  /** Seq of the last event recorded at or before a time; 0 where there is none. */
  seqAt(pool: PoolId, at: EpochMs): Promise<number> {
    return this.#engine.seqAt(pool, at);
  }

  /** One page of a table, now or (`asOfSeq`) as it was after that event. */
  async readTable(pool: PoolId, name: TableName, wanted: TableFilter, asOfSeq?: number): Promise<Page<TableRow>> {
    this.#pool(pool);
    if (asOfSeq === undefined) return readTable(this.#engine, pool, name, wanted);
    return this.#asOf.readTable(pool, asOfSeq, name, wanted);
  }

  /**
   * Pages of a table, now or as it was after that event. Of the past they are worked out with the first one, which throws `past_busy`
   * where too many ask, and the signal's reason where it gives up; what was worked out is kept until they are released.
   */
  tablePages(pool: PoolId, name: TableName, asOfSeq: number | undefined, signal: AbortSignal): PastPages {
    this.#pool(pool);
    if (asOfSeq !== undefined) return this.#asOf.pages(pool, asOfSeq, name, signal);
    return { read: (wanted) => readTable(this.#engine, pool, name, wanted), release: () => undefined };
  }

  /** In micro-USD: what was used after an instant, which is cheap to ask again when it has moved on. */
  costSince(pool: PoolId, at: EpochMs): Promise<number> {
    return this.#pool(pool).costSince(at);
  }

  /** Runs a portable read-only statement over the tables. */
  query<R extends object>(sql: string, parameters: readonly Value[] = []): Promise<R[]> {
    return this.#engine.query(sql, parameters);
  }

  get tables(): Queryable {
    return this.#engine;
  }

  outdatedProjections(): Promise<string[]> {
    return this.#engine.outdatedProjections();
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
    return this.#pool(pool).archive(before);
  }

  announce(listening: Listening): Promise<void> {
    return this.#engine.announce(listening);
  }

  statistics(): Promise<Statistics> {
    return this.#engine.statistics();
  }

  /** Commits what is queued, keeps snapshots, and closes the engine. */
  async close(): Promise<void> {
    const following = this.#follower?.stop();
    for (const pool of this.#pools.values()) await pool.close();
    await following;
    this.#committed.complete();
    this.#itemFailures.complete();
    await this.#asOf.close();
    await this.#engine.close();
  }

  /** Once, however many want it at the same time. */
  async #openPool(record: PoolRecord): Promise<void> {
    if (this.#pools.has(record.pool)) return;
    const settings = {
      unknownAgents: this.settings.unknownAgents,
      newcomersPerHour: this.settings.newcomersPerHour ?? limits.newcomersPerHour,
      now: () => this.now(),
      rules: this.settings.rules ?? ownRules,
      itemFailed: (failure: ItemFailure) => this.#itemFailures.next(failure),
      outdated: (error: StorageError) => this.#becomeOutdated(error),
    };
    const tell = (committed: Committed) => this.#committed.next(committed);
    const opening = this.#opening.get(record.pool) ?? PoolLedger.open(this.#engine, record, settings, tell);
    this.#opening.set(record.pool, opening);
    try {
      this.#pools.set(record.pool, await opening);
    } finally {
      this.#opening.delete(record.pool);
    }
  }

  /** Folds what other nodes appended, and opens the pools they made. */
  async #catchUp(heads: readonly PoolRecord[]): Promise<boolean> {
    let isNews = false;
    for (const record of heads) {
      const pool = this.#pools.get(record.pool);
      if (pool?.state.seq === record.head.seq) continue;
      isNews = true;
      if (pool === undefined) await this.#openPool(record);
      else await pool.catchUp();
    }
    return isNews;
  }

  #pool(pool: string): PoolLedger {
    const found = this.#pools.get(pool);
    if (found === undefined) throw unknownPool(pool);
    return found;
  }
}

const unknownPool = (pool: string): Problem => new Problem('pool_unknown', `there is no pool ${pool}`);
