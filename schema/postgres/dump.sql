CREATE TABLE checkpoints (
  pool text COLLATE "C" NOT NULL,
  part text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  rules text COLLATE "C" NOT NULL,
  contents text COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, part, seq)
);

CREATE TABLE claude_identities (
  pool text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  model text COLLATE "C",
  cost_multiplier double precision NOT NULL,
  collaborative_pref bigint,
  active bigint NOT NULL,
  ip_address text COLLATE "C",
  pause_until text COLLATE "C",
  paused bigint NOT NULL,
  weight double precision NOT NULL,
  aliases text COLLATE "C" NOT NULL,
  colour text COLLATE "C",
  status text COLLATE "C" NOT NULL,
  merged_into text COLLATE "C",
  first_seen text COLLATE "C" NOT NULL,
  last_seen text COLLATE "C",
  PRIMARY KEY (pool, name)
);

CREATE TABLE claude_identity_history (
  id bigint NOT NULL,
  pool text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  timestamp text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  change text COLLATE "C" NOT NULL,
  occurred_at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  PRIMARY KEY (pool, id)
);

CREATE TABLE daily_resource_share (
  id bigint NOT NULL,
  claude_name text COLLATE "C" NOT NULL,
  date text COLLATE "C" NOT NULL,
  autonomous_tokens bigint NOT NULL,
  collaborative_tokens bigint NOT NULL,
  total_tokens bigint NOT NULL,
  last_updated text COLLATE "C" NOT NULL,
  autonomous_cost_micro_usd bigint NOT NULL,
  collaborative_cost_micro_usd bigint NOT NULL,
  total_cost_micro_usd bigint NOT NULL,
  autonomous_input_tokens bigint NOT NULL,
  autonomous_cache_read_tokens bigint NOT NULL,
  autonomous_cache_write_5m_tokens bigint NOT NULL,
  autonomous_cache_write_1h_tokens bigint NOT NULL,
  autonomous_output_tokens bigint NOT NULL,
  autonomous_reasoning_tokens bigint NOT NULL,
  collaborative_input_tokens bigint NOT NULL,
  collaborative_cache_read_tokens bigint NOT NULL,
  collaborative_cache_write_5m_tokens bigint NOT NULL,
  collaborative_cache_write_1h_tokens bigint NOT NULL,
  collaborative_output_tokens bigint NOT NULL,
  collaborative_reasoning_tokens bigint NOT NULL,
  unpriced_tokens bigint NOT NULL,
  reports bigint NOT NULL,
  corrections bigint NOT NULL,
  late_reports bigint NOT NULL,
  closed_at text COLLATE "C",
  pool text COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, claude_name, date)
);

CREATE TABLE events (
  pool text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  occurred_at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  actor text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  key text COLLATE "C",
  correlates text COLLATE "C",
  payload text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  hash bytea NOT NULL,
  hash_version bigint NOT NULL,
  claude_name text COLLATE "C",
  PRIMARY KEY (pool, seq)
);

CREATE TABLE fair_allocation_history (
  pool text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  claude_name text COLLATE "C" NOT NULL,
  recommended_interval bigint NOT NULL,
  blocked_by text COLLATE "C",
  binding_window text COLLATE "C",
  conduct text COLLATE "C",
  share double precision NOT NULL,
  used_micro_usd bigint NOT NULL,
  balance_micro_usd bigint NOT NULL,
  reason text COLLATE "C" NOT NULL,
  computed_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, claude_name, seq)
);

CREATE TABLE fair_allocations (
  pool text COLLATE "C" NOT NULL,
  claude_name text COLLATE "C" NOT NULL,
  window_key text COLLATE "C" NOT NULL,
  weight double precision NOT NULL,
  share double precision NOT NULL,
  used_micro_usd bigint NOT NULL,
  balance_micro_usd bigint NOT NULL,
  remaining_micro_usd bigint,
  remaining double precision,
  recommended_interval bigint NOT NULL,
  reason text COLLATE "C" NOT NULL,
  binding_window text COLLATE "C",
  conduct text COLLATE "C",
  percent double precision NOT NULL,
  percent_deviation double precision NOT NULL,
  budget_micro_usd bigint,
  budget_deviation double precision,
  unattributed_micro_usd bigint,
  resets_at text COLLATE "C",
  runout_p10 text COLLATE "C",
  runout_p50 text COLLATE "C",
  runout_p90 text COLLATE "C",
  runout_probability double precision,
  computed_at text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (pool, claude_name, window_key)
);

