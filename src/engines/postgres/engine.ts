/**
 * The engine for many nodes: a PostgreSQL server, or one that speaks its protocol. Long because it has every method of the
 * contract `Engine`, most of them of two lines, and the append with its doubt after a lost connection.
 */
import type { Head, StoredEvent } from '../../events/envelope.js';
import { type EventPage, emptyPage } from '../../events/page.js';
import type { PoolId } from '../../events/scalars.js';
import { limits } from '../../limits.js';
import type { Projection } from '../../projections/projection.js';
import type { Value } from '../../projections/rows.js';
import { systemClock } from '../../runtime/clock.js';
import { StorageError } from '../../storage-error.js';
import type { AuditStore } from '../audit-store.js';
import type {
  AppendContext,
  Batch,
  Checkpoint,
  Comparison,
  Engine,
  EventQuery,
  EventTexts,
  FoldTails,
  Lookups,
  Loss,
  Migrated,
  PoolRecord,
  Role,
  Segment,
  Shadow,
  Snapshot,
  Statistics,
  StorageCheck,
} from '../engine.js';
import type { OpenOptions } from '../open-options.js';
import type { OutboxStore } from '../outbox-store.js';
import { seqAtAcross } from '../seq-at.js';
import { SqlAudit } from '../sql-audit.js';
import { SqlOutbox } from '../sql-outbox.js';
import { textsOf, withOneMore } from '../texts.js';
import { checkIndexes } from './amcheck.js';
import type { ColumnEncoder } from './arrays.js';
import { PostgresSessions } from './browser-sessions.js';
import { changeStatements } from './changes.js';
import { type Client, Connections } from './connections.js';
import { isBrokenConnection, storageFault } from './faults.js';
import { heldJobs } from './jobs.js';
import { PostgresKeys } from './keys.js';
import { KeysSchema } from './keys-schema.js';
import * as log from './log.js';
import { findFacts, findOutcomes } from './lookups.js';
import { PostgresOperations } from './operations.js';
import { PostgresOutbox } from './outbox.js';
import { checkVersion, migrate, newestVersion, outdatedProjections, refuseWritten } from './schema.js';
import { PostgresSecrets } from './secrets.js';
import { segments } from './segments.js';
import { refuseSharedSessions } from './sessions.js';
import { dropOldShadows, ShadowSchema } from './shadow.js';
import { dropCheckpoints, loadSnapshot, saveCheckpoint, saveSnapshot } from './snapshots.js';
import { pipeline, preparedUserInput, type Statement } from './statements.js';
import { compareShadow, swapShadow } from './swap.js';
import { checkWritable } from './writable.js';

export class PostgresEngine implements Engine {
  readonly kind = 'postgres';
  readonly shared = true;
  readonly location: string;
  readonly readsCopy = false;
  readonly operations: PostgresOperations;
  readonly keys: PostgresKeys;
  readonly secrets: PostgresSecrets;
  readonly sessions: PostgresSessions;
  readonly fileSnapshots = null;
  readonly outbox: OutboxStore;
  readonly audit: AuditStore;
  readonly #connections: Connections;
  /** Heads as this process saw them last, to notice a log that is not the one it knew. */
  readonly #heads = new Map<PoolId, Head>();
  /** By which release's schema and rules the database is written, as it was found last. */
  #written = '';

  private constructor(connections: Connections) {
    this.#connections = connections;
    this.location = connections.location;
    const keysSchema = new KeysSchema(connections);
    this.keys = new PostgresKeys(keysSchema);
    this.secrets = new PostgresSecrets(keysSchema);
    this.sessions = new PostgresSessions(keysSchema);
    this.outbox = new SqlOutbox(new PostgresOutbox(connections));
    this.audit = new SqlAudit(new PostgresOutbox(connections, 'audit_notes'));
    this.operations = new PostgresOperations(connections);
  }

  /** Throws a `StorageError` when no host can be reached, or the schema is another one than this release's. */
  static async open(url: string, role: Role, { clock, limits: allowed }: OpenOptions): Promise<PostgresEngine> {
    const connections = new Connections(url, {
      clock,
      max: allowed.connectionsMax,
      statementMsMax: role === 'replayer' ? null : allowed.statementMsMax,
    });
    try {
      await refuseSharedSessions(connections);
      if (role === 'writer') {
        await migrate(connections);
        await dropOldShadows(connections);
      } else await connections.use(requireSchema);
      await connections.use(log.tellTime);
      return new PostgresEngine(connections);
    } catch (error) {
      await connections.close();
      throw error;
    }
  }

  wall(): number {
    return this.#connections.serverClock.now();
  }

  pools(): Promise<PoolRecord[]> {
    return this.#connections.read((client) => log.pools(client));
  }

  createPool(pool: PoolId, at: number): Promise<PoolRecord> {
    return this.#connections.transaction((client) => log.createPool(client, pool, at));
  }

