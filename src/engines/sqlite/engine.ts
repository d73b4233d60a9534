/**
 * The embedded engine: one database file, a thread that writes to it, and one that reads. Long because it has every method of
 * the contract `Engine`, most of them of two lines.
 */
import { join } from 'node:path';
import type { Head, StoredEvent } from '../../events/envelope.js';
import { type EventPage, emptyPage } from '../../events/page.js';
import { nothingReferenced } from '../../events/referenced.js';
import type { PoolId } from '../../events/scalars.js';
import { limits } from '../../limits.js';
import type { Change } from '../../projections/change.js';
import type { Projection } from '../../projections/projection.js';
import type { Value } from '../../projections/rows.js';
import { shadowRules } from '../../projections/shadow-rules.js';
import type { Clock } from '../../runtime/clock.js';
import { StorageError } from '../../storage-error.js';
import type { AuditStore } from '../audit-store.js';
import {
  type AppendContext,
  type Batch,
  type Checkpoint,
  type Comparison,
  type Engine,
  type EventQuery,
  type EventTexts,
  type FoldTails,
  type Listening,
  type Lookups,
  type Loss,
  type PoolRecord,
  type Positions,
  type Role,
  refersToNothing,
  type Segment,
  type Shadow,
  type Snapshot,
  type Statistics,
  type StorageCheck,
} from '../engine.js';
import type { FileSnapshots } from '../file-snapshots.js';
import type { OpenOptions } from '../open-options.js';
import type { OutboxStore } from '../outbox-store.js';
import { seqAtAcross } from '../seq-at.js';
import { SqlAudit } from '../sql-audit.js';
import { SqlOutbox } from '../sql-outbox.js';
import { SqliteSessions } from './browser-sessions.js';
import { packChanges } from './columns.js';
import { packEvents, unpackEvents, type WrittenBatch } from './event-rows.js';
import { databaseName } from './files.js';
import { HeadFile } from './head-file.js';
import { SqliteKeys } from './keys.js';
import { KeysAccess } from './keys-access.js';
import { objectsOf } from './named-rows.js';
import { SqliteOperations } from './operations.js';
import { SqliteOutbox } from './outbox.js';
import { takesWrites } from './read-only.js';
import { SqliteSecrets } from './secrets.js';
import type { Settings } from './store.js';
import { type StoreHandle, StoreThread } from './thread.js';

export class SqliteEngine implements Engine {
  readonly kind = 'sqlite';
  readonly shared = false;
  readonly location: string;
  readonly readsCopy: boolean;
  readonly operations: SqliteOperations;
  readonly keys: SqliteKeys;
  readonly secrets: SqliteSecrets;
  readonly sessions: SqliteSessions;
  readonly #keysAccess: KeysAccess;
  readonly fileSnapshots: FileSnapshots;
  readonly outbox: OutboxStore;
  readonly audit: AuditStore;
  readonly #outboxTables: SqliteOutbox;
  readonly #clock: Clock;
  /** Appends and everything else that writes. */
  readonly #writer: StoreHandle;
  /** Queries; for the replayer, which has its thread for itself, in this very thread. */
  readonly #reader: StoreHandle;
  /** Builds and queries shadows. */
  readonly #shadows: StoreHandle;
  /** Heads of the pools this process appended to last, as they are when all that was sent is written. */
  readonly #heads = new Map<PoolId, Head>();
  /** The last batch of each pool that is being written. */
  readonly #writing = new Map<PoolId, Promise<void>>();
  /** Kept by who appends. */
  readonly #headFile: HeadFile | null;
  /** That a file is gone was found while nothing was written: nothing is from then on. */
  #gone: StorageError | null = null;
  #saving: Promise<void> = Promise.resolve();
  /** Whether the write-ahead log may hold what the database does not; when that was last written, and moved, in elapsed milliseconds. */
  #isInWal = true;
  #writtenAt: number;
  #movedAt: number;

