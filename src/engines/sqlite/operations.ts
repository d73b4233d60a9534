/** The operational tables of a database file. */
import type { PoolId } from '../../events/scalars.js';
import type {
  AddedJob,
  ClaimedJob,
  Failure,
  Fire,
  FoundWork,
  JobClaim,
  JobState,
  JobStore,
  NewJob,
  ReclaimedJob,
  Retention,
} from '../job-store.js';
import type { Operations } from '../operations.js';
import type { Tile } from '../tile.js';
import type { StoreHandle } from './thread.js';

export class SqliteOperations implements Operations {
  /** Takes leases: not what compares tables, or they would run out meanwhile. */
  store: StoreHandle;
  readonly jobs: JobStore;

  /** `reader` looks for work: nobody who writes has to wait for that. */
  constructor(store: StoreHandle, reader: StoreHandle) {
    this.store = store;
    this.jobs = new SqliteJobs(store, reader);
  }

  acquireLease(name: string, holder: string, ttlMs: number): Promise<number | null> {
    return this.store.call('acquireLease', name, holder, ttlMs);
  }

  renewLease(name: string, token: number, ttlMs: number): Promise<boolean> {
    return this.store.call('renewLease', name, token, ttlMs);
  }

  releaseLease(name: string, token: number): Promise<void> {
    return this.store.call('releaseLease', name, token);
  }

  saveTiles(pool: PoolId, tiles: readonly Tile[]): Promise<void> {
    return this.store.call('saveTiles', pool, tiles);
  }

  dropTiles(pool: PoolId): Promise<void> {
    return this.store.call('dropTiles', pool);
  }
}

/** `JobTables` in the threads of the engine. */
class SqliteJobs implements JobStore {
  readonly #writer: StoreHandle;
  readonly #reader: StoreHandle;

  constructor(writer: StoreHandle, reader: StoreHandle) {
    this.#writer = writer;
    this.#reader = reader;
  }

  add(jobs: readonly NewJob[], pendingMax: number): Promise<readonly AddedJob[] | null> {
    return this.#call('add', jobs, pendingMax);
  }

  fire(fire: Fire, job: NewJob, pendingMax: number): Promise<boolean | null> {
    return this.#call('fire', fire, job, pendingMax);
  }

  async look(kinds: readonly string[]): Promise<FoundWork> {
    return (await this.#reader.call('jobs', 'look', [kinds])) as FoundWork;
  }

  claim(id: string, holder: string, leaseMs: number): Promise<ClaimedJob | null> {
    return this.#call('claim', id, holder, leaseMs);
  }

  renew(claim: JobClaim, leaseMs: number, progress: string | null): Promise<'held' | 'cancelled' | 'lost'> {
    return this.#call('renew', claim, leaseMs, progress);
  }

  complete(claim: JobClaim, result: string | null, progress: string | null): Promise<JobState | null> {
    return this.#call('complete', claim, result, progress);
  }

  fail(claim: JobClaim, failure: Failure): Promise<JobState | null> {
    return this.#call('fail', claim, failure);
  }

  giveBack(claim: JobClaim, delayMs: number, error: string | null): Promise<JobState | null> {
    return this.#call('giveBack', claim, delayMs, error);
  }

  reclaim(limit: number): Promise<readonly ReclaimedJob[]> {
    return this.#call('reclaim', limit);
  }

  cancel(id: string): Promise<JobState | null> {
    return this.#call('cancel', id);
  }

  retry(id: string): Promise<boolean | null> {
    return this.#call('retry', id);
  }

  discard(id: string): Promise<boolean> {
    return this.#call('discard', id);
  }

  pause(kind: string, isPaused: boolean): Promise<void> {
    return this.#call('pause', kind, isPaused);
  }

  trim(retention: Retention, limit: number): Promise<number> {
    return this.#call('trim', retention, limit);
  }

  async #call<M extends keyof JobStore>(
    method: M,
    ...args: Parameters<JobStore[M]>
  ): Promise<Awaited<ReturnType<JobStore[M]>>> {
    return (await this.#writer.call('jobs', method, args)) as Awaited<ReturnType<JobStore[M]>>;
  }
}