  async append(
    pool: PoolId,
    knownSeq: number,
    lookups: Lookups,
    decide: (found: AppendContext) => Batch | Promise<Batch>,
  ): Promise<void> {
    const client = await this.#connections.acquire();
    let broken = true;
    try {
      const record = await this.#lockHead(client, pool, knownSeq);
      const batch = await decide(await this.#find(client, record, knownSeq, lookups));
      const isEmpty = batch.events.length === 0 && batch.outcomes.length === 0;
      if (isEmpty) await client.query('ROLLBACK');
      else await this.#write(client, record, batch);
      this.#heads.set(pool, headAfter(record, batch));
      broken = false;
    } catch (error) {
      const fault = storageFault(error);
      if (!isBrokenConnection(error)) {
        // A connection that cannot even be cleared is not kept.
        broken = await client.query('ROLLBACK').then(
          () => false,
          () => true,
        );
      } else if (fault instanceof StorageError) {
        // Before its COMMIT was sent, a transaction whose connection is lost is undone.
        throw new StorageError('conflict', fault.message, { cause: error });
      }
      throw fault;
    } finally {
      client.release(broken);
    }
  }

  async #lockHead(client: Client, pool: PoolId, knownSeq: number): Promise<PoolRecord> {
    const begun = client.query('BEGIN');
    const locked = log.lockHead(client, pool);
    await Promise.allSettled([begun, locked]);
    await begun;
    const { record, written } = await locked;
    if (written !== this.#written) refuseWritten(written);
    this.#written = written;
    const known = this.#heads.get(pool);
    if (record.head.seq < knownSeq) throw lostEvents(pool, knownSeq, record.head.seq);
    if (known !== undefined && known.seq === knownSeq && known.seq > 0 && known.hash !== record.head.hash) {
      const hash = await log.hashAt(client, pool, knownSeq);
      if (hash !== known.hash) throw lostEvents(pool, knownSeq, record.head.seq);
    }
    return record;
  }

  async #find(client: Client, record: PoolRecord, knownSeq: number, lookups: Lookups): Promise<AppendContext> {
    const { pool, head } = record;
    const missed = head.seq - knownSeq;
    const tail = missed === 0 ? emptyPage : await log.scan(client, pool, knownSeq, head.seq, missed);
    if (tail.events.length !== missed) throw lostEvents(pool, knownSeq, head.seq);
    const outcomes = await findOutcomes(client, record, lookups.keys);
    const claims = lookups.jobs.length === 0 ? undefined : await heldJobs(client, lookups.jobs);
    return { tail, head, outcomes, referenced: await findFacts(client, record, lookups), claims };
  }

