-- `resource_share_increments` and `daily_resource_share` of the log attached as `log`, by SQL alone, into empty tables of
-- the main database. Names are not merged in the long logs, and models do not change: otherwise this would not suffice.

CREATE TEMP TABLE multipliers AS
SELECT
  payload ->> '$.name' AS name,
  payload ->> '$.model' AS model,
  CASE
    WHEN payload ->> '$.model' LIKE '%opus-4-5%' THEN 5
    WHEN payload ->> '$.model' LIKE '%opus%' THEN 15
    ELSE 3
  END AS multiplier
FROM log.events WHERE type = 'identity.registered';
CREATE UNIQUE INDEX multipliers_by_name ON multipliers (name);

CREATE TEMP TABLE closings AS
SELECT payload ->> '$.date' AS date, place, recorded_at FROM log.events WHERE type = 'day.closed';
CREATE UNIQUE INDEX closings_by_date ON closings (date);

INSERT INTO main.resource_share_increments
SELECT
  place, pool, seq, id, claude_name,
  strftime('%Y-%m-%dT%H:%M:%fZ', used_at / 1000.0, 'unixepoch'),
  mode,
  coalesce(legacy, cache_read, 0),
  context_percentage,
  coalesce(cost, 0) / 1000.0,
  issued,
  cost / 1e6,
  cost / 1000.0 / multiplier,
  coalesce(used.model, multipliers.model),
  session, project, input, cache_read, write_5m, write_1h, output, reasoning, legacy,
  coalesce(corrected_tokens,
    coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(write_5m, 0) + coalesce(write_1h, 0)
      + coalesce(output, 0) + coalesce(reasoning, 0)) + coalesce(legacy, 0),
  cost, cost_source, source, corrects, used_at, recorded_at
FROM (
  SELECT
    place, pool, seq, id, source, recorded_at,
    payload ->> '$.name' AS claude_name,
    occurred_at AS used_at,
    payload ->> '$.mode' AS mode,
    payload ->> '$.context_percentage' AS context_percentage,
    payload ->> '$.issued_interval_s' AS issued,
    payload ->> '$.model' AS model,
    payload ->> '$.session' AS session,
    payload ->> '$.project' AS project,
    payload ->> '$.tokens.input' AS input,
    payload ->> '$.tokens.cache_read' AS cache_read,
    payload ->> '$.tokens.cache_write_5m' AS write_5m,
    payload ->> '$.tokens.cache_write_1h' AS write_1h,
    payload ->> '$.tokens.output' AS output,
    payload ->> '$.tokens.reasoning' AS reasoning,
    payload ->> '$.legacy_tokens' AS legacy,
    payload ->> '$.cost_micro_usd' AS cost,
    payload ->> '$.cost_source' AS cost_source,
    NULL AS corrected_tokens,
    NULL AS corrects
  FROM log.events WHERE type = 'usage.recorded'
  UNION ALL
  SELECT
    place, pool, seq, id, source, recorded_at,
    payload ->> '$.name',
    payload ->> '$.occurred_at',
    payload ->> '$.mode',
    NULL, NULL, NULL, NULL, NULL,
    payload ->> '$.difference.tokens.input',
    payload ->> '$.difference.tokens.cache_read',
    payload ->> '$.difference.tokens.cache_write_5m',
    payload ->> '$.difference.tokens.cache_write_1h',
    payload ->> '$.difference.tokens.output',
    payload ->> '$.difference.tokens.reasoning',
    payload ->> '$.difference.legacy_tokens',
    payload ->> '$.difference.cost_micro_usd',
    'corrected',
    payload ->> '$.total_tokens',
    payload ->> '$.corrects'
  FROM log.events WHERE type = 'usage.corrected'
) AS used
LEFT JOIN multipliers ON multipliers.name = used.claude_name;

INSERT INTO main.daily_resource_share
SELECT
  min(increment.id), increment.claude_name, substr(increment.timestamp, 1, 10) AS date,
  sum(iif(mode = 'autonomy', total_tokens, 0)),
  sum(iif(mode = 'autonomy', 0, total_tokens)),
  sum(total_tokens),
  strftime('%Y-%m-%dT%H:%M:%fZ', max(event.recorded_at) / 1000.0, 'unixepoch'),
  sum(iif(mode = 'autonomy', coalesce(cost_micro_usd, 0), 0)),
  sum(iif(mode = 'autonomy', 0, coalesce(cost_micro_usd, 0))),
  sum(coalesce(cost_micro_usd, 0)),
  sum(iif(mode = 'autonomy', coalesce(input_tokens, 0), 0)),
  sum(iif(mode = 'autonomy', coalesce(cache_read_tokens, 0), 0)),
  sum(iif(mode = 'autonomy', coalesce(cache_write_5m_tokens, 0), 0)),
  sum(iif(mode = 'autonomy', coalesce(cache_write_1h_tokens, 0), 0)),
  sum(iif(mode = 'autonomy', coalesce(output_tokens, 0), 0)),
  sum(iif(mode = 'autonomy', coalesce(reasoning_tokens, 0), 0)),
  sum(iif(mode = 'autonomy', 0, coalesce(input_tokens, 0))),
  sum(iif(mode = 'autonomy', 0, coalesce(cache_read_tokens, 0))),
  sum(iif(mode = 'autonomy', 0, coalesce(cache_write_5m_tokens, 0))),
  sum(iif(mode = 'autonomy', 0, coalesce(cache_write_1h_tokens, 0))),
  sum(iif(mode = 'autonomy', 0, coalesce(output_tokens, 0))),
  sum(iif(mode = 'autonomy', 0, coalesce(reasoning_tokens, 0))),
  sum(iif(cost_source = 'unpriced', total_tokens, 0)),
  sum(corrects IS NULL),
  sum(corrects IS NOT NULL),
  sum(coalesce(increment.id > closing.place, 0)),
  strftime('%Y-%m-%dT%H:%M:%fZ', closing.recorded_at / 1000.0, 'unixepoch'),
  increment.pool
FROM main.resource_share_increments AS increment
JOIN log.events AS event ON event.place = increment.id
LEFT JOIN closings AS closing ON closing.date = substr(increment.timestamp, 1, 10)
GROUP BY increment.claude_name, substr(increment.timestamp, 1, 10);
