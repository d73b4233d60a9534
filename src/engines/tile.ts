/** A tile of the Merkle tree of a log, as it is stored: what its hashes are is known by who builds the tree. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  /** 32 bytes each. */
  readonly hashes: Uint8Array;
}

/** One that has fewer hashes than the one that is there was built before it, and changes nothing. */
export const saveTileSql = `INSERT INTO tiles VALUES (?, ?, ?, ?) ON CONFLICT (pool, level, tile) DO UPDATE
  SET hashes = excluded.hashes WHERE length(excluded.hashes) > length(tiles.hashes)`;

export const dropTilesSql = 'DELETE FROM tiles WHERE pool = ?';