CREATE TABLE idempotency (
  pool text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  seq bigint,
  answer text COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, key)
);

CREATE TABLE jobs (
  id text COLLATE "C" NOT NULL,
  pool text COLLATE "C",
  kind text COLLATE "C" NOT NULL,
  payload text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  run_at bigint NOT NULL,
  priority bigint NOT NULL,
  attempts bigint NOT NULL,
  attempts_max bigint NOT NULL,
  token bigint NOT NULL,
  holder text COLLATE "C",
  lease_until bigint,
  dedupe text COLLATE "C",
  cancel_at bigint,
  progress text COLLATE "C",
  error text COLLATE "C",
  result text COLLATE "C",
  schedule text COLLATE "C",
  created_at bigint NOT NULL,
  started_at bigint,
  finished_at bigint,
  PRIMARY KEY (id)
);

CREATE TABLE leases (
  name text COLLATE "C" NOT NULL,
  holder text COLLATE "C" NOT NULL,
  token bigint NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (name)
);

CREATE TABLE metered_sessions (
  pool text COLLATE "C" NOT NULL,
  session text COLLATE "C" NOT NULL,
  detail bigint NOT NULL,
  last_seq bigint NOT NULL,
  PRIMARY KEY (pool, session)
);

CREATE TABLE paused_jobs (
  kind text COLLATE "C" NOT NULL,
  paused_at bigint NOT NULL,
  PRIMARY KEY (kind)
);

CREATE TABLE pools (
  pool text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  created_at bigint NOT NULL,
  head_seq bigint NOT NULL,
  head_id text COLLATE "C",
  head_hash bytea NOT NULL,
  head_recorded_at bigint NOT NULL,
  PRIMARY KEY (pool)
);

CREATE TABLE projections (
  name text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (name)
);

CREATE TABLE quota_info (
  id bigint NOT NULL,
  pool text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  timestamp text COLLATE "C" NOT NULL,
  session_5hour double precision,
  week_all double precision,
  week_sonnet double precision,
  session_5hour_reset text COLLATE "C",
  week_reset text COLLATE "C",
  account text COLLATE "C",
  source text COLLATE "C" NOT NULL,
  confidence text COLLATE "C" NOT NULL,
  stale bigint NOT NULL,
  occurred_at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  PRIMARY KEY (pool, id)
);

CREATE TABLE quota_windows (
  pool text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  window_key text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  timestamp text COLLATE "C" NOT NULL,
  label text COLLATE "C",
  percent_bp bigint NOT NULL,
  resets_at text COLLATE "C",
  duration_s bigint,
  scope text COLLATE "C",
  active bigint NOT NULL,
  source text COLLATE "C" NOT NULL,
  confidence text COLLATE "C" NOT NULL,
  suspect bigint NOT NULL,
  occurred_at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  PRIMARY KEY (pool, seq, window_key)
);

CREATE TABLE resource_share_increments (
  id bigint NOT NULL,
  pool text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  claude_name text COLLATE "C" NOT NULL,
  timestamp text COLLATE "C" NOT NULL,
  mode text COLLATE "C" NOT NULL,
  cache_read_increment bigint NOT NULL,
  context_percentage double precision,
  weighted_cost double precision NOT NULL,
  recommended_interval bigint,
  cost_delta double precision,
  normalized_usage double precision,
  model text COLLATE "C",
  session text COLLATE "C",
  project text COLLATE "C",
  input_tokens bigint,
  cache_read_tokens bigint,
  cache_write_5m_tokens bigint,
  cache_write_1h_tokens bigint,
  output_tokens bigint,
  reasoning_tokens bigint,
  legacy_tokens bigint,
  total_tokens bigint NOT NULL,
  cost_micro_usd bigint,
  cost_source text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  corrects text COLLATE "C",
  occurred_at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  PRIMARY KEY (pool, id)
);

