/**
 * The contract between the ledger and the storage of log and tables. Each engine implements it natively, with
 * the same file names; one suite of tests runs against all of them. Long because it is one contract.
 *
 * Everything is asynchronous. Errors of the storage itself (disk full, connection lost) are `StorageError`s.
 */
import type { Head, StoredEvent } from '../events/envelope.js';
import type { MeterRule } from '../events/meter.js';
import type { EventPage } from '../events/page.js';
import type { Referenced } from '../events/referenced.js';
import type { EventId, PoolId } from '../events/scalars.js';
import type { Change } from '../projections/change.js';
import type { PoolRef, Projection } from '../projections/projection.js';
import type { Value } from '../projections/rows.js';
import { StorageError } from '../storage-error.js';
import type { AuditStore } from './audit-store.js';
import type { FileSnapshots } from './file-snapshots.js';
import type { KeyStore } from './key-store.js';
import type { Operations } from './operations.js';
import type { OutboxStore } from './outbox-store.js';
import type { SecretStore } from './secret-store.js';
import type { SessionStore } from './session-store.js';

export interface Engine {
  readonly kind: 'sqlite' | 'postgres';
  /** Whether other processes append to the same logs. */
  readonly shared: boolean;
  /** Where the data is, for people. */
  readonly location: string;
  /** Whether it reads a copy, because the data is where nothing can be written: another thread would make one more. */
  readonly readsCopy: boolean;
  /** Tables beside the log and its projections. */
  readonly operations: Operations;
  readonly keys: KeyStore;
  readonly secrets: SecretStore;
  readonly sessions: SessionStore;
  /** Of a database that is one file; null of a server, which has tools of its own for that. */
  readonly fileSnapshots: FileSnapshots | null;
  readonly outbox: OutboxStore;
  readonly audit: AuditStore;

  /**
   * The clock that counts for what is recorded, in milliseconds UTC: the machine's, or where many machines share a server, that
   * server's, as of its last answer and the time that passed since.
   */
  wall(): number;

  pools(): Promise<PoolRecord[]>;
  /** Opens a pool with an empty log; one that exists is returned as it is. */
  createPool(pool: PoolId, at: number): Promise<PoolRecord>;

  /**
   * One transaction under the head lock of a pool. Looks up what the commands refer to and what other nodes appended
   * after `knownSeq`, asks `decide` for the batch, and writes it whole or not at all. `decide` runs exactly once and
   * at once when it is called; a batch with no events and no outcomes writes nothing. A `StorageError` of the reason
   * `conflict` or `lost` says that nothing was written and that the caller's state has to be restored before it tries
   * again. Where the engine is not `shared`, the next batch may be asked for before this one is durable: it then comes
   * after it, or fails with it.
   */
  append(
    pool: PoolId,
    knownSeq: number,
    lookups: Lookups,
    decide: (found: AppendContext) => Batch | Promise<Batch>,
  ): Promise<void>;

  /** Events of a pool by seq, ascending, or descending with `backwards`. */
  readEvents(pool: PoolId, query: EventQuery): Promise<StoredEvent[]>;
  /** As `readEvents`, as text that goes out as it is, with `separator` between each two: only what asks for it makes objects. */
  readTexts(pool: PoolId, query: EventQuery, separator: string): Promise<EventTexts>;
  /** Events after a seq, up to another one, oldest first: what folding needs of them, at the speed it needs. */
  scanEvents(pool: PoolId, after: number, upTo: number, limit: number): Promise<EventPage>;
  /** The event with exactly this seq, archived or not. */
  eventAt(pool: PoolId, seq: number): Promise<StoredEvent | null>;
  /** The chain hashes of the events after a seq, 32 bytes each: fewer than the limit at the end of a segment, none at the end of the log. */
  readHashes(pool: PoolId, after: number, limit: number): Promise<Uint8Array>;
  /** The event with this id, in whichever pool it is. */
  findEvent(id: string): Promise<StoredEvent | null>;
  /** What of a pool's log is archived, oldest first: its first events, without a gap. Reads tell no difference. */
  segments(pool: PoolId): Promise<Segment[]>;
  /**
   * Archives the oldest events that are not, up to a seq, in one segment, and in one transaction: seals, reads back what
   * was written, verifies it, and only then drops the rows. As many events as fit; never the newest one. Null when there is
   * nothing to archive. Throws a `StorageError` (`corrupt`), and drops nothing, where the events are not what their chain
   * says.
   */
  archiveSegment(pool: PoolId, upTo: number): Promise<Segment | null>;
  /** Seq of the last event recorded at or before a time; 0 where there is none. */
  seqAt(pool: PoolId, recordedAt: number): Promise<number>;
  /** Runs one portable, read-only statement with `?` placeholders over the projections. */
  query<R extends object>(sql: string, parameters?: readonly Value[]): Promise<R[]>;

