/** The pools of one database: each is opened once, and found by its name. */
import { type Observable, Subject } from 'rxjs';
import type { Engine, PoolRecord } from '../engines/engine.js';
import type { PoolId } from '../events/scalars.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { StorageError } from '../storage-error.js';
import type { Committed, PoolSettings } from './group-commit.js';
import type { ItemFailure } from './halves.js';
import { PoolLedger } from './pool-ledger.js';

export class Pools {
  /** As `Ledger.outdated`. */
  readonly outdated: Promise<StorageError>;
  readonly #engine: Engine;
  readonly #settings: PoolSettings;
  readonly #pools = new Map<string, PoolLedger>();
  readonly #opening = new Map<string, Promise<PoolLedger>>();
  readonly #committed = new Subject<Committed>();
  readonly #itemFailures = new Subject<ItemFailure>();

  constructor(engine: Engine, settings: Omit<PoolSettings, 'itemFailed' | 'outdated'>) {
    this.#engine = engine;
    let outdated: PoolSettings['outdated'] = () => undefined;
    this.outdated = new Promise((resolve) => {
      outdated = resolve;
    });
    this.#settings = { ...settings, itemFailed: (failure) => this.#itemFailures.next(failure), outdated };
  }

  /** As `Ledger.committed$`. */
  get committed$(): Observable<Committed> {
    return this.#committed.asObservable();
  }

  /** As `Ledger.itemFailures$`. */
  get itemFailures$(): Observable<ItemFailure> {
    return this.#itemFailures.asObservable();
  }

  /** Those that are open, in the order in which they were opened. */
  [Symbol.iterator](): IterableIterator<PoolLedger> {
    return this.#pools.values();
  }

  find(pool: string): PoolLedger | undefined {
    return this.#pools.get(pool);
  }

  /** Throws `pool_unknown`. */
  get(pool: string): PoolLedger {
    const found = this.#pools.get(pool);
    if (found === undefined) throw unknownPool(pool);
    return found;
  }

  has(pool: string): boolean {
    return this.#pools.has(pool);
  }

  /** When the newest event of any pool was recorded; 0 where there is none. */
  newestHead(): number {
    return [...this].reduce((newest, { state }) => Math.max(newest, state.at), 0);
  }

  /** Creates a pool with an empty log. Throws `pool_limit`. */
  async create(pool: PoolId, at: number): Promise<void> {
    this.#checkRoom();
    await this.open(await this.#engine.createPool(pool, at));
  }

  #checkRoom(): void {
    if (this.#pools.size < limits.poolsMax) return;
    throw new Problem('pool_limit', `the ledger holds ${this.#pools.size} pools`);
  }

  /** Once, however many want it at the same time. */
  async open(record: PoolRecord): Promise<void> {
    if (this.#pools.has(record.pool)) return;
    const tell = (committed: Committed) => this.#committed.next(committed);
    const opening = this.#opening.get(record.pool) ?? PoolLedger.open(this.#engine, record, this.#settings, tell);
    this.#opening.set(record.pool, opening);
    try {
      this.#pools.set(record.pool, await opening);
    } finally {
      this.#opening.delete(record.pool);
    }
  }

  /** Folds what other nodes appended, and opens the pools they made. Whether any of it was news. */
  async catchUp(heads: readonly PoolRecord[]): Promise<boolean> {
    let isNews = false;
    for (const record of heads) {
      const pool = this.#pools.get(record.pool);
      if (pool?.state.seq === record.head.seq) continue;
      isNews = true;
      if (pool === undefined) await this.open(record);
      else await pool.catchUp();
    }
    return isNews;
  }

  /** Commits what is queued, and keeps snapshots. */
  async close(): Promise<void> {
    for (const pool of this.#pools.values()) await pool.close();
  }

  /** Nothing more is told. */
  complete(): void {
    this.#committed.complete();
    this.#itemFailures.complete();
  }
}

export const unknownPool = (pool: string): Problem => new Problem('pool_unknown', `there is no pool ${pool}`);
