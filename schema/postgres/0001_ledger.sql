-- The log, and what belongs to it. Nothing here can be rebuilt from anything else.
--
-- The statements keep to what distributed engines that speak the protocol can run, too: `pool` is first in every key,
-- and there are no sequences, triggers or foreign keys. Names sort by their bytes, whatever the locale of the database.

-- One row per pool: its place among the pools of this database, and the head of its log (the row that appends lock).
CREATE TABLE pools (
  pool TEXT COLLATE "C" PRIMARY KEY,
  number BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  head_seq BIGINT NOT NULL,
  head_id TEXT COLLATE "C",
  head_hash BYTEA NOT NULL,
  head_recorded_at BIGINT NOT NULL
);

CREATE TABLE events (
  pool TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  occurred_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  actor TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C",
  correlates TEXT COLLATE "C",
  -- Canonical bytes, which are hashed: a JSON type would rewrite them.
  payload TEXT COLLATE "C" NOT NULL,
  digest BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  hash_version BIGINT NOT NULL,
  claude_name TEXT COLLATE "C",
  PRIMARY KEY (pool, seq)
);

-- Almost all events are usage.recorded: only the others need an index by type.
CREATE INDEX events_by_type ON events (pool, type, seq) WHERE type <> 'usage.recorded';
CREATE INDEX events_by_name ON events (pool, claude_name, seq) WHERE claude_name IS NOT NULL;
CREATE INDEX events_by_correlates ON events (pool, correlates, seq) WHERE correlates IS NOT NULL;

-- The answer to every keyed request, for ever. `seq` is the event of its receipt.
CREATE TABLE idempotency (
  pool TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  digest BYTEA NOT NULL,
  seq BIGINT,
  answer TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, key)
);

-- State of a pool as of a seq. A convenience: it can be dropped, and start then folds the log.
CREATE TABLE snapshots (
  pool TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  format BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, seq)
);

CREATE TABLE leases (
  name TEXT COLLATE "C" PRIMARY KEY,
  holder TEXT COLLATE "C" NOT NULL,
  token BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

-- Which version of each projection's rules its tables were built by.
CREATE TABLE projections (
  name TEXT COLLATE "C" PRIMARY KEY,
  version BIGINT NOT NULL
);
