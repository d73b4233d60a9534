CREATE TABLE checkpoints (
  pool TEXT NOT NULL,
  part TEXT NOT NULL,
  seq INTEGER NOT NULL,
  rules TEXT NOT NULL,
  contents TEXT NOT NULL,
  PRIMARY KEY (pool, part, seq)
) STRICT;

CREATE TABLE claude_identities (
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

CREATE TABLE claude_identity_history (
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

CREATE INDEX daily_by_date ON daily_resource_share (date);

CREATE TABLE daily_resource_share (
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

CREATE INDEX events_by_correlates ON events (correlates) WHERE correlates IS NOT NULL;

CREATE INDEX events_by_name ON events (pool, claude_name, place) WHERE claude_name IS NOT NULL;

CREATE INDEX events_by_source ON events (source);

CREATE INDEX events_by_type ON events (pool, type, place) WHERE type <> 'usage.recorded';

CREATE TABLE fair_allocation_history (
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

CREATE TABLE fair_allocations (
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

CREATE TABLE idempotency (
  pool TEXT NOT NULL,
  key TEXT NOT NULL,
  digest BLOB NOT NULL,
  seq INTEGER,
  answer TEXT NOT NULL,
  PRIMARY KEY (pool, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX identity_history_by_name ON claude_identity_history (pool, name);

CREATE INDEX increments_by_corrects ON resource_share_increments (corrects) WHERE corrects IS NOT NULL;

CREATE INDEX increments_by_name ON resource_share_increments (claude_name, timestamp);

CREATE INDEX increments_by_time ON resource_share_increments (timestamp);

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  pool TEXT,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  run_at INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  attempts_max INTEGER NOT NULL,
  -- Grows with every claim: whoever holds an older one has lost the job.
  token INTEGER NOT NULL,
  holder TEXT,
  lease_until INTEGER,
  dedupe TEXT,
  cancel_at INTEGER,
  progress TEXT,
  error TEXT,
  result TEXT,
  schedule TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER
) STRICT;

CREATE UNIQUE INDEX jobs_dedupe ON jobs (kind, dedupe) WHERE dedupe IS NOT NULL AND state IN ('pending', 'running');

CREATE INDEX jobs_due ON jobs (kind, priority, run_at, id) WHERE state = 'pending';

CREATE INDEX jobs_finished ON jobs (state, finished_at, id) WHERE finished_at IS NOT NULL;

CREATE INDEX jobs_leases ON jobs (lease_until, id) WHERE state = 'running';

CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  token INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE metered_sessions (
  pool TEXT NOT NULL,
  session TEXT NOT NULL,
  detail INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  PRIMARY KEY (pool, session)
) STRICT, WITHOUT ROWID;

CREATE TABLE paused_jobs (
  kind TEXT PRIMARY KEY,
  paused_at INTEGER NOT NULL
) STRICT;

CREATE TABLE pools (
  pool TEXT PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  head_seq INTEGER NOT NULL,
  head_id TEXT,
  head_hash BLOB NOT NULL,
  head_recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE projections (
  name TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quota_info (
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

CREATE INDEX quota_info_by_event ON quota_info (event_id);

CREATE INDEX quota_info_by_time ON quota_info (timestamp);

CREATE TABLE quota_windows (
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

CREATE INDEX quota_windows_by_key ON quota_windows (pool, window_key, timestamp);

CREATE VIEW recent_increments AS
SELECT
  pool,
  claude_name,
  timestamp,
  occurred_at,
  recorded_at,
  mode,
  model,
  project,
  session,
  input_tokens,
  cache_read_tokens,
  cache_write_5m_tokens,
  cache_write_1h_tokens,
  output_tokens,
  reasoning_tokens,
  legacy_tokens,
  total_tokens,
  cost_micro_usd,
  cost_micro_usd / 1e6 AS cost_usd,
  cost_source,
  recommended_interval,
  source,
  event_id,
  corrects
FROM resource_share_increments
WHERE timestamp >= strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-24 hours')
ORDER BY timestamp DESC, id DESC;

CREATE TABLE resource_share_increments (
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

CREATE TABLE schedule_fires (
  schedule TEXT NOT NULL,
  instant INTEGER NOT NULL,
  job TEXT NOT NULL,
  PRIMARY KEY (schedule, instant)
) STRICT;

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

CREATE TABLE snapshots (
  pool TEXT NOT NULL,
  seq INTEGER NOT NULL,
  format INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (pool, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE stopgap_uses (
  pool TEXT NOT NULL,
  session TEXT NOT NULL,
  event_id TEXT NOT NULL,
  detail INTEGER NOT NULL,
  fair_cost_micro_usd INTEGER,
  last_seq INTEGER NOT NULL,
  PRIMARY KEY (pool, session, event_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tiles (
  pool TEXT NOT NULL,
  level INTEGER NOT NULL,
  tile INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  PRIMARY KEY (pool, level, tile)
) STRICT;

CREATE VIEW usage_by_hour AS
SELECT
  pool,
  claude_name,
  hour,
  unixepoch(hour) * 1000 AS hour_at,
  autonomous_tokens,
  collaborative_tokens,
  autonomous_tokens + collaborative_tokens AS total_tokens,
  autonomous_cost_micro_usd,
  collaborative_cost_micro_usd,
  autonomous_cost_micro_usd + collaborative_cost_micro_usd AS total_cost_micro_usd,
  autonomous_cost_micro_usd / 1e6 AS autonomous_cost_usd,
  collaborative_cost_micro_usd / 1e6 AS collaborative_cost_usd,
  (autonomous_cost_micro_usd + collaborative_cost_micro_usd) / 1e6 AS total_cost_usd,
  unpriced_tokens,
  reports,
  corrections
FROM (
  SELECT
    pool,
    claude_name,
    substr(timestamp, 1, 13) || ':00:00.000Z' AS hour,
    sum(iif(mode = 'autonomy', total_tokens, 0)) AS autonomous_tokens,
    sum(iif(mode = 'autonomy', 0, total_tokens)) AS collaborative_tokens,
    sum(iif(mode = 'autonomy', coalesce(cost_micro_usd, 0), 0)) AS autonomous_cost_micro_usd,
    sum(iif(mode = 'autonomy', 0, coalesce(cost_micro_usd, 0))) AS collaborative_cost_micro_usd,
    sum(iif(cost_source = 'unpriced', total_tokens, 0)) AS unpriced_tokens,
    sum(corrects IS NULL) AS reports,
    sum(corrects IS NOT NULL) AS corrections
  FROM resource_share_increments
  GROUP BY pool, claude_name, substr(timestamp, 1, 13) || ':00:00.000Z'
);

CREATE TABLE usage_meters (
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

CREATE TABLE usage_sessions (
  pool TEXT NOT NULL,
  owner TEXT NOT NULL,
  session TEXT NOT NULL,
  cost_micro_usd INTEGER,
  total_tokens INTEGER,
  last_seq INTEGER NOT NULL,
  last_seen TEXT NOT NULL,
  PRIMARY KEY (pool, session, owner)
) STRICT, WITHOUT ROWID;
