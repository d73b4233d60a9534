-- The log, and what belongs to it. Nothing here can be rebuilt from anything else.

-- One row per pool: its place among the pools of this file, and the head of its log (the row that appends lock).
CREATE TABLE pools (
  pool TEXT PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  head_seq INTEGER NOT NULL,
  head_id TEXT,
  head_hash BLOB NOT NULL,
  head_recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `place` is number of the pool * 2^40 + seq. It stands for (pool, seq) as primary key: a rowid append needs
-- no second index, and the ids of the projections' rows are places too.
CREATE TABLE events (
  place INTEGER PRIMARY KEY,
  pool TEXT NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  version INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  key TEXT,
  correlates TEXT,
  payload TEXT NOT NULL,
  digest BLOB NOT NULL,
  hash BLOB NOT NULL,
  hash_version INTEGER NOT NULL,
  claude_name TEXT
) STRICT;

-- Almost all events are usage.recorded: only the others need an index by type.
CREATE INDEX events_by_type ON events (pool, type, place) WHERE type <> 'usage.recorded';
CREATE INDEX events_by_name ON events (pool, claude_name, place) WHERE claude_name IS NOT NULL;
CREATE INDEX events_by_correlates ON events (correlates) WHERE correlates IS NOT NULL;

-- The answer to every keyed request, for ever. `seq` is the event of its receipt.
CREATE TABLE idempotency (
  pool TEXT NOT NULL,
  key TEXT NOT NULL,
  digest BLOB NOT NULL,
  seq INTEGER,
  answer TEXT NOT NULL,
  PRIMARY KEY (pool, key)
) STRICT, WITHOUT ROWID;

-- State of a pool as of a seq. A convenience: it can be dropped, and start then folds the log.
CREATE TABLE snapshots (
  pool TEXT NOT NULL,
  seq INTEGER NOT NULL,
  format INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (pool, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  token INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which version of each projection's rules its tables were built by.
CREATE TABLE projections (
  name TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
