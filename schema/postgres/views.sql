-- Views for people who ask the tables by SQL (docs/guides/query-tables.md). They are created where they are missing. One
-- that changes is dropped by a numbered migration, and so created again.

-- Every use and correction of the last 24 hours by its own time, the newest first. Found by the index of `timestamp`.
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
  cost_micro_usd::double precision / 1000000 AS cost_usd,
  cost_source,
  recommended_interval,
  source,
  event_id,
  corrects
FROM resource_share_increments
WHERE timestamp >= to_char(now() AT TIME ZONE 'UTC' - interval '24 hours', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
ORDER BY timestamp DESC, id DESC;

-- What each identity used in each hour of UTC in which it used anything, corrections taken into account. `hour` is when the
-- hour began, as text, and `hour_at` in milliseconds since 1970. Amounts are named as those of `daily_resource_share`.
CREATE VIEW usage_by_hour AS
SELECT
  pool,
  claude_name,
  hour,
  (extract(epoch FROM hour::timestamptz) * 1000)::bigint AS hour_at,
  autonomous_tokens,
  collaborative_tokens,
  autonomous_tokens + collaborative_tokens AS total_tokens,
  autonomous_cost_micro_usd,
  collaborative_cost_micro_usd,
  autonomous_cost_micro_usd + collaborative_cost_micro_usd AS total_cost_micro_usd,
  autonomous_cost_micro_usd::double precision / 1000000 AS autonomous_cost_usd,
  collaborative_cost_micro_usd::double precision / 1000000 AS collaborative_cost_usd,
  (autonomous_cost_micro_usd + collaborative_cost_micro_usd)::double precision / 1000000 AS total_cost_usd,
  unpriced_tokens,
  reports,
  corrections
FROM (
  SELECT
    pool,
    claude_name,
    substr(timestamp, 1, 13) || ':00:00.000Z' AS hour,
    coalesce(sum(total_tokens) FILTER (WHERE mode = 'autonomy'), 0)::bigint AS autonomous_tokens,
    coalesce(sum(total_tokens) FILTER (WHERE mode <> 'autonomy'), 0)::bigint AS collaborative_tokens,
    coalesce(sum(cost_micro_usd) FILTER (WHERE mode = 'autonomy'), 0)::bigint AS autonomous_cost_micro_usd,
    coalesce(sum(cost_micro_usd) FILTER (WHERE mode <> 'autonomy'), 0)::bigint AS collaborative_cost_micro_usd,
    coalesce(sum(total_tokens) FILTER (WHERE cost_source = 'unpriced'), 0)::bigint AS unpriced_tokens,
    count(*) FILTER (WHERE corrects IS NULL) AS reports,
    count(*) FILTER (WHERE corrects IS NOT NULL) AS corrections
  FROM resource_share_increments
  GROUP BY pool, claude_name, substr(timestamp, 1, 13) || ':00:00.000Z'
) AS by_hour;
