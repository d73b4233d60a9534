-- The projections: read tables that `resource-share replay` rebuilds from the log. They are created where they are
-- missing, so this file is no numbered migration: a table that changes gets a new version of its projection, and is
-- rebuilt. Until then, columns that it gained are its last ones, and null in old rows.
--
-- Times are text, ISO 8601 in UTC with milliseconds: 2026-01-31T12:00:00.000Z. Beside `timestamp` there are integers,
-- milliseconds since 1970 in UTC: `occurred_at`, when it happened by the client's clock, and `recorded_at`, when it was
-- recorded by the ledger's.

CREATE TABLE IF NOT EXISTS resource_share_increments (
  id INTEGER PRIMARY KEY,
  pool TEXT NOT NULL,
  seq INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  claude_name TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  mode TEXT NOT NULL,
  cache_read_increment INTEGER NOT NULL,
  context_percentage REAL,
  weighted_cost REAL NOT NULL,
  recommended_interval INTEGER,
  cost_delta REAL,
  normalized_usage REAL,
  model TEXT,
  session TEXT,
  project TEXT,
  input_tokens INTEGER,
  cache_read_tokens INTEGER,
  cache_write_5m_tokens INTEGER,
  cache_write_1h_tokens INTEGER,
  output_tokens INTEGER,
  reasoning_tokens INTEGER,
  legacy_tokens INTEGER,
  total_tokens INTEGER NOT NULL,
  cost_micro_usd INTEGER,
  cost_source TEXT NOT NULL,
  source TEXT NOT NULL,
  corrects TEXT,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT;
-- Without `pool` in front: the documented query orders by time alone, and a pool's page is then read in the same order.
CREATE INDEX IF NOT EXISTS increments_by_time ON resource_share_increments (timestamp);
CREATE INDEX IF NOT EXISTS increments_by_name ON resource_share_increments (claude_name, timestamp);
CREATE INDEX IF NOT EXISTS increments_by_corrects ON resource_share_increments (corrects) WHERE corrects IS NOT NULL;

CREATE TABLE IF NOT EXISTS daily_resource_share (
  id INTEGER NOT NULL,
  claude_name TEXT NOT NULL,
  date TEXT NOT NULL,
  autonomous_tokens INTEGER NOT NULL,
  collaborative_tokens INTEGER NOT NULL,
  total_tokens INTEGER NOT NULL,
  last_updated TEXT NOT NULL,
  autonomous_cost_micro_usd INTEGER NOT NULL,
  collaborative_cost_micro_usd INTEGER NOT NULL,
  total_cost_micro_usd INTEGER NOT NULL,
  autonomous_input_tokens INTEGER NOT NULL,
  autonomous_cache_read_tokens INTEGER NOT NULL,
  autonomous_cache_write_5m_tokens INTEGER NOT NULL,
  autonomous_cache_write_1h_tokens INTEGER NOT NULL,
  autonomous_output_tokens INTEGER NOT NULL,
  autonomous_reasoning_tokens INTEGER NOT NULL,
  collaborative_input_tokens INTEGER NOT NULL,
  collaborative_cache_read_tokens INTEGER NOT NULL,
  collaborative_cache_write_5m_tokens INTEGER NOT NULL,
  collaborative_cache_write_1h_tokens INTEGER NOT NULL,
  collaborative_output_tokens INTEGER NOT NULL,
  collaborative_reasoning_tokens INTEGER NOT NULL,
  unpriced_tokens INTEGER NOT NULL,
  reports INTEGER NOT NULL,
  corrections INTEGER NOT NULL,
  late_reports INTEGER NOT NULL,
  closed_at TEXT,
  pool TEXT NOT NULL,
  PRIMARY KEY (pool, claude_name, date)
) STRICT;
CREATE INDEX IF NOT EXISTS daily_by_date ON daily_resource_share (date);

CREATE TABLE IF NOT EXISTS quota_info (
  id INTEGER PRIMARY KEY,
  pool TEXT NOT NULL,
  seq INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  session_5hour REAL,
  week_all REAL,
  week_sonnet REAL,
  session_5hour_reset TEXT,
  week_reset TEXT,
  account TEXT,
  source TEXT NOT NULL,
  confidence TEXT NOT NULL,
  stale INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS quota_info_by_time ON quota_info (timestamp);
CREATE INDEX IF NOT EXISTS quota_info_by_event ON quota_info (event_id);

CREATE TABLE IF NOT EXISTS quota_windows (
  pool TEXT NOT NULL,
  seq INTEGER NOT NULL,
  window_key TEXT NOT NULL,
  event_id TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  label TEXT,
  percent_bp INTEGER NOT NULL,
  resets_at TEXT,
  duration_s INTEGER,
  scope TEXT,
  active INTEGER NOT NULL,
  source TEXT NOT NULL,
  confidence TEXT NOT NULL,
  suspect INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (pool, seq, window_key)
) STRICT;
CREATE INDEX IF NOT EXISTS quota_windows_by_key ON quota_windows (pool, window_key, timestamp);

CREATE TABLE IF NOT EXISTS claude_identities (
  pool TEXT NOT NULL,
  name TEXT NOT NULL,
  model TEXT,
  cost_multiplier REAL NOT NULL,
  collaborative_pref INTEGER,
  active INTEGER NOT NULL,
  ip_address TEXT,
  pause_until TEXT,
  paused INTEGER NOT NULL,
  weight REAL NOT NULL,
  aliases TEXT NOT NULL,
  colour TEXT,
  status TEXT NOT NULL,
  merged_into TEXT,
  first_seen TEXT NOT NULL,
  last_seen TEXT,
  PRIMARY KEY (pool, name)
) STRICT;

CREATE TABLE IF NOT EXISTS claude_identity_history (
  id INTEGER PRIMARY KEY,
  pool TEXT NOT NULL,
  seq INTEGER NOT NULL,
  name TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  type TEXT NOT NULL,
  change TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS identity_history_by_name ON claude_identity_history (pool, name);

CREATE TABLE IF NOT EXISTS fair_allocations (
  pool TEXT NOT NULL,
  claude_name TEXT NOT NULL,
  window_key TEXT NOT NULL,
  weight REAL NOT NULL,
  share REAL NOT NULL,
  used_micro_usd INTEGER NOT NULL,
  balance_micro_usd INTEGER NOT NULL,
  remaining_micro_usd INTEGER,
  remaining REAL,
  recommended_interval INTEGER NOT NULL,
  reason TEXT NOT NULL,
  binding_window TEXT,
  conduct TEXT,
  percent REAL NOT NULL,
  percent_deviation REAL NOT NULL,
  budget_micro_usd INTEGER,
  budget_deviation REAL,
  unattributed_micro_usd INTEGER,
  resets_at TEXT,
  runout_p10 TEXT,
  runout_p50 TEXT,
  runout_p90 TEXT,
  runout_probability REAL,
  computed_at TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (pool, claude_name, window_key)
) STRICT;

CREATE TABLE IF NOT EXISTS fair_allocation_history (
  pool TEXT NOT NULL,
  seq INTEGER NOT NULL,
  claude_name TEXT NOT NULL,
  recommended_interval INTEGER NOT NULL,
  blocked_by TEXT,
  binding_window TEXT,
  conduct TEXT,
  share REAL NOT NULL,
  used_micro_usd INTEGER NOT NULL,
  balance_micro_usd INTEGER NOT NULL,
  reason TEXT NOT NULL,
  computed_at TEXT NOT NULL,
  PRIMARY KEY (pool, claude_name, seq)
) STRICT;

CREATE TABLE IF NOT EXISTS usage_sessions (
  pool TEXT NOT NULL,
  owner TEXT NOT NULL,
  session TEXT NOT NULL,
  cost_micro_usd INTEGER,
  total_tokens INTEGER,
  last_seq INTEGER NOT NULL,
  last_seen TEXT NOT NULL,
  PRIMARY KEY (pool, session, owner)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS usage_meters (
  pool TEXT NOT NULL,
  meter_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  ids TEXT NOT NULL,
  rank TEXT NOT NULL,
  sidechain INTEGER NOT NULL,
  says_speed INTEGER NOT NULL,
  input_tokens INTEGER,
  cache_read_tokens INTEGER,
  cache_write_5m_tokens INTEGER,
  cache_write_1h_tokens INTEGER,
  output_tokens INTEGER,
  reasoning_tokens INTEGER,
  cost_micro_usd INTEGER,
  cost_source TEXT,
  fair_cost_micro_usd INTEGER,
  last_seq INTEGER NOT NULL,
  PRIMARY KEY (pool, meter_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS metered_sessions (
  pool TEXT NOT NULL,
  session TEXT NOT NULL,
  detail INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  PRIMARY KEY (pool, session)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS stopgap_uses (
  pool TEXT NOT NULL,
  session TEXT NOT NULL,
  event_id TEXT NOT NULL,
  detail INTEGER NOT NULL,
  fair_cost_micro_usd INTEGER,
  last_seq INTEGER NOT NULL,
  PRIMARY KEY (pool, session, event_id)
) STRICT, WITHOUT ROWID;
