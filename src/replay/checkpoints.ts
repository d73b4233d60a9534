/**
 * Checkpoints: what a question about the past starts from, so that it need not fold the log from its beginning. Every so many
 * events one holds the state of the pool, and what each table that can be asked gained since the checkpoint before; the rows of
 * all of them, one after the other, are the table as of the last. Two tables are not in them: `resource_share_increments`, whose
 * historical rows are still there; and `fair_allocations`, of which only those worked out last count, and they are worked out again.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import type { Engine, PoolPosition, PoolRecord, SavedState } from '../engines/engine.js';
import { holdLease } from '../engines/lease.js';
import type { PoolId } from '../events/scalars.js';
import { emptyState, serialiseState, stateFormat } from '../events/state.js';
import { upcastAll } from '../events/upcast.js';
import { limits } from '../limits.js';
import type { Change, Table } from '../projections/change.js';
import { fairAllocations } from '../projections/fair-allocations.js';
import type { PoolRef, Projection } from '../projections/projection.js';
import { projections } from '../projections/projector.js';
import { UpsertBuffer } from '../projections/upsert-buffer.js';
import type { Clock } from '../runtime/clock.js';
import { StorageError } from '../storage-error.js';
import { PoolFold } from './pool-fold.js';

/** Each is of a projection of its own. */
const tables = ['daily_resource_share', 'quota_windows', 'claude_identities'];

const gathering = projections.filter((projection) => tableOf(projection) !== undefined);

const rules = `checkpoint@1 state@${stateFormat} ${projections.map(({ name, version }) => `${name}@${version}`).join(' ')}`;

/** The part `state` of a checkpoint, which is kept compressed: of forty identities it is 37 KB instead of 158. */
interface StatePart {
  readonly state: string;
  /** The event at which the allocations were worked out last, and the checkpoint before it; 0 is the beginning. */
  readonly figures?: { readonly seq: number; readonly from: number } | undefined;
}

/** Whether a pool has grown by so many events since its last checkpoint. */
export async function checkpointsAreDue(engine: Engine, every: number): Promise<boolean> {
  for (const { pool, head } of await engine.pools()) {
    if (head.seq - ((await lastAt(engine, pool))?.seq ?? 0) >= every) return true;
  }
  return false;
}

const lease = { name: 'checkpoints', ttlMs: 30_000 };

/** Adds the checkpoints that are due, unless somebody else does. */
export async function keepCheckpoints(
  engine: Engine,
  clock: Clock,
  every: number,
  signal?: AbortSignal | undefined,
): Promise<void> {
  try {
    await holdLease(engine, clock, { ...lease, signal }, async ({ signal: held }) => {
      for (const record of await engine.pools()) {
        for await (const isAdded of checkpointsOf(engine, record, every, held)) if (!isAdded) return;
      }
    });
  } catch (error) {
    if (!(error instanceof StorageError && error.reason === 'taken')) throw error;
  }
}

async function* checkpointsOf(engine: Engine, { pool, number, head }: PoolRecord, every: number, held: AbortSignal) {
  const last = await lastAt(engine, pool);
  held.throwIfAborted();
  if (last === null) await engine.dropCheckpoints(pool);
  const position = last === null ? undefined : await positionOf(engine, pool, last);
  const fold = foldFrom({ pool, number }, position);
  while (head.seq - fold.seq >= every) {
    const after = fold.seq;
    while (fold.seq < after + every) {
      const page = await engine.scanEvents(pool, fold.seq, after + every, limits.scanRowsPage);
      held.throwIfAborted();
      if (page.events.length === 0) throw new Error(`event ${fold.seq + 1} of ${pool} is missing`);
      fold.fold(upcastAll(page));
    }
    const { state, ...rows } = gainedBy(fold);
    held.throwIfAborted();
    yield await engine.saveCheckpoint(pool, { seq: fold.seq, after, rules, parts: { state: packed(state), ...rows } });
  }
}

const foldFrom = (poolRef: PoolRef, position?: PoolPosition): PoolFold =>
  new PoolFold(poolRef, [...gathering, fairAllocations], position, 'all');

/** What a checkpoint holds, its state as JSON text: the state, and what each table gained. */
export interface CheckpointParts extends Readonly<Record<string, string>> {
  readonly state: string;
}

function gainedBy(fold: PoolFold): CheckpointParts {
  const changes = fold.take();
  const { state, figures } = fold.position;
  const part: StatePart = { state, figures: figures && { seq: figures.seq, from: figures.from.seq } };
  const rows = tables.map((table) => [table, JSON.stringify(changes.filter((change) => change.table === table))]);
  return { state: JSON.stringify(part), ...Object.fromEntries(rows.filter(([, text]) => text !== '[]')) };
}

/** The log folded again from its beginning, to say what checkpoints and snapshots are to hold. */
export function expectedStates(poolRef: PoolRef): { readonly fold: PoolFold; gained(): CheckpointParts } {
  const fold = foldFrom(poolRef);
  return { fold, gained: () => gainedBy(fold) };
}

