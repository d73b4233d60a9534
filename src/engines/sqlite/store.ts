/**
 * One connection to the database file, and everything that is done over it. It is synchronous and lives in a thread of
 * its own (`thread.ts`); the engine talks to it by messages. Long because every method of the contract `Engine` that touches the
 * file has one here, most of them of a line or two.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import type { StoredEvent } from '../../events/envelope.js';
import type { EventPage } from '../../events/page.js';
import type { PoolId } from '../../events/scalars.js';
import type { ProjectionTables } from '../../projections/projection.js';
import type { Value } from '../../projections/rows.js';
import { projectionTables } from '../../projections/tables.js';
import type { Clock } from '../../runtime/clock.js';
import { orphansIn, removeFiles } from '../../runtime/orphans.js';
import { StorageError } from '../../storage-error.js';
import type {
  AppendContext,
  Checkpoint,
  Comparison,
  EventQuery,
  EventTexts,
  Listening,
  Lookups,
  Loss,
  PoolRecord,
  Positions,
  Role,
  Segment,
  Snapshot,
  Statistics,
  Tail,
} from '../engine.js';
import type { FileSnapshotOptions } from '../file-snapshots.js';
import { dropTilesSql, saveTileSql, type Tile } from '../tile.js';
import { Changes } from './changes.js';
import type { PackedChange, PackedRows } from './columns.js';
import { busyMsMax, openDatabase, requireVersion } from './database-file.js';
import { packEvents, type WrittenBatch } from './event-rows.js';
import { storageFault } from './faults.js';
import { writeSnapshot } from './file-snapshot.js';
import { databaseName } from './files.js';
import { guardFolder, OpenedFiles } from './folder.js';
import { lossesIn, refuseLosses } from './head-file.js';
import { JobTables } from './jobs.js';
import { acquireLease, releaseLease, renewLease } from './leases.js';
import { WriterLock } from './lock.js';
import { LogTables } from './log.js';
import { LookupTables } from './lookups.js';
import { type NamedRows, readNamed } from './named-rows.js';
import { takesWrites } from './read-only.js';
import { refuseForeign } from './recognition.js';
import { createMissingProjections, migrate, outdatedProjections } from './schema.js';
import { ShadowFile } from './shadow.js';
import { dropCheckpoints, loadSnapshot, saveCheckpoint, saveSnapshot } from './snapshots.js';
import { Statements } from './statements.js';
import { beginComparison, compareTables, endComparison, finishSwap, lockForSwap, prepareSwap } from './swap.js';
import { checkWritable } from './writable.js';

const writesPerWalCheck = 64;

export interface Settings {
  readonly folder: string;
  readonly role: Role;
  /** The write-ahead log is cut back when it grows beyond this. */
  readonly walBytesMax: number;
  /** A writer opens a ledger that has lost events, too. */
  readonly acceptLoss?: boolean | undefined;
}

interface Scratch {
  readonly path: string;
  readonly isTemporary: boolean;
}

export class Store {
  readonly #folder: string;
  readonly #role: Role;
  readonly #clock: Clock;
  readonly #walBytesMax: number;
  readonly #lock: WriterLock | null;
  readonly #db: Database.Database;
  /** A reader may have opened them before there was a write-ahead log. */
  readonly #files: OpenedFiles;
  readonly #log: LogTables;
  readonly #statements: Statements;
  readonly #changes: Changes;
  /** What was accepted when a writer was opened. */
  #losses: readonly Loss[] = [];
  readonly #shadows = new Map<string, ShadowFile>();
  #lookups: LookupTables | null = null;
  #jobs: JobTables | null = null;
  /** Where shadows are built. */
  #scratch: Scratch | null = null;
  #writes = 0;

