-- The projections: read tables that `resource-share replay` rebuilds from the log. They are created where they are
-- missing, so this file is no numbered migration: a table that changes gets a new version of its projection, and is
-- rebuilt. Until then, columns that it gained are its last ones, and null in old rows. Names sort by their bytes,
-- whatever the locale of the database.
--
-- Times are text, ISO 8601 in UTC with milliseconds: 2026-01-31T12:00:00.000Z. Beside `timestamp` there are bigints,
-- milliseconds since 1970 in UTC: `occurred_at`, when it happened by the client's clock, and `recorded_at`, when it was
-- recorded by the ledger's.

CREATE TABLE IF NOT EXISTS resource_share_increments (
  id BIGINT NOT NULL,
  pool TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  event_id TEXT COLLATE "C" NOT NULL,
  claude_name TEXT COLLATE "C" NOT NULL,
  timestamp TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  cache_read_increment BIGINT NOT NULL,
  context_percentage DOUBLE PRECISION,
  weighted_cost DOUBLE PRECISION NOT NULL,
  recommended_interval BIGINT,
  cost_delta DOUBLE PRECISION,
  normalized_usage DOUBLE PRECISION,
  model TEXT COLLATE "C",
  session TEXT COLLATE "C",
  project TEXT COLLATE "C",
  input_tokens BIGINT,
  cache_read_tokens BIGINT,
  cache_write_5m_tokens BIGINT,
  cache_write_1h_tokens BIGINT,
  output_tokens BIGINT,
  reasoning_tokens BIGINT,
  legacy_tokens BIGINT,
  total_tokens BIGINT NOT NULL,
  cost_micro_usd BIGINT,
  cost_source TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  corrects TEXT COLLATE "C",
  occurred_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (pool, id)
);
CREATE INDEX IF NOT EXISTS increments_by_time ON resource_share_increments (pool, timestamp, id);
CREATE INDEX IF NOT EXISTS increments_by_name ON resource_share_increments (pool, claude_name, timestamp, id);
CREATE INDEX IF NOT EXISTS increments_by_corrects ON resource_share_increments (pool, corrects) WHERE corrects IS NOT NULL;

CREATE TABLE IF NOT EXISTS daily_resource_share (
  id BIGINT NOT NULL,
  claude_name TEXT COLLATE "C" NOT NULL,
  date TEXT COLLATE "C" NOT NULL,
  autonomous_tokens BIGINT NOT NULL,
  collaborative_tokens BIGINT NOT NULL,
  total_tokens BIGINT NOT NULL,
  last_updated TEXT COLLATE "C" NOT NULL,
  autonomous_cost_micro_usd BIGINT NOT NULL,
  collaborative_cost_micro_usd BIGINT NOT NULL,
  total_cost_micro_usd BIGINT NOT NULL,
  autonomous_input_tokens BIGINT NOT NULL,
  autonomous_cache_read_tokens BIGINT NOT NULL,
  autonomous_cache_write_5m_tokens BIGINT NOT NULL,
  autonomous_cache_write_1h_tokens BIGINT NOT NULL,
  autonomous_output_tokens BIGINT NOT NULL,
  autonomous_reasoning_tokens BIGINT NOT NULL,
  collaborative_input_tokens BIGINT NOT NULL,
  collaborative_cache_read_tokens BIGINT NOT NULL,
  collaborative_cache_write_5m_tokens BIGINT NOT NULL,
  collaborative_cache_write_1h_tokens BIGINT NOT NULL,
  collaborative_output_tokens BIGINT NOT NULL,
  collaborative_reasoning_tokens BIGINT NOT NULL,
  unpriced_tokens BIGINT NOT NULL,
  reports BIGINT NOT NULL,
  corrections BIGINT NOT NULL,
  late_reports BIGINT NOT NULL,
  closed_at TEXT COLLATE "C",
  pool TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, claude_name, date)
);
CREATE INDEX IF NOT EXISTS daily_by_date ON daily_resource_share (pool, date, claude_name);

CREATE TABLE IF NOT EXISTS quota_info (
  id BIGINT NOT NULL,
  pool TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  event_id TEXT COLLATE "C" NOT NULL,
  timestamp TEXT COLLATE "C" NOT NULL,
  session_5hour DOUBLE PRECISION,
  week_all DOUBLE PRECISION,
  week_sonnet DOUBLE PRECISION,
  session_5hour_reset TEXT COLLATE "C",
  week_reset TEXT COLLATE "C",
  account TEXT COLLATE "C",
  source TEXT COLLATE "C" NOT NULL,
  confidence TEXT COLLATE "C" NOT NULL,
  stale BIGINT NOT NULL,
  occurred_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (pool, id)
);
CREATE INDEX IF NOT EXISTS quota_info_by_time ON quota_info (pool, timestamp);
CREATE INDEX IF NOT EXISTS quota_info_by_event ON quota_info (pool, event_id);