/** The checkpoints that questions begin at, and of which others there are parts that nothing is to be made of. */
export async function storedCheckpoints(
  engine: Engine,
  pool: PoolId,
): Promise<{ readonly seqs: readonly number[]; readonly others: readonly number[] }> {
  const sql = 'SELECT seq, part, rules FROM checkpoints WHERE pool = ? ORDER BY seq';
  const rows = await engine.query<{ seq: number; part: string; rules: string }>(sql, [pool]);
  const own = rows.filter((row) => row.rules === rules);
  const seqs = own.filter(({ part }) => part === 'state').map(({ seq }) => seq);
  const isOther = (row: { seq: number; rules: string }) => row.rules !== rules || !seqs.includes(row.seq);
  // Those of another release are dropped, all at once, before the first of this one is kept.
  return { seqs, others: own.length === 0 ? [] : rows.filter(isOther).map(({ seq }) => seq) };
}

/** The parts of one of them, as `CheckpointParts` has them; none where it was dropped meanwhile. */
export async function storedParts(engine: Engine, pool: PoolId, seq: number): Promise<ReadonlyMap<string, string>> {
  const sql = 'SELECT part, contents FROM checkpoints WHERE pool = ? AND seq = ? AND rules = ?';
  const rows = await engine.query<{ part: string; contents: string }>(sql, [pool, seq, rules]);
  return new Map(rows.map(({ part, contents }) => [part, part === 'state' ? inflated(contents) : contents]));
}

/** Seq of `checkpointBefore`; 0 for the beginning of the log. */
export async function reachedBefore(
  engine: Engine,
  pool: PoolId,
  projection: Projection,
  upTo: number,
): Promise<number> {
  if (projection !== fairAllocations && tableOf(projection) === undefined) return 0;
  return (await lastAt(engine, pool, upTo))?.seq ?? 0;
}

/** From where on a projection is folded, to have its table as of `upTo`; null for the beginning of the log. */
export async function checkpointBefore(
  engine: Engine,
  pool: PoolId,
  projection: Projection,
  upTo: number,
): Promise<PoolPosition | null> {
  if (projection !== fairAllocations && tableOf(projection) === undefined) return null;
  const last = await lastAt(engine, pool, upTo);
  if (last === null) return null;
  return projection === fairAllocations
    ? positionOf(engine, pool, last)
    : { seq: last.seq, state: unpacked(last.contents).state };
}

/** The newest state that is kept and not beyond an event; null where there is none. */
export async function stateBefore(engine: Engine, pool: PoolId, upTo: number): Promise<SavedState | null> {
  const last = await lastAt(engine, pool, upTo);
  return last === null ? null : { seq: last.seq, state: unpacked(last.contents).state };
}

/**
 * What the table of a projection gained up to a checkpoint, in order. A row may be in many checkpoints, and is written once:
 * to write all of them was half of what a question in the middle of 10,000,000 events took.
 */
export async function changesUpTo(
  engine: Engine,
  pool: PoolId,
  projection: Projection,
  seq: number,
): Promise<Change[]> {
  const table = tableOf(projection);
  if (table === undefined) return [];
  const gathered = new UpsertBuffer(table);
  const sql = `SELECT seq, contents FROM checkpoints WHERE pool = ? AND part = ? AND seq > ? AND seq <= ? AND rules = ?
    ORDER BY seq LIMIT ${limits.checkpointsPage}`;
  for (let after = 0; ; ) {
    const rows = await engine.query<StoredCheckpoint>(sql, [pool, table.name, after, seq, rules]);
    for (const { contents } of rows) for (const change of JSON.parse(contents) as Change[]) gathered.add(change);
    if (rows.length < limits.checkpointsPage) return gathered.take();
    after = rows.at(-1)?.seq ?? seq;
  }
}

interface StoredCheckpoint {
  readonly seq: number;
  readonly contents: string;
}

async function lastAt(
  engine: Engine,
  pool: PoolId,
  upTo: number = Number.MAX_SAFE_INTEGER,
): Promise<StoredCheckpoint | null> {
  const sql = `SELECT seq, contents FROM checkpoints WHERE pool = ? AND part = 'state' AND seq <= ? AND rules = ?
    ORDER BY seq DESC LIMIT 1`;
  return (await engine.query<StoredCheckpoint>(sql, [pool, upTo, rules]))[0] ?? null;
}

async function positionOf(engine: Engine, pool: PoolId, { seq, contents }: StoredCheckpoint): Promise<PoolPosition> {
  const { state, figures } = unpacked(contents);
  if (figures === undefined) return { seq, state };
  const from = await stateBefore(engine, pool, figures.from);
  return { seq, state, figures: { seq: figures.seq, from: from ?? beginningOf(pool) } };
}

const packed = (part: string): string => deflateSync(part, { level: 1 }).toString('base64');

const inflated = (text: string): string => inflateSync(Buffer.from(text, 'base64')).toString();

const unpacked = (text: string): StatePart => JSON.parse(inflated(text));

const beginningOf = (pool: PoolId): SavedState => ({ seq: 0, state: serialiseState(emptyState(pool)) });

function tableOf({ tables: own }: Projection): Table | undefined {
  return own.find(({ name }) => tables.includes(name));
}