  /** The newest one up to the head of the log. */
  loadSnapshot(pool: PoolId, format: number): Promise<Snapshot | null>;
  /** Keeps the newest two. One beyond the head of the log is not kept, and those that are there go. */
  saveSnapshot(pool: PoolId, snapshot: Snapshot): Promise<void>;

  /**
   * Adds a checkpoint; `query` reads it from the table `checkpoints`. False, and nothing is added, where the one before it is no
   * longer there: a checkpoint says what was gained since.
   */
  saveCheckpoint(pool: PoolId, checkpoint: Checkpoint): Promise<boolean>;
  dropCheckpoints(pool: PoolId): Promise<void>;

  /**
   * Opens the shadow of this name: projection tables of its own, beside the live ones. With `resume`, what an earlier
   * process built by the same rules is taken up where its positions are; otherwise the shadow is empty. It belongs to who opened it
   * last: whoever had it open before, and only slept, gets a `StorageError` (`taken`) from then on, and changes nothing.
   */
  openShadow(name: string, projections: readonly Projection[], resume: boolean): Promise<Shadow>;
  /**
   * Compares every row and column of live and shadow tables as of one instant, while live appends go on. Where the log has grown
   * beyond the shadow's positions by then, `fold` is asked for what the events in between change, and the shadow has it.
   */
  compareShadow(shadow: Shadow, projections: readonly Projection[], fold: FoldTails): Promise<Comparison[]>;
  /**
   * Puts the shadow's tables in the place of the live ones, atomically. Live appends go on until the last step, which
   * holds the head locks, asks `fold` for the changes of the events since the shadow's positions, and swaps.
   */
  swapShadow(shadow: Shadow, projections: readonly Projection[], fold: FoldTails): Promise<void>;

  /** Projections whose tables were missing or built by other rules: they are not to be trusted before a replay. */
  outdatedProjections(): Promise<string[]>;
  /** Throws a `StorageError` (`unwritable`) where nothing could be recorded now. Looks, and writes nothing. */
  checkWritable(): Promise<void>;
  /** Has the storage look at itself: its pages and indexes, whatever they hold. */
  checkStorage(): Promise<StorageCheck>;
  /**
   * What the logs were known to hold, and do not. A writer has any only where they were accepted when it was opened: it is not opened
   * otherwise.
   */
  losses(): Promise<readonly Loss[]>;
  /** The logs say what was lost, and are what they are from now on. */
  lossesTold(): Promise<void>;
  /**
   * Looks after the storage, as a writer does every second while it runs: whether it is still what was opened, how far the logs have
   * reached, for the next start, and whether what is committed is in the database itself.
   */
  tend(): Promise<void>;
  /** Says where this process listens, for others that find the data in use. */
  announce(listening: Listening): Promise<void>;
  statistics(): Promise<Statistics>;
  close(): Promise<void>;
}

/** What a tree of a log is built from, and kept in. */
export type TreeStore = Pick<
  Engine,
  'location' | 'pools' | 'readHashes' | 'eventAt' | 'findEvent' | 'query' | 'operations'
>;

/**
 * `writer` appends, and brings the schema up to date. `reader` only reads. `replayer` only reads the log, and may put
 * rebuilt projection tables in the place of the live ones while others append.
 */
