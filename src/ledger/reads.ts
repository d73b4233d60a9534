/** What is read of one database: the states of its pools, its logs, and its tables, now or as they were. */
import type { Engine, EventQuery, EventTexts, PoolRecord, Statistics, TreeStore } from '../engines/engine.js';
import type { Head, LedgerEvent, StoredEvent } from '../events/envelope.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import { upcast } from '../events/upcast.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { rowId } from '../projections/change.js';
import type { Page, Queryable } from '../projections/pages.js';
import type { Value } from '../projections/rows.js';
import { readTable, type TableFilter, type TableName, type TableRow } from '../projections/table-reader.js';
import { type UsageSums, type UsageSumsQuery, usageSums } from '../projections/usage-sums.js';
import { type UseByMode, useByMode } from '../projections/use-by-mode.js';
import { type UseCount, type UseCountsQuery, useCounts } from '../projections/use-counts.js';
import { AsOfShadows, type PastPages } from '../replay/as-of.js';
import type { Clock } from '../runtime/clock.js';
import { type Pools, unknownPool } from './pools.js';

export class LedgerReads {
  readonly clock: Clock;
  readonly #engine: Engine;
  readonly #pools: Pools;
  readonly #asOf: AsOfShadows;

  /** `database`: where the engine's data is, for threads that open it again. */
  constructor(engine: Engine, pools: Pools, database: string, clock: Clock) {
    this.clock = clock;
    this.#engine = engine;
    this.#pools = pools;
    this.#asOf = new AsOfShadows(engine, database, clock);
  }

  get kind(): Engine['kind'] {
    return this.#engine.kind;
  }

  get location(): string {
    return this.#engine.location;
  }

  /**
   * The pool's state at the head, for answers about now. It is live: take from it, do not keep it. Throws `storage_unavailable`
   * where it holds what turned out not to be recorded, and could not be restored yet.
   */
  state(pool: PoolId): PoolState {
    const found = this.#pools.get(pool);
    if (found.isTrue) return found.state;
    throw new Problem('storage_unavailable', 'the state has to be read from the storage again, which does not answer');
  }

  /** As `state`, to put what was just recorded into words: that is answered whatever becomes of the batch after it. */
  stateAfter(pool: PoolId): PoolState {
    return this.#pools.get(pool).state;
  }

  /** Whether there is no state that has to be restored before it is asked. */
  get isTrue(): boolean {
    for (const pool of this.#pools) if (!pool.isTrue) return false;
    return true;
  }

  /** Resolves when what has to be restored is, or cannot be within a short time. */
  async restored(): Promise<void> {
    const all = Promise.all([...this.#pools].map((pool) => (pool.isTrue ? null : pool.restored())));
    const done = new AbortController();
    await Promise.race([all, this.clock.sleep(limits.storageAnswerMsMax, done.signal)]);
    done.abort();
  }

  /** In micro-USD: what was used after an instant, which is cheap to ask again when it has moved on. */
  costSince(pool: PoolId, at: EpochMs): Promise<number> {
    return this.#pools.get(pool).costSince(at);
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

  /** The digest of the request that was recorded under an idempotency key, and the seq of its event; null where none was. */
  async recordedUnder(pool: PoolId, key: string): Promise<{ readonly digest: string; readonly seq: number } | null> {
    const sql = 'SELECT digest, seq FROM idempotency WHERE pool = ? AND key = ? AND seq IS NOT NULL';
    const [found] = await this.#engine.query<{ digest: Uint8Array; seq: number }>(sql, [pool, key]);
    return found === undefined ? null : { digest: Buffer.from(found.digest).toString('hex'), seq: found.seq };
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
    this.#pools.get(pool);
    if (asOfSeq === undefined) return readTable(this.#engine, pool, name, wanted);
    return this.#asOf.readTable(pool, asOfSeq, name, wanted);
  }

  /**
   * Pages of a table, now or as it was after that event. Of the past they are worked out with the first one, which throws `past_busy`
   * where too many ask, and the signal's reason where it gives up; what was worked out is kept until they are released.
   */
  tablePages(pool: PoolId, name: TableName, asOfSeq: number | undefined, signal: AbortSignal): PastPages {
    this.#pools.get(pool);
    if (asOfSeq !== undefined) return this.#asOf.pages(pool, asOfSeq, name, signal);
    return { read: (wanted) => readTable(this.#engine, pool, name, wanted), release: () => undefined };
  }

  /** What was used, summed up: by all of the log, or by what it held up to an event. */
  usageSums(pool: PoolId, query: Omit<UsageSumsQuery, 'upToRow'>, upToSeq?: number): Promise<UsageSums[]> {
    const { number } = this.#pools.get(pool);
    return usageSums(this.#engine, pool, upToSeq === undefined ? query : { ...query, upToRow: rowId(number, upToSeq) });
  }

  /** Who reported how often, minute by minute. */
  useCounts(pool: PoolId, query: UseCountsQuery): Promise<UseCount[]> {
    return useCounts(this.#engine, this.#pools.get(pool), query);
  }

  /** What the uses cost that are among the events after one, up to another. */
  useByMode(pool: PoolId, after: number, upTo: number): Promise<UseByMode[]> {
    return useByMode(this.#engine, this.#pools.get(pool), after, upTo);
  }

  /** Runs a portable read-only statement over the tables. */
  query<R extends object>(sql: string, parameters: readonly Value[] = []): Promise<R[]> {
    return this.#engine.query(sql, parameters);
  }

  get tables(): Queryable {
    return this.#engine;
  }

  /** The logs, for who builds trees over them. */
  get treeStore(): TreeStore {
    return this.#engine;
  }

  outdatedProjections(): Promise<string[]> {
    return this.#engine.outdatedProjections();
  }

  statistics(): Promise<Statistics> {
    return this.#engine.statistics();
  }

  /** Lets go of the tables of the past that are kept. */
  protected closeReads(): Promise<void> {
    return this.#asOf.close();
  }
}