CREATE TABLE IF NOT EXISTS quota_windows (
  pool TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  window_key TEXT COLLATE "C" NOT NULL,
  event_id TEXT COLLATE "C" NOT NULL,
  timestamp TEXT COLLATE "C" NOT NULL,
  label TEXT COLLATE "C",
  percent_bp BIGINT NOT NULL,
  resets_at TEXT COLLATE "C",
  duration_s BIGINT,
  scope TEXT COLLATE "C",
  active BIGINT NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  confidence TEXT COLLATE "C" NOT NULL,
  suspect BIGINT NOT NULL,
  occurred_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (pool, seq, window_key)
);
CREATE INDEX IF NOT EXISTS quota_windows_by_key ON quota_windows (pool, window_key, timestamp, seq);
CREATE INDEX IF NOT EXISTS quota_windows_by_event ON quota_windows (pool, event_id);
CREATE INDEX IF NOT EXISTS quota_windows_by_time ON quota_windows (pool, timestamp, seq, window_key);

CREATE TABLE IF NOT EXISTS claude_identities (
  pool TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  model TEXT COLLATE "C",
  cost_multiplier DOUBLE PRECISION NOT NULL,
  collaborative_pref BIGINT,
  active BIGINT NOT NULL,
  ip_address TEXT COLLATE "C",
  pause_until TEXT COLLATE "C",
  paused BIGINT NOT NULL,
  weight DOUBLE PRECISION NOT NULL,
  aliases TEXT COLLATE "C" NOT NULL,
  colour TEXT COLLATE "C",
  status TEXT COLLATE "C" NOT NULL,
  merged_into TEXT COLLATE "C",
  first_seen TEXT COLLATE "C" NOT NULL,
  last_seen TEXT COLLATE "C",
  PRIMARY KEY (pool, name)
);

CREATE TABLE IF NOT EXISTS claude_identity_history (
  id BIGINT NOT NULL,
  pool TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  timestamp TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  change TEXT COLLATE "C" NOT NULL,
  occurred_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (pool, id)
);
CREATE INDEX IF NOT EXISTS identity_history_by_name ON claude_identity_history (pool, name);

CREATE TABLE IF NOT EXISTS fair_allocations (
  pool TEXT COLLATE "C" NOT NULL,
  claude_name TEXT COLLATE "C" NOT NULL,
  window_key TEXT COLLATE "C" NOT NULL,
  weight DOUBLE PRECISION NOT NULL,
  share DOUBLE PRECISION NOT NULL,
  used_micro_usd BIGINT NOT NULL,
  balance_micro_usd BIGINT NOT NULL,
  remaining_micro_usd BIGINT,
  remaining DOUBLE PRECISION,
  recommended_interval BIGINT NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  binding_window TEXT COLLATE "C",
  conduct TEXT COLLATE "C",
  percent DOUBLE PRECISION NOT NULL,
  percent_deviation DOUBLE PRECISION NOT NULL,
  budget_micro_usd BIGINT,
  budget_deviation DOUBLE PRECISION,
  unattributed_micro_usd BIGINT,
  resets_at TEXT COLLATE "C",
  runout_p10 TEXT COLLATE "C",
  runout_p50 TEXT COLLATE "C",
  runout_p90 TEXT COLLATE "C",
  runout_probability DOUBLE PRECISION,
  computed_at TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (pool, claude_name, window_key)
);

CREATE TABLE IF NOT EXISTS fair_allocation_history (
  pool TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  claude_name TEXT COLLATE "C" NOT NULL,
  recommended_interval BIGINT NOT NULL,
  blocked_by TEXT COLLATE "C",
  binding_window TEXT COLLATE "C",
  conduct TEXT COLLATE "C",
  share DOUBLE PRECISION NOT NULL,
  used_micro_usd BIGINT NOT NULL,
  balance_micro_usd BIGINT NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  computed_at TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, claude_name, seq)
);

CREATE TABLE IF NOT EXISTS usage_sessions (
  pool TEXT COLLATE "C" NOT NULL,
  owner TEXT COLLATE "C" NOT NULL,
  session TEXT COLLATE "C" NOT NULL,
  cost_micro_usd BIGINT,
  total_tokens BIGINT,
  last_seq BIGINT NOT NULL,
  last_seen TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, session, owner)
);

CREATE TABLE IF NOT EXISTS usage_meters (
  pool TEXT COLLATE "C" NOT NULL,
  meter_id TEXT COLLATE "C" NOT NULL,
  event_id TEXT COLLATE "C" NOT NULL,
  ids TEXT COLLATE "C" NOT NULL,
  rank TEXT COLLATE "C" NOT NULL,
  sidechain BIGINT NOT NULL,
  says_speed BIGINT NOT NULL,
  input_tokens BIGINT,
  cache_read_tokens BIGINT,
  cache_write_5m_tokens BIGINT,
  cache_write_1h_tokens BIGINT,
  output_tokens BIGINT,
  reasoning_tokens BIGINT,
  cost_micro_usd BIGINT,
  cost_source TEXT,
  fair_cost_micro_usd BIGINT,
  last_seq BIGINT NOT NULL,
  PRIMARY KEY (pool, meter_id)
);

CREATE TABLE IF NOT EXISTS metered_sessions (
  pool TEXT COLLATE "C" NOT NULL,
  session TEXT COLLATE "C" NOT NULL,
  detail BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  PRIMARY KEY (pool, session)
);

CREATE TABLE IF NOT EXISTS stopgap_uses (
  pool TEXT COLLATE "C" NOT NULL,
  session TEXT COLLATE "C" NOT NULL,
  event_id TEXT COLLATE "C" NOT NULL,
  detail BIGINT NOT NULL,
  fair_cost_micro_usd BIGINT,
  last_seq BIGINT NOT NULL,
  PRIMARY KEY (pool, session, event_id)
);