export type Role = 'writer' | 'reader' | 'replayer';

export interface PoolRecord {
  readonly pool: PoolId;
  /** Distinguishes the pools of one database in the ids of rows; see `rowId`. */
  readonly number: number;
  readonly createdAt: number;
  readonly head: Head;
}

/** What the commands of a batch refer to. */
export interface Lookups {
  readonly keys: readonly string[];
  /** Sessions whose absolute counters are reported; found for every owner. */
  readonly sessions: readonly string[];
  /** Ids of responses and requests of models that reports name, as `meterIds` writes them. */
  readonly meters: readonly string[];
  /** Sessions whose use is told of by a meter, and how closely; by `meteredSessionOf`. */
  readonly metered: readonly { readonly session: string; readonly rule: MeterRule }[];
  /** Ids of events that corrections and rejections name. */
  readonly usages: readonly string[];
  readonly readings: readonly string[];
  readonly dates: readonly string[];
  /** Jobs whose claims commands are recorded under. */
  readonly jobs: readonly string[];
}

export const noLookups: Lookups = {
  keys: [],
  sessions: [],
  meters: [],
  metered: [],
  usages: [],
  readings: [],
  dates: [],
  jobs: [],
};

export const refersToNothing = (lookups: Lookups): boolean =>
  Object.values(lookups).every((wanted: readonly unknown[]) => wanted.length === 0);

export interface AppendContext {
  /** Events that other nodes appended since `knownSeq`, oldest first. */
  readonly tail: EventPage;
  readonly head: Head;
  readonly outcomes: ReadonlyMap<string, FoundOutcome>;
  readonly referenced: Referenced;
  /** Of the jobs that were asked for, those that are claimed, with the token of the claim. */
  readonly claims?: ReadonlyMap<string, number> | undefined;
}

/** The kept answer to a keyed request. */
export interface KeyedOutcome {
  readonly key: string;
  /** SHA-256 of the request, in hexadecimal. */
  readonly digest: string;
  /** Seq of the event the receipt names; null when nothing was appended. */
  readonly seq: number | null;
  /** The outcome as JSON text, without the receipt's own fields. */
  readonly answer: string;
  /** A refusal, which a release before this one kept under the key, gives way to it. */
  readonly replaces?: boolean | undefined;
}

/** What is read of the event of a receipt; nothing where there is none. */
export interface AnsweredEvent {
  readonly id: EventId | null;
  readonly hash: string | null;
  readonly type: string | null;
  readonly occurred_at: number | null;
  readonly payload: string | null;
}

/** A kept answer, with the event of its receipt. */
export interface FoundOutcome extends KeyedOutcome, AnsweredEvent {}

export interface Batch {
  readonly events: readonly StoredEvent[];
  readonly outcomes: readonly KeyedOutcome[];
  readonly changes: readonly Change[];
}

export interface EventQuery {
  readonly after?: number | undefined;
  readonly upTo?: number | undefined;
  readonly limit: number;
  readonly backwards?: boolean | undefined;
  readonly types?: readonly string[] | undefined;
  readonly names?: readonly string[] | undefined;
  readonly source?: string | undefined;
  readonly correlates?: string | undefined;
}

/** Events as `eventText` writes them. */
export interface EventTexts {
  readonly count: number;
  /** Of the last one in the order that was asked for; 0 where there is none. */
  readonly lastSeq: number;
  /** In UTF-8. */
  readonly bytes: Uint8Array;
  /** Whether the limit has left some out. */
  readonly more: boolean;
}

/** A run of events that is kept compressed (`segment.ts`), and what is known of it without opening it. */
export interface Segment {
  readonly pool: PoolId;
  /** How many. */
  readonly events: number;
  readonly first: Pick<StoredEvent, 'seq' | 'id' | 'recorded_at'>;
  readonly last: Pick<StoredEvent, 'seq' | 'id' | 'hash' | 'recorded_at'>;
  /** Hash of the event before the first. */
  readonly previousHash: string;
  /** Over the hashes of the events. */
  readonly merkleRoot: string;
  readonly contents: SegmentContents;
  /** Size of the segment. */
  readonly bytes: number;
}