CREATE TABLE schedule_fires (
  schedule text COLLATE "C" NOT NULL,
  instant bigint NOT NULL,
  job text COLLATE "C" NOT NULL,
  PRIMARY KEY (schedule, instant)
);

CREATE TABLE schema_version (
  only_row bigint NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (only_row)
);

CREATE TABLE segments (
  pool text COLLATE "C" NOT NULL,
  last_seq bigint NOT NULL,
  first_seq bigint NOT NULL,
  events bigint NOT NULL,
  first_id text COLLATE "C" NOT NULL,
  first_recorded_at bigint NOT NULL,
  last_id text COLLATE "C" NOT NULL,
  last_recorded_at bigint NOT NULL,
  previous_hash bytea NOT NULL,
  last_hash bytea NOT NULL,
  merkle_root bytea NOT NULL,
  contents text COLLATE "C" NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (pool, last_seq)
);

CREATE TABLE snapshots (
  pool text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  format bigint NOT NULL,
  state text COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, seq)
);

CREATE TABLE stopgap_uses (
  pool text COLLATE "C" NOT NULL,
  session text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  detail bigint NOT NULL,
  fair_cost_micro_usd bigint,
  last_seq bigint NOT NULL,
  PRIMARY KEY (pool, session, event_id)
);

CREATE TABLE tiles (
  pool text COLLATE "C" NOT NULL,
  level bigint NOT NULL,
  tile bigint NOT NULL,
  hashes bytea NOT NULL,
  PRIMARY KEY (pool, level, tile)
);

CREATE TABLE usage_meters (
  pool text COLLATE "C" NOT NULL,
  meter_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  ids text COLLATE "C" NOT NULL,
  rank text COLLATE "C" NOT NULL,
  sidechain bigint NOT NULL,
  says_speed bigint NOT NULL,
  input_tokens bigint,
  cache_read_tokens bigint,
  cache_write_5m_tokens bigint,
  cache_write_1h_tokens bigint,
  output_tokens bigint,
  reasoning_tokens bigint,
  cost_micro_usd bigint,
  cost_source text COLLATE "default",
  fair_cost_micro_usd bigint,
  last_seq bigint NOT NULL,
  PRIMARY KEY (pool, meter_id)
);

CREATE TABLE usage_sessions (
  pool text COLLATE "C" NOT NULL,
  owner text COLLATE "C" NOT NULL,
  session text COLLATE "C" NOT NULL,
  cost_micro_usd bigint,
  total_tokens bigint,
  last_seq bigint NOT NULL,
  last_seen text COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, session, owner)
);

CREATE INDEX daily_by_date ON public.daily_resource_share USING btree (pool, date, claude_name);

CREATE INDEX events_by_correlates ON public.events USING btree (pool, correlates, seq) WHERE (correlates IS NOT NULL);

CREATE INDEX events_by_name ON public.events USING btree (pool, claude_name, seq) WHERE (claude_name IS NOT NULL);

CREATE INDEX events_by_source ON public.events USING btree (pool, source, seq);

CREATE INDEX events_by_type ON public.events USING btree (pool, type, seq) WHERE (type <> 'usage.recorded'::text);

CREATE INDEX identity_history_by_name ON public.claude_identity_history USING btree (pool, name);

CREATE INDEX increments_by_corrects ON public.resource_share_increments USING btree (pool, corrects) WHERE (corrects IS NOT NULL);

CREATE INDEX increments_by_name ON public.resource_share_increments USING btree (pool, claude_name, "timestamp", id);

CREATE INDEX increments_by_time ON public.resource_share_increments USING btree (pool, "timestamp", id);

CREATE UNIQUE INDEX jobs_dedupe ON public.jobs USING btree (kind, dedupe) WHERE ((dedupe IS NOT NULL) AND (state = ANY (ARRAY['pending'::text, 'running'::text])));

