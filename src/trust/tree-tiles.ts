/**
 * A growing tree in tiles: tile `index` of `level` holds up to 256 hashes, each over 256^level leaves. All nodes in between
 * follow from them (C2SP tlog-tiles). The last tile of a level is partial, and is written again when it has grown.
 */
import type { Tile } from '../engines/tile.js';
import { hashBytes, leafInto, nodeInto } from './hashing.js';
import type { Nodes } from './tree.js';

export const tileWidth = 256;
const tileBits = 8;
const tileBytes = tileWidth * hashBytes;

interface Edge {
  index: number;
  count: number;
  readonly hashes: Buffer;
}

export class GrowingTree {
  /** The last tile of each level, full ones excepted. */
  readonly #edges: Edge[] = [];
  /** Those that are full, and not taken yet. */
  #full: Tile[] = [];
  #changed = new Set<number>();
  #size = 0;

  /** From the last tile of each level, as they were taken. */
  constructor(edges: readonly Tile[] = []) {
    for (const { level, index, hashes } of edges) {
      const count = hashes.length / hashBytes;
      const edge = { index, count, hashes: Buffer.alloc(tileBytes) };
      edge.hashes.set(hashes);
      if (count === tileWidth) Object.assign(edge, { index: index + 1, count: 0 });
      this.#edges[level] = edge;
      if (level === 0) this.#size = edge.index * tileWidth + edge.count;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Adds leaves: the data of each are 32 bytes. */
  append(data: Buffer): void {
    for (let from = 0; from < data.length; from += hashBytes) {
      const edge = this.#edge(0);
      leafInto(data, from, edge.hashes, edge.count * hashBytes);
      this.#grown(0, edge);
      this.#size += 1;
    }
  }

  /** The tiles that changed since they were last taken. */
  take(): readonly Tile[] {
    const tiles = this.#full;
    for (const level of this.#changed) {
      const { index, count, hashes } = this.#edge(level);
      if (count > 0) tiles.push({ level, index, hashes: Uint8Array.from(hashes.subarray(0, count * hashBytes)) });
    }
    this.#full = [];
    this.#changed = new Set();
    return tiles;
  }

  #edge(level: number): Edge {
    const found = this.#edges[level];
    if (found !== undefined) return found;
    const edge = { index: 0, count: 0, hashes: Buffer.alloc(tileBytes) };
    this.#edges[level] = edge;
    return edge;
  }

  #grown(level: number, edge: Edge): void {
    edge.count += 1;
    this.#changed.add(level);
    if (edge.count < tileWidth) return;
    this.#full.push({ level, index: edge.index, hashes: Uint8Array.from(edge.hashes) });
    const above = this.#edge(level + 1);
    above.hashes.set(nodeOver(edge.hashes), above.count * hashBytes);
    edge.index += 1;
    edge.count = 0;
    this.#grown(level + 1, above);
  }
}

/** The hash over those in a buffer, of which there are a power of two. */
function nodeOver(hashes: Uint8Array): Uint8Array {
  let level = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length);
  while (level.length > hashBytes) {
    const above = Buffer.alloc(level.length / 2);
    for (let at = 0; at < above.length; at += hashBytes) nodeInto(level, 2 * at, above, at);
    level = above;
  }
  return level;
}

/** Null where there is no such tile. */
export type Tiles = (level: number, index: number) => Promise<Uint8Array | null>;

/** The nodes of a tree that is stored in tiles; each tile is asked for once. */
export function nodesOf(tiles: Tiles): Nodes {
  const asked = new Map<string, Promise<Uint8Array | null>>();
  return async (level, index) => {
    const tileLevel = Math.floor(level / tileBits);
    const width = 2 ** (level % tileBits);
    const first = index * width;
    const tileIndex = Math.floor(first / tileWidth);
    const key = `${tileLevel} ${tileIndex}`;
    const asking = asked.get(key) ?? tiles(tileLevel, tileIndex);
    asked.set(key, asking);
    const hashes = await asking;
    const from = (first % tileWidth) * hashBytes;
    const to = from + width * hashBytes;
    if (hashes === null || hashes.length < to) throw new Error(`the tree has no node ${index} at level ${level}`);
    return nodeOver(hashes.subarray(from, to));
  };
}