  private constructor(folder: string, role: Role, clock: Clock, writer: StoreHandle, reader: StoreHandle) {
    this.location = join(folder, databaseName);
    this.readsCopy = role === 'reader' && !takesWrites(folder);
    this.#headFile = role === 'writer' ? new HeadFile(folder) : null;
    this.#clock = clock;
    this.#writtenAt = clock.elapsed();
    this.#movedAt = this.#writtenAt;
    this.#writer = writer;
    this.#reader = reader;
    this.#shadows = role === 'replayer' ? writer : reader;
    this.#keysAccess = new KeysAccess(folder);
    this.keys = new SqliteKeys(this.#keysAccess);
    this.secrets = new SqliteSecrets(this.#keysAccess);
    this.sessions = new SqliteSessions(this.#keysAccess);
    this.fileSnapshots = { write: (path, options) => reader.call('writeSnapshot', path, options) };
    this.operations = new SqliteOperations(role === 'replayer' ? reader : writer, reader);
    this.#outboxTables = new SqliteOutbox(folder);
    this.outbox = new SqlOutbox(this.#outboxTables);
    this.audit = new SqlAudit(this.#outboxTables);
  }

  /**
   * Throws a `StorageError` when the directory cannot be used, or another process writes to it. With `inline` all work
   * is done in the calling thread: a short run is over before the threads would have started.
   */
  static async open(
    folder: string,
    role: Role,
    { inline, clock, limits: allowed, acceptLoss }: OpenOptions & { readonly inline: boolean },
  ): Promise<SqliteEngine> {
    const settings = { folder, role, walBytesMax: allowed.walBytesMax, acceptLoss };
    if (inline) {
      const store = await openInline(settings, clock);
      return new SqliteEngine(folder, role, clock, store, store);
    }
    if (role === 'reader') {
      const [reader] = await openThreads([settings]);
      return new SqliteEngine(folder, role, clock, reader, reader);
    }
    const reading = { ...settings, role: 'reader' } as const;
    if (role === 'replayer') {
      const [writer] = await openThreads([settings]);
      return new SqliteEngine(folder, role, clock, writer, await openInline(settings, clock));
    }
    const [writer, reader] = await openThreads([settings, reading]);
    return new SqliteEngine(folder, role, clock, writer, reader);
  }

  /** Says in the lock where this process listens. */
  announce(listening: Listening): Promise<void> {
    return this.#writer.call('announce', listening);
  }

  outdatedProjections(): Promise<string[]> {
    return this.#writer.call('outdated');
  }

  wall(): number {
    return this.#clock.now();
  }

  async pools(): Promise<PoolRecord[]> {
    if (this.#gone !== null) throw this.#gone;
    return this.#reader.call('pools');
  }

  createPool(pool: PoolId, at: number): Promise<PoolRecord> {
    return this.#writer.call('createPool', pool, at);
  }

  /** A batch may be decided, and is sent to be written, while the one before it is being written. */
  async append(
    pool: PoolId,
    knownSeq: number,
    lookups: Lookups,
    decide: (found: AppendContext) => Batch | Promise<Batch>,
  ): Promise<void> {
    if (this.#gone !== null) throw this.#gone;
    const found = await this.#find(pool, knownSeq, lookups);
    // What is being written when it is decided is what it rests on, however that ends meanwhile.
    const before = this.#writing.get(pool);
    const decided = decide(found);
    const { events, outcomes, changes } = decided instanceof Promise ? await decided : decided;
    if (events.length === 0 && outcomes.length === 0) {
      return before?.catch(() => {
        throw new StorageError('conflict', 'what this was decided on was not written');
      });
    }
    const last = events.at(-1);
    const head =
      last === undefined ? found.head : { seq: last.seq, id: last.id, hash: last.hash, recorded_at: last.recorded_at };
    const batch: WrittenBatch = { after: found.head, head, rows: packEvents(events), outcomes, claims: found.claims };
    const written = this.#writer.call('write', pool, batch, packChanges(changes));
    this.#heads.set(pool, head);
    this.#writing.set(pool, written);
    try {
      await written;
      this.#isInWal = true;
      this.#writtenAt = this.#clock.elapsed();
    } catch (error) {
      this.#heads.delete(pool);
      throw error;
    } finally {
      if (this.#writing.get(pool) === written) this.#writing.delete(pool);
    }
  }

  /** This process is the only writer, so a batch that refers to nothing needs nothing from the storage thread. */
  async #find(pool: PoolId, knownSeq: number, lookups: Lookups): Promise<AppendContext> {
    const head = this.#heads.get(pool);
    if (head?.seq === knownSeq && refersToNothing(lookups))
      return { tail: emptyPage, head, outcomes: new Map(), referenced: nothingReferenced() };
    return this.#writer.call('find', pool, knownSeq, lookups);
  }

  async readEvents(pool: PoolId, query: EventQuery): Promise<StoredEvent[]> {
    return unpackEvents(await this.#reader.call('readEvents', pool, query));
  }

  readTexts(pool: PoolId, query: EventQuery, separator: string): Promise<EventTexts> {
    return this.#reader.call('readTexts', pool, query, separator);
  }

  scanEvents(pool: PoolId, after: number, upTo: number, limit: number): Promise<EventPage> {
    return this.#reader.call('scan', pool, after, upTo, limit);
  }

  eventAt(pool: PoolId, seq: number): Promise<StoredEvent | null> {
    return this.#reader.call('eventAt', pool, seq);
  }

  readHashes(pool: PoolId, after: number, limit: number): Promise<Uint8Array> {
    return this.#reader.call('readHashes', pool, after, limit);
  }

  findEvent(id: string): Promise<StoredEvent | null> {
    return this.#reader.call('findEvent', id);
  }

  seqAt(pool: PoolId, recordedAt: number): Promise<number> {
    return seqAtAcross(this, pool, recordedAt, () => this.#reader.call('seqAt', pool, recordedAt));
  }

  segments(pool: PoolId): Promise<Segment[]> {
    return this.#reader.call('segments', pool);
  }

  archiveSegment(pool: PoolId, upTo: number): Promise<Segment | null> {
    return this.#writer.call('archiveSegment', pool, upTo);
  }

  async query<R extends object>(sql: string, parameters: readonly Value[] = []): Promise<R[]> {
    return objectsOf(await this.#reader.call('query', sql, parameters));
  }

  loadSnapshot(pool: PoolId, format: number): Promise<Snapshot | null> {
    return this.#reader.call('loadSnapshot', pool, format);
  }

  saveSnapshot(pool: PoolId, snapshot: Snapshot): Promise<void> {
    return this.#writer.call('saveSnapshot', pool, snapshot);
  }

  saveCheckpoint(pool: PoolId, checkpoint: Checkpoint): Promise<boolean> {
    return this.#writer.call('saveCheckpoint', pool, checkpoint);
  }

  dropCheckpoints(pool: PoolId): Promise<void> {
    return this.#writer.call('dropCheckpoints', pool);
  }

  async openShadow(name: string, projections: readonly Projection[], resume: boolean): Promise<Shadow> {
    const rules = shadowRules(projections);
    await this.#shadows.call('openShadow', name, names(projections), rules, resume);
    return new SqliteShadow(name, this.#shadows);
  }

  async compareShadow(shadow: Shadow, projections: readonly Projection[], fold: FoldTails): Promise<Comparison[]> {
    try {
      const tails = await this.#writer.call('beginComparison', shadow.name);
      if (tails.length > 0) {
        const { changes, reached } = fold(tails);
        await shadow.apply(changes, reached);
      }
      return await this.#writer.call('compareTables', names(projections));
    } finally {
      await this.#writer.call('endComparison');
    }
  }

  async swapShadow(shadow: Shadow, projections: readonly Projection[], fold: FoldTails): Promise<void> {
    await this.#writer.call('prepareSwap', shadow.name, names(projections));
    const { store } = this.operations;
    try {
      // From now on what does not come over the same connection would wait for the lock.
      this.operations.store = this.#writer;
      const { changes } = fold(await this.#writer.call('lockForSwap', shadow.name));
      await this.#writer.call('finishSwap', names(projections), packChanges(changes));
    } finally {
      await this.#writer.call('abandonSwap');
      this.operations.store = store;
    }
  }

  checkWritable(): Promise<void> {
    return this.#reader.call('checkWritable');
  }

  async checkStorage(): Promise<StorageCheck> {
    return { by: 'integrity_check', faults: await this.#reader.call('integrityFaults') };
  }

  statistics(): Promise<Statistics> {
    return this.#reader.call('statistics');
  }

  losses(): Promise<readonly Loss[]> {
    return this.#writer.call('losses');
  }

  lossesTold(): Promise<void> {
    return this.#writer.call('lossesTold');
  }

  async tend(): Promise<void> {
    await this.#checkFiles();
    await this.#saveHeads().catch(async (error) => {
      // What was looked at a moment ago may have been moved away since.
      await this.#checkFiles();
      throw error;
    });
    const now = this.#clock.elapsed();
    const isIdle = this.#isInWal && now - this.#writtenAt >= limits.walIdleMs;
    if (!isIdle && now - this.#movedAt < limits.walAgeMsMax) return;
    this.#movedAt = now;
    this.#isInWal = false;
    // Where a reader needs what would be overwritten, the rest of it is moved a second later.
    if (!(await this.#writer.call('moveWal'))) this.#isInWal = true;
  }

  async #checkFiles(): Promise<void> {
    try {
      await this.#writer.call('checkFiles');
    } catch (error) {
      if (error instanceof StorageError && error.reason === 'gone') this.#gone = error;
      throw error;
    }
  }

  /** Not before the log says what was lost: until then every start has to find it out again. */
  #saveHeads(): Promise<void> {
    const save = async () => {
      if (this.#headFile === null || (await this.losses()).length > 0) return;
      await this.#headFile.save(await this.#reader.call('pools'));
    };
    this.#saving = this.#saving.then(save, save);
    return this.#saving;
  }

  async close(): Promise<void> {
    // A file that lags behind costs nothing but that a loss of the last second would not be noticed.
    await this.#saveHeads().catch(() => undefined);
    await this.#keysAccess.close();
    await this.#outboxTables.close();
    if (this.#reader !== this.#writer) await this.#reader.close();
    await this.#writer.close();
  }
}

/** What a thread needs is not loaded here where there are threads. */
async function openInline(settings: Settings, clock: Clock): Promise<StoreHandle> {
  const { InlineStore } = await import('./inline.js');
  return new InlineStore(settings, clock);
}

/** The threads load at once, but open one after the other: the writer makes the file that the reader reads. */
async function openThreads<S extends readonly Settings[]>(
  all: readonly [...S],
): Promise<{ [I in keyof S]: StoreThread }> {
  const threads = all.map((settings) => new StoreThread(settings));
  try {
    for (const thread of threads) await thread.open();
  } catch (error) {
    await Promise.all(threads.map((thread) => thread.close()));
    throw error;
  }
  return threads as { [I in keyof S]: StoreThread };
}

class SqliteShadow implements Shadow {
  readonly name: string;
  readonly #store: StoreHandle;

  constructor(name: string, store: StoreHandle) {
    this.name = name;
    this.#store = store;
  }

  positions(): Promise<Positions> {
    return this.#store.call('shadowPositions', this.name);
  }

  apply(changes: readonly Change[], reached: Positions): Promise<void> {
    return this.#store.call('applyToShadow', this.name, packChanges(changes), reached);
  }

  async query<R extends object>(sql: string, parameters: readonly Value[] = []): Promise<R[]> {
    return objectsOf(await this.#store.call('queryShadow', this.name, sql, parameters));
  }

  close(): Promise<void> {
    return this.#store.call('closeShadow', this.name, false);
  }

  drop(): Promise<void> {
    return this.#store.call('closeShadow', this.name, true);
  }
}

const names = (projections: readonly Projection[]): string[] => projections.map((projection) => projection.name);