  constructor({ folder, role, walBytesMax, acceptLoss = false }: Settings, clock: Clock) {
    this.#folder = folder;
    this.#role = role;
    this.#walBytesMax = walBytesMax;
    this.#clock = clock;
    if (role === 'writer') {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      guardFolder(folder);
      refuseForeign(join(folder, databaseName));
    }
    this.#lock = role === 'writer' ? WriterLock.take(folder, clock.now()) : null;
    try {
      this.#db = openDatabase(join(folder, databaseName), role, walBytesMax, (db) => {
        const losses = lossesIn(folder, db);
        if (role !== 'writer' || !acceptLoss) refuseLosses(folder, losses);
        this.#losses = losses;
      });
      if (role === 'writer') {
        removeFiles(orphansIn(join(folder, 'scratch')));
        migrate(this.#db);
        createMissingProjections(this.#db);
      } else requireVersion(this.#db);
    } catch (error) {
      this.#lock?.release();
      throw error;
    }
    const endings = role === 'writer' ? ['', '-wal', '-shm'] : [''];
    this.#files = new OpenedFiles(endings.map((ending) => join(folder, `${databaseName}${ending}`)));
    this.#log = new LogTables(this.#db);
    this.#statements = new Statements(this.#db);
    this.#changes = new Changes(this.#db);
  }

  announce(listening: Listening): void {
    this.#lock?.announce(listening);
  }

  pools(): PoolRecord[] {
    this.#files.check();
    return this.#log.pools();
  }

  createPool(pool: PoolId, at: number): PoolRecord {
    return this.#log.createPool(pool, at);
  }

  find(pool: PoolId, knownSeq: number, lookups: Lookups): AppendContext {
    this.#lookups ??= new LookupTables(this.#db, this.#log);
    const found = this.#lookups.find(pool, knownSeq, lookups);
    return lookups.jobs.length === 0 ? found : { ...found, claims: this.#jobTables.held(lookups.jobs) };
  }

  write(pool: PoolId, batch: WrittenBatch, changes: readonly PackedChange[]): void {
    this.#db
      .transaction(() => {
        this.#requireClaims(batch);
        this.#log.append(pool, batch);
        this.#changes.apply(changes);
      })
      .immediate();
    // What was committed to a file that nobody can open again is not acknowledged.
    this.#files.check();
    this.#boundWal();
  }

  readEvents(pool: PoolId, query: EventQuery): PackedRows {
    return packEvents(this.#log.readEvents(pool, query));
  }

  readTexts(pool: PoolId, query: EventQuery, separator: string): EventTexts {
    return this.#log.readTexts(pool, query, separator);
  }

  scan(pool: PoolId, after: number, upTo: number, limit: number): EventPage {
    return this.#log.scan(pool, after, upTo, limit);
  }

  eventAt(pool: PoolId, seq: number): StoredEvent | null {
    return this.#log.eventAt(pool, seq);
  }

  readHashes(pool: PoolId, after: number, limit: number): Uint8Array {
    return this.#log.readHashes(pool, after, limit);
  }

  findEvent(id: string) {
    return this.#log.findEvent(id);
  }

  seqAt(pool: PoolId, recordedAt: number): number {
    return this.#log.seqAt(pool, recordedAt);
  }

  segments(pool: PoolId): Segment[] {
    return this.#log.segments(pool);
  }

  archiveSegment(pool: PoolId, upTo: number): Segment | null {
    const segment = this.#db.transaction(() => this.#log.archiveSegment(pool, upTo)).immediate();
    this.#boundWal();
    return segment;
  }

  query(sql: string, parameters: readonly Value[]): NamedRows {
    return readNamed(this.#statements.get(sql), parameters);
  }

  loadSnapshot(pool: PoolId, format: number): Snapshot | null {
    return loadSnapshot(this.#db, pool, format);
  }

  saveSnapshot(pool: PoolId, snapshot: Snapshot): void {
    this.#db.transaction(() => saveSnapshot(this.#db, pool, snapshot)).immediate();
  }

  saveCheckpoint(pool: PoolId, checkpoint: Checkpoint): boolean {
    return this.#db.transaction(() => saveCheckpoint(this.#db, pool, checkpoint)).immediate();
  }

  dropCheckpoints(pool: PoolId): void {
    dropCheckpoints(this.#db, pool);
  }

  acquireLease(name: string, holder: string, ttlMs: number): number | null {
    return this.#db.transaction(() => acquireLease(this.#db, name, holder, ttlMs, this.#clock.now())).immediate();
  }

  renewLease(name: string, token: number, ttlMs: number): boolean {
    return this.#db.transaction(() => renewLease(this.#db, name, token, ttlMs, this.#clock.now())).immediate();
  }

  releaseLease(name: string, token: number): void {
    releaseLease(this.#db, name, token);
  }

  saveTiles(pool: PoolId, tiles: readonly Tile[]): void {
    const save = this.#statements.get(saveTileSql);
    const saveAll = () => {
      for (const { level, index, hashes } of tiles) save.run(pool, level, index, hashes);
    };
    this.#db.transaction(saveAll).immediate();
    this.#boundWal();
  }

  dropTiles(pool: PoolId): void {
    this.#statements.get(dropTilesSql).run(pool);
  }

  jobs(method: keyof JobTables, args: readonly unknown[]): unknown {
    const tables = this.#jobTables;
    return (tables[method] as (...args: unknown[]) => unknown).apply(tables, [...args]);
  }

  get #jobTables(): JobTables {
    this.#jobs ??= new JobTables(this.#db, this.#clock);
    return this.#jobs;
  }

  /** What was decided for a job whose claim was lost since is decided again. */
  #requireClaims({ claims }: WrittenBatch): void {
    if (claims === undefined || claims.size === 0) return;
    const held = this.#jobTables.held([...claims.keys()]);
    for (const [job, token] of claims) {
      if (held.get(job) !== token) throw new StorageError('conflict', `the claim on the job ${job} is lost`);
    }
  }

  outdated(): string[] {
    return outdatedProjections(this.#db);
  }

  openShadow(name: string, chosen: readonly string[], rules: string, resume: boolean): void {
    this.#scratch ??= scratchFor(this.#folder, this.#role);
    this.#shadows.set(name, new ShadowFile(this.#scratch.path, name, byName(chosen), rules, resume));
  }

  shadowPositions(name: string): Positions {
    return this.#shadow(name).positions();
  }

  applyToShadow(name: string, changes: readonly PackedChange[], reached: Positions): void {
    this.#shadow(name).apply(changes, reached);
  }

  queryShadow(name: string, sql: string, parameters: readonly Value[]): NamedRows {
    return this.#shadow(name).query(sql, parameters);
  }

  beginComparison(name: string): Tail[] {
    return beginComparison(this.#db, this.#shadow(name));
  }

  compareTables(chosen: readonly string[]): Comparison[] {
    return compareTables(this.#db, byName(chosen));
  }

  endComparison(): void {
    endComparison(this.#db);
  }

  prepareSwap(name: string, chosen: readonly string[]): void {
    prepareSwap(this.#db, this.#shadow(name), byName(chosen));
  }

  lockForSwap(name: string): Tail[] {
    return lockForSwap(this.#db, this.#shadow(name));
  }

  finishSwap(chosen: readonly string[], tail: readonly PackedChange[]): void {
    finishSwap(this.#db, byName(chosen), tail);
  }

  abandonSwap(): void {
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
  }

  closeShadow(name: string, drop: boolean): void {
    const shadow = this.#shadows.get(name);
    this.#shadows.delete(name);
    if (drop) shadow?.drop();
    else shadow?.close();
  }

  checkFiles(): void {
    this.#files.check();
  }

  /** Into the database, as far as no reader is in the way. Whether all of it was moved. */
  moveWal(): boolean {
    const [moved] = this.#db.pragma('wal_checkpoint(PASSIVE)') as { log: number; checkpointed: number }[];
    return moved?.log === moved?.checkpointed;
  }

  losses(): readonly Loss[] {
    return this.#role === 'writer' ? this.#losses : lossesIn(this.#folder, this.#db);
  }

  lossesTold(): void {
    this.#losses = [];
  }

  checkWritable(): void {
    checkWritable(this.#db, this.#folder);
  }

  integrityFaults(): string[] {
    const rows = this.#db.pragma('integrity_check(10)') as { integrity_check: string }[];
    return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
  }

  statistics(): Statistics {
    const size = (name: string) => {
      const path = join(this.#folder, name);
      return existsSync(path) ? statSync(path).size : 0;
    };
    return { databaseBytes: size(databaseName), walBytes: size(`${databaseName}-wal`) };
  }

  async writeSnapshot(path: string, options: FileSnapshotOptions): Promise<readonly PoolRecord[]> {
    try {
      return await writeSnapshot(this.#db, path, this.#clock, options);
    } catch (error) {
      throw storageFault(error);
    }
  }

  close(): void {
    for (const name of [...this.#shadows.keys()]) this.closeShadow(name, false);
    try {
      if (this.#role === 'writer') this.#db.pragma('optimize');
    } catch {
      // Statistics for the query planner are welcome, but a full disk is no reason to stay open.
    }
    this.#db.close();
    this.#lock?.release();
    if (this.#scratch?.isTemporary === true) rmSync(this.#scratch.path, { recursive: true, force: true });
  }

  /**
   * SQLite empties the WAL by itself when no reader needs it. Under readers that overlap without end it would grow for
   * ever: then it is emptied by waiting for them, for a short time only, as appends wait meanwhile.
   */
  #boundWal(): void {
    this.#writes += 1;
    if (this.#writes % writesPerWalCheck !== 0) return;
    if (statSync(join(this.#folder, `${databaseName}-wal`)).size <= this.#walBytesMax) return;
    this.#db.pragma('busy_timeout = 100');
    this.#db.pragma('wal_checkpoint(RESTART)');
    this.#db.pragma(`busy_timeout = ${busyMsMax}`);
  }

  #shadow(name: string): ShadowFile {
    const shadow = this.#shadows.get(name);
    if (shadow === undefined) throw new Error(`no shadow ${name} is open`);
    return shadow;
  }
}

/** Beside the database; where that takes no writes, and nobody else is to find the shadow, among the temporary files. */
function scratchFor(folder: string, role: Role): Scratch {
  const path = join(folder, 'scratch');
  if (role === 'reader' && !takesWrites(existsSync(path) ? path : folder)) {
    return { path: mkdtempSync(join(tmpdir(), 'resource-share-')), isTemporary: true };
  }
  mkdirSync(path, { recursive: true });
  return { path, isTemporary: false };
}

function byName(names: readonly string[]): ProjectionTables[] {
  return names.map((name) => {
    const projection = projectionTables.find((candidate) => candidate.name === name);
    if (projection === undefined) throw new Error(`there is no projection ${name}`);
    return projection;
  });
}
