/**
 * The tree of a log: its leaves are the chain hashes of the events, from the first one on. It is kept in tiles beside the log,
 * extended when somebody asks, and built again where its last leaf is not the hash that the log has there.
 */
import type { TreeStore } from '../engines/engine.js';
import { holdLease } from '../engines/lease.js';
import type { Tile } from '../engines/tile.js';
import type { PoolId } from '../events/scalars.js';
import { limits } from '../limits.js';
import { type Clock, nextTurn } from '../runtime/clock.js';
import { StorageError } from '../storage-error.js';
import { hashBytes, leafHash } from './hashing.js';
import { isSame, type Nodes } from './tree.js';
import { GrowingTree, nodesOf } from './tree-tiles.js';

interface TileRow {
  readonly level: number;
  readonly tile: number;
  readonly hashes: Uint8Array;
}

/** Nodes of the tree as it is kept. */
export function storedNodes(store: TreeStore, pool: PoolId): Nodes {
  const sql = 'SELECT level, tile, hashes FROM tiles WHERE pool = ? AND level = ? AND tile = ?';
  return nodesOf(async (level, index) => (await store.query<TileRow>(sql, [pool, level, index]))[0]?.hashes ?? null);
}

/** How many events are in the tree as it is kept. */
export async function storedSize(store: TreeStore, pool: PoolId): Promise<number> {
  return new GrowingTree(await edgesOf(store, pool)).size;
}

/**
 * Extends the tree of a pool up to the head of its log; gives how many events are in it then. Where another process is at it, as many
 * as there are. The thread does other things in between.
 */
export async function extendTree(store: TreeStore, clock: Clock, pool: PoolId, signal?: AbortSignal): Promise<number> {
  const edges = await edgesOf(store, pool);
  const { size } = new GrowingTree(edges);
  if ((await isOfLog(store, pool, edges)) && (await store.readHashes(pool, size, 1)).length === 0) return size;
  const request = { name: `extend-tree ${pool}`, ttlMs: limits.treeLeaseMs, signal };
  try {
    return await holdLease(store, clock, request, (lease) => extend(store, pool, lease.signal));
  } catch (error) {
    if (!(error instanceof StorageError && error.reason === 'taken')) throw error;
    return size;
  }
}

async function extend(store: TreeStore, pool: PoolId, signal: AbortSignal): Promise<number> {
  let edges = await edgesOf(store, pool);
  if (!(await isOfLog(store, pool, edges))) {
    await store.operations.dropTiles(pool);
    edges = [];
  }
  const tree = new GrowingTree(edges);
  let kept = tree.size;
  for await (const hashes of hashesAfter(store, pool, tree.size)) {
    signal.throwIfAborted();
    tree.append(hashes);
    if (tree.size - kept < limits.treeHashesKept) continue;
    await store.operations.saveTiles(pool, tree.take());
    kept = tree.size;
  }
  if (tree.size > kept) await store.operations.saveTiles(pool, tree.take());
  return tree.size;
}

/** The tree of a log up to a seq, kept nowhere: from the hashes of its events. Fewer events than that: as many as there are. */
export async function treeInMemory(
  store: Pick<TreeStore, 'readHashes'>,
  pool: PoolId,
  upTo: number,
): Promise<{ readonly size: number; readonly nodes: Nodes }> {
  const tree = new GrowingTree();
  for await (const hashes of hashesAfter(store, pool, 0, upTo)) tree.append(hashes);
  const tiles = new Map(tree.take().map(({ level, index, hashes }) => [`${level} ${index}`, hashes]));
  return { size: tree.size, nodes: nodesOf(async (level, index) => tiles.get(`${level} ${index}`) ?? null) };
}

async function* hashesAfter(
  store: Pick<TreeStore, 'readHashes'>,
  pool: PoolId,
  after: number,
  upTo = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<Buffer> {
  for (let seq = after; seq < upTo; ) {
    const hashes = await store.readHashes(pool, seq, Math.min(limits.treeHashesPage, upTo - seq));
    if (hashes.length === 0) return;
    yield Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length);
    seq += hashes.length / hashBytes;
    await nextTurn();
  }
}

/** The last tile of each level. */
async function edgesOf(store: TreeStore, pool: PoolId): Promise<Tile[]> {
  const sql = `SELECT level, tile, hashes FROM tiles WHERE pool = ?
    AND tile = (SELECT max(tile) FROM tiles AS others WHERE others.pool = tiles.pool AND others.level = tiles.level)`;
  const rows = await store.query<TileRow>(sql, [pool]);
  return rows.map(({ level, tile, hashes }) => ({ level, index: tile, hashes }));
}

/** Each hash depends on all before it: where the last one is that of the log, the log was not rewritten before it. */
async function isOfLog(store: TreeStore, pool: PoolId, edges: readonly Tile[]): Promise<boolean> {
  const { size } = new GrowingTree(edges);
  if (size === 0) return true;
  const last = edges.find(({ level }) => level === 0)?.hashes.slice(-hashBytes);
  const hash = await store.readHashes(pool, size - 1, 1);
  return last !== undefined && hash.length > 0 && isSame(leafHash(hash), last);
}
