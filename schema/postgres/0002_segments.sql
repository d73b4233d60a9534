-- Archived events: the first ones of a pool's log, compressed (src/engines/segment.ts), instead of their rows in `events`.
-- The key is the last seq, because reading on from a seq looks for the first segment that ends behind it. `contents` is JSON:
-- which types, names, sources and correlates a segment holds.
CREATE TABLE segments (
  pool TEXT COLLATE "C" NOT NULL,
  last_seq BIGINT NOT NULL,
  first_seq BIGINT NOT NULL,
  events BIGINT NOT NULL,
  first_id TEXT COLLATE "C" NOT NULL,
  first_recorded_at BIGINT NOT NULL,
  last_id TEXT COLLATE "C" NOT NULL,
  last_recorded_at BIGINT NOT NULL,
  previous_hash BYTEA NOT NULL,
  last_hash BYTEA NOT NULL,
  merkle_root BYTEA NOT NULL,
  contents TEXT COLLATE "C" NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (pool, last_seq)
);