/** Distinct values of the columns that filters ask for, so that a segment which holds none need not be opened; null: too many. */
export interface SegmentContents {
  readonly types: readonly string[] | null;
  readonly names: readonly string[] | null;
  readonly sources: readonly string[] | null;
  readonly correlates: readonly string[] | null;
}

/** State of a pool as of a seq, so that a start need not fold the whole log. */
export interface Snapshot {
  readonly seq: number;
  readonly format: number;
  readonly state: string;
}

/** What a question about the past starts from (`replay/checkpoints.ts`). */
export interface Checkpoint {
  /** The last event that is in it. */
  readonly seq: number;
  /** Seq of the checkpoint before; 0 where there is none. */
  readonly after: number;
  /** What it depends on beside the log. */
  readonly rules: string;
  /** By name; one of them is `state`. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Projection tables beside the live ones, with the position in the log they are at. */
export interface Shadow {
  readonly name: string;
  positions(): Promise<Positions>;
  /** Applies changes and stores the positions reached, in one transaction. Those of other pools stay what they are. */
  apply(changes: readonly Change[], reached: Positions): Promise<void>;
  /** As `Engine.query`, over the shadow's tables. */
  query<R extends object>(sql: string, parameters?: readonly Value[]): Promise<R[]>;
  close(): Promise<void>;
  /** Closes it, and removes it where it is not another's by now. */
  drop(): Promise<void>;
}

/** How far pools are folded; those that are not named, not at all. */
export type Positions = ReadonlyMap<PoolId, PoolPosition>;

/** The last event folded, and the state after it (`serialiseState`). */
export interface SavedState {
  readonly seq: number;
  readonly state: string;
}

export interface PoolPosition extends SavedState {
  /** The event whose allocations are still to be worked out, and what was reached before it. */
  readonly figures?: { readonly seq: number; readonly from: SavedState } | undefined;
}

/** The events of a pool that a shadow lacks. */
export interface Tail {
  readonly poolRef: PoolRef;
  readonly events: EventPage;
}

/**
 * What the last events change, and the position after them. It may be asked again, from the shadow's position on, where that was
 * not written, or may not have been.
 */
export type FoldTails = (tails: readonly Tail[]) => {
  readonly changes: readonly Change[];
  readonly reached: Positions;
};

export interface Comparison {
  readonly table: string;
  readonly liveRows: number;
  readonly shadowRows: number;
  /** Rows that are missing, extra or different; counted up to a limit. */
  readonly differing: number;
  /** A few of them, for people. */
  readonly examples: readonly string[];
}

/** Where a daemon listens. */
export interface Listening {
  readonly url: string;
  /** Path of its Unix socket; null where it has none. */
  readonly socket: string | null;
}

export interface StorageCheck {
  /** By what; null where this storage has nothing to look with. */
  readonly by: string | null;
  readonly faults: readonly string[];
}

export interface Statistics {
  readonly databaseBytes: number;
  readonly walBytes: number;
}

/** The newest event of a pool as it is saved, printed and served, to be compared with the log later. */
export interface SavedHead {
  readonly pool: string;
  readonly seq: number;
  readonly id: string | null;
  readonly hash: string;
}

/** What a log is known to have held, and does not. */
export interface Loss {
  /** The event that was its head; null where that cannot be read. */
  readonly expected: SavedHead | null;
  /** For people: a clause that begins with the pool. */
  readonly text: string;
}

const lossesShown = 3;

/** Losses in one clause. */
export function lossText(losses: readonly Loss[]): string {
  const shown = losses.slice(0, lossesShown).map(({ text }) => text);
  const more = losses.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more pools`] : [])].join('; ');
}

/** The schema a database had, and the one of this release, which it has now unless it was only looked at. */
export interface Migrated {
  /** Where the data is, for people. */
  readonly database: string;
  readonly from: number;
  readonly to: number;
}

export const shadowTaken = (name: string): StorageError =>
  new StorageError('taken', `another process has taken up the shadow ${name}`);