  async #write(client: Client, record: PoolRecord, batch: Batch): Promise<void> {
    await pipeline(client, writing(client.columns, record, batch));
    try {
      await client.query('COMMIT');
    } catch (error) {
      if (!isBrokenConnection(error) || !(await this.#tookPlace(record.pool, batch))) throw error;
    }
  }

  /**
   * Whether a commit whose answer was lost took place. The head lock makes it certain: who has it knows that the
   * transaction in doubt has ended, one way or the other.
   */
  async #tookPlace(pool: PoolId, batch: Batch): Promise<boolean> {
    const { clock } = this.#connections;
    const deadline = clock.elapsed() + limits.commitDoubtMsMax;
    for (;;) {
      try {
        return await this.#connections.transaction(async (client) => {
          await log.lockHead(client, pool);
          return log.isWritten(client, pool, batch);
        });
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        if (clock.elapsed() > deadline) {
          throw new StorageError('unavailable', `whether a batch was recorded is not known: ${error.message}`);
        }
        await clock.sleep(100);
      }
    }
  }

  readEvents(pool: PoolId, query: EventQuery): Promise<StoredEvent[]> {
    return this.#connections.snapshot((client) => log.readEvents(client, pool, query));
  }

  async readTexts(pool: PoolId, query: EventQuery, separator: string): Promise<EventTexts> {
    return textsOf(await this.readEvents(pool, withOneMore(query)), query.limit, separator);
  }

  scanEvents(pool: PoolId, after: number, upTo: number, limit: number): Promise<EventPage> {
    return this.#connections.snapshot((client) => log.scan(client, pool, after, upTo, limit));
  }

  readHashes(pool: PoolId, after: number, limit: number): Promise<Uint8Array> {
    return this.#connections.snapshot((client) => log.readHashes(client, pool, after, limit));
  }

  eventAt(pool: PoolId, seq: number): Promise<StoredEvent | null> {
    return this.#connections.snapshot((client) => log.eventAt(client, pool, seq));
  }

  findEvent(id: string): Promise<StoredEvent | null> {
    return this.#connections.snapshot((client) => log.findEvent(client, id));
  }

  seqAt(pool: PoolId, recordedAt: number): Promise<number> {
    return seqAtAcross(this, pool, recordedAt, () =>
      this.#connections.snapshot((client) => log.seqAt(client, pool, recordedAt)),
    );
  }

  segments(pool: PoolId): Promise<Segment[]> {
    return this.#connections.read((client) => segments(client, pool));
  }

  /** Appends to the pool wait until its segment is written. */
  archiveSegment(pool: PoolId, upTo: number): Promise<Segment | null> {
    return this.#connections.transaction((client) => log.archiveSegment(client, pool, upTo));
  }

  query<R extends object>(sql: string, parameters: readonly Value[] = []): Promise<R[]> {
    return this.#connections.snapshot(
      async (client) => (await client.query<R>(preparedUserInput(sql, parameters))).rows,
    );
  }

  loadSnapshot(pool: PoolId, format: number): Promise<Snapshot | null> {
    return this.#connections.read((client) => loadSnapshot(client, pool, format));
  }

  saveSnapshot(pool: PoolId, snapshot: Snapshot): Promise<void> {
    return this.#connections.transaction((client) => saveSnapshot(client, pool, snapshot));
  }

  saveCheckpoint(pool: PoolId, checkpoint: Checkpoint): Promise<boolean> {
    return this.#connections.transaction((client) => saveCheckpoint(client, pool, checkpoint));
  }

  dropCheckpoints(pool: PoolId): Promise<void> {
    return this.#connections.transaction((client) => dropCheckpoints(client, pool));
  }

  openShadow(name: string, projections: readonly Projection[], resume: boolean): Promise<Shadow> {
    return ShadowSchema.open(this.#connections, name, projections, resume);
  }

  compareShadow(shadow: Shadow, projections: readonly Projection[], fold: FoldTails): Promise<Comparison[]> {
    return compareShadow(this.#connections, shadow as ShadowSchema, projections, fold);
  }

  swapShadow(shadow: Shadow, projections: readonly Projection[], fold: FoldTails): Promise<void> {
    return swapShadow(this.#connections, shadow as ShadowSchema, projections, fold);
  }

  outdatedProjections(): Promise<string[]> {
    return this.#connections.read((client) => outdatedProjections(client));
  }

  /** A server keeps its own files; what a fail-over loses is found while this process runs. */
  async losses(): Promise<readonly Loss[]> {
    return [];
  }

  async lossesTold(): Promise<void> {}

  async tend(): Promise<void> {}

  /** Several processes may write, and none stands in the way of another. */
  async announce(): Promise<void> {}

  checkWritable(): Promise<void> {
    return this.#connections.read(checkWritable);
  }

  checkStorage(): Promise<StorageCheck> {
    return this.#connections.use(checkIndexes);
  }

  statistics(): Promise<Statistics> {
    return this.#connections.read(async (client) => {
      const { rows } = await client.query<{ bytes: number }>('SELECT pg_database_size(current_database()) AS bytes');
      return { databaseBytes: rows[0]?.bytes ?? 0, walBytes: 0 };
    });
  }

  close(): Promise<void> {
    return this.#connections.close();
  }
}

/** Brings the schema of a database up to this release; with `onlyCheck`, only looks. */
export async function migrateServer(url: string, onlyCheck: boolean): Promise<Migrated> {
  const connections = new Connections(url, { clock: systemClock, max: 1, statementMsMax: null });
  try {
    const from = onlyCheck ? await connections.use(checkVersion) : await migrate(connections);
    return { database: connections.location, from, to: newestVersion() };
  } finally {
    await connections.close();
  }
}

async function requireSchema(client: Client): Promise<void> {
  const version = await checkVersion(client);
  if (version === newestVersion()) return;
  if (version === 0) {
    throw new StorageError(
      'missing',
      'there is no ledger in this database; start the daemon or record something first',
    );
  }
  throw new StorageError(
    'tables_missing',
    `the database has schema ${version}, this release needs ${newestVersion()}: run \`resource-share migrate\` first`,
  );
}

/** After a fail-over to a server that had not got everything: what this process knew is not in the log. */
function lostEvents(pool: PoolId, known: number, head: number): StorageError {
  const what = head < known ? `ends at event ${head}` : `holds another event ${known}`;
  const text = `the log of ${pool} ${what}, but this process knew event ${known}: the server has lost acknowledged events`;
  return new StorageError('lost', text);
}

function* writing(encoder: ColumnEncoder, { pool, head }: PoolRecord, batch: Batch): Iterable<Statement> {
  yield* log.appendStatements(encoder, pool, head, batch);
  yield* changeStatements(encoder, batch.changes);
}

function headAfter({ head }: PoolRecord, { events }: Batch): Head {
  const last = events.at(-1);
  if (last === undefined) return head;
  return { seq: last.seq, id: last.id, hash: last.hash, recorded_at: last.recorded_at };
}
