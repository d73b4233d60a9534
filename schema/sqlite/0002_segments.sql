-- Archived events: the first ones of a pool's log, compressed (src/engines/segment.ts), instead of their rows in `events`.
-- The key is the last seq, because reading on from a seq looks for the first segment that ends behind it. `contents` is JSON:
-- which types, names, sources and correlates a segment holds. `bytes` comes last, so that the facts are read without it.
CREATE TABLE segments (
  pool TEXT NOT NULL,
  last_seq INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  events INTEGER NOT NULL,
  first_id TEXT NOT NULL,
  first_recorded_at INTEGER NOT NULL,
  last_id TEXT NOT NULL,
  last_recorded_at INTEGER NOT NULL,
  previous_hash BLOB NOT NULL,
  last_hash BLOB NOT NULL,
  merkle_root BLOB NOT NULL,
  contents TEXT NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (pool, last_seq)
) STRICT;