CREATE INDEX jobs_due ON public.jobs USING btree (kind, priority, run_at, id) WHERE (state = 'pending'::text);

CREATE INDEX jobs_finished ON public.jobs USING btree (state, finished_at, id) WHERE (finished_at IS NOT NULL);

CREATE INDEX jobs_leases ON public.jobs USING btree (lease_until, id) WHERE (state = 'running'::text);

CREATE INDEX quota_info_by_event ON public.quota_info USING btree (pool, event_id);

CREATE INDEX quota_info_by_time ON public.quota_info USING btree (pool, "timestamp");

CREATE INDEX quota_windows_by_event ON public.quota_windows USING btree (pool, event_id);

CREATE INDEX quota_windows_by_key ON public.quota_windows USING btree (pool, window_key, "timestamp", seq);

CREATE INDEX quota_windows_by_time ON public.quota_windows USING btree (pool, "timestamp", seq, window_key);

CREATE VIEW recent_increments AS
 SELECT pool,
    claude_name,
    "timestamp",
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
    ((cost_micro_usd)::double precision / (1000000)::double precision) AS cost_usd,
    cost_source,
    recommended_interval,
    source,
    event_id,
    corrects
   FROM resource_share_increments
  WHERE ("timestamp" >= to_char(((now() AT TIME ZONE 'UTC'::text) - '24:00:00'::interval), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text))
  ORDER BY "timestamp" DESC, id DESC;

CREATE VIEW usage_by_hour AS
 SELECT pool,
    claude_name,
    hour,
    ((EXTRACT(epoch FROM (hour)::timestamp with time zone) * (1000)::numeric))::bigint AS hour_at,
    autonomous_tokens,
    collaborative_tokens,
    (autonomous_tokens + collaborative_tokens) AS total_tokens,
    autonomous_cost_micro_usd,
    collaborative_cost_micro_usd,
    (autonomous_cost_micro_usd + collaborative_cost_micro_usd) AS total_cost_micro_usd,
    ((autonomous_cost_micro_usd)::double precision / (1000000)::double precision) AS autonomous_cost_usd,
    ((collaborative_cost_micro_usd)::double precision / (1000000)::double precision) AS collaborative_cost_usd,
    (((autonomous_cost_micro_usd + collaborative_cost_micro_usd))::double precision / (1000000)::double precision) AS total_cost_usd,
    unpriced_tokens,
    reports,
    corrections
   FROM ( SELECT resource_share_increments.pool,
            resource_share_increments.claude_name,
            (substr(resource_share_increments."timestamp", 1, 13) || ':00:00.000Z'::text) AS hour,
            (COALESCE(sum(resource_share_increments.total_tokens) FILTER (WHERE (resource_share_increments.mode = 'autonomy'::text)), (0)::numeric))::bigint AS autonomous_tokens,
            (COALESCE(sum(resource_share_increments.total_tokens) FILTER (WHERE (resource_share_increments.mode <> 'autonomy'::text)), (0)::numeric))::bigint AS collaborative_tokens,
            (COALESCE(sum(resource_share_increments.cost_micro_usd) FILTER (WHERE (resource_share_increments.mode = 'autonomy'::text)), (0)::numeric))::bigint AS autonomous_cost_micro_usd,
            (COALESCE(sum(resource_share_increments.cost_micro_usd) FILTER (WHERE (resource_share_increments.mode <> 'autonomy'::text)), (0)::numeric))::bigint AS collaborative_cost_micro_usd,
            (COALESCE(sum(resource_share_increments.total_tokens) FILTER (WHERE (resource_share_increments.cost_source = 'unpriced'::text)), (0)::numeric))::bigint AS unpriced_tokens,
            count(*) FILTER (WHERE (resource_share_increments.corrects IS NULL)) AS reports,
            count(*) FILTER (WHERE (resource_share_increments.corrects IS NOT NULL)) AS corrections
           FROM resource_share_increments
          GROUP BY resource_share_increments.pool, resource_share_increments.claude_name, (substr(resource_share_increments."timestamp", 1, 13) || ':00:00.000Z'::text)) by_hour;
