-- The Merkle tree of each log (src/trust/tree-tiles.ts), which signed checkpoints commit to: up to 256 hashes a row. A convenience:
-- it follows from the hashes of the events, and is built again where it is gone.
CREATE TABLE tiles (
  pool TEXT NOT NULL,
  level INTEGER NOT NULL,
  tile INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  PRIMARY KEY (pool, level, tile)
) STRICT;
