/**
 * The texts of the ready-made queries: first the four that the documents of the original server give, word for word, then our own. Long
 * because it is one list.
 */
import type { CannedParameter, CannedQuery } from './question.js';

const hours: CannedParameter = { name: 'hours', description: 'How many hours back.', default: 168 };
const rows: CannedParameter = { name: 'rows', description: 'How many rows at most.', default: 50 };

export const cannedQueries: readonly CannedQuery[] = [
  {
    name: 'recent-increments',
    description: 'The last 20 uses, as the original server documents it.',
    sql: () =>
      'SELECT timestamp, claude_name, mode, cache_read_increment, weighted_cost FROM resource_share_increments ORDER BY timestamp DESC LIMIT 20',
  },
  {
    name: 'daily-shares',
    description: 'The last seven rows of use by day, as the original server documents it.',
    sql: () => 'SELECT * FROM daily_resource_share ORDER BY date DESC LIMIT 7',
  },
  {
    name: 'quota-history',
    description: 'The last 20 readings of the quota, as the original server documents it.',
    sql: () => 'SELECT * FROM quota_info ORDER BY timestamp DESC LIMIT 20',
  },
  {
    name: 'identities',
    description: 'Who takes part, with model and cost multiplier, as the original server documents it.',
    sql: () => 'SELECT name, model, cost_multiplier FROM claude_identities',
  },
  {
    name: 'use-by-agent',
    description: 'What each agent used: reports, tokens and cost, the dearest first.',
    params: [hours],
    sql: ({ hoursAgo }) => `SELECT pool, claude_name, count(*) AS reports, sum(total_tokens) AS tokens,
  sum(coalesce(cost_micro_usd, 0)) / 1000000.0 AS cost_usd, max(timestamp) AS last_use
FROM resource_share_increments WHERE timestamp >= ${hoursAgo(':hours')}
GROUP BY pool, claude_name ORDER BY cost_usd DESC, tokens DESC`,
  },
  {
    name: 'use-by-model',
    description: 'What each model was used for: reports, tokens and cost, the dearest first.',
    params: [hours],
    sql: ({ hoursAgo }) => `SELECT pool, model, count(*) AS reports, sum(total_tokens) AS tokens,
  sum(coalesce(cost_micro_usd, 0)) / 1000000.0 AS cost_usd
FROM resource_share_increments WHERE timestamp >= ${hoursAgo(':hours')}
GROUP BY pool, model ORDER BY cost_usd DESC, tokens DESC`,
  },
  {
    name: 'use-by-project',
    description: 'What was used for each project, and by how many agents, the dearest first.',
    params: [hours],
    sql: ({ hoursAgo }) => `SELECT pool, project, count(DISTINCT claude_name) AS agents, sum(total_tokens) AS tokens,
  sum(coalesce(cost_micro_usd, 0)) / 1000000.0 AS cost_usd
FROM resource_share_increments WHERE timestamp >= ${hoursAgo(':hours')}
GROUP BY pool, project ORDER BY cost_usd DESC, tokens DESC`,
  },
  {
    name: 'use-by-session',
    description: 'The sessions that used most: whose they are, from when to when they reported, tokens and cost.',
    params: [hours, rows],
    sql: ({ hoursAgo }) => `SELECT pool, session, min(claude_name) AS claude_name, min(timestamp) AS first_use,
  max(timestamp) AS last_use, sum(total_tokens) AS tokens, sum(coalesce(cost_micro_usd, 0)) / 1000000.0 AS cost_usd
FROM resource_share_increments WHERE timestamp >= ${hoursAgo(':hours')} AND session IS NOT NULL
GROUP BY pool, session ORDER BY cost_usd DESC, tokens DESC LIMIT :rows`,
  },
  {
    name: 'use-by-day',
    description: 'What all agents of a pool used on each day of its time zone, the newest day first.',
    params: [rows],
    sql: () => `SELECT pool, date, count(*) AS agents, sum(autonomous_tokens) AS autonomous_tokens,
  sum(collaborative_tokens) AS collaborative_tokens, sum(total_cost_micro_usd) / 1000000.0 AS cost_usd
FROM daily_resource_share GROUP BY pool, date ORDER BY date DESC, pool LIMIT :rows`,
  },
  {
    name: 'largest-reports',
    description: 'The dearest single uses, with the event of each.',
    params: [hours, rows],
    sql: ({ hoursAgo }) => `SELECT timestamp, pool, claude_name, model, project, total_tokens,
  cost_micro_usd / 1000000.0 AS cost_usd, event_id
FROM resource_share_increments WHERE timestamp >= ${hoursAgo(':hours')} AND cost_micro_usd IS NOT NULL
ORDER BY cost_micro_usd DESC, id LIMIT :rows`,
  },
  {
    name: 'unpriced-use',
    description: 'Tokens whose cost nobody knows, by model: they are in no sum of costs.',
    params: [hours],
    sql: ({ hoursAgo }) => `SELECT pool, model, count(*) AS reports, sum(total_tokens) AS tokens
FROM resource_share_increments WHERE timestamp >= ${hoursAgo(':hours')} AND cost_source = 'unpriced'
GROUP BY pool, model ORDER BY tokens DESC`,
  },
  {
    name: 'cache-reads',
    description: 'Of what each model was given, how much was read from its cache, as a fraction.',
    params: [hours],
    sql: ({ hoursAgo }) => `SELECT pool, model, sum(coalesce(cache_read_tokens, 0)) AS cache_read_tokens,
  sum(coalesce(input_tokens, 0)) AS input_tokens,
  sum(coalesce(cache_read_tokens, 0)) * 1.0 / sum(coalesce(cache_read_tokens, 0) + coalesce(input_tokens, 0)
    + coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)) AS cached
FROM resource_share_increments WHERE timestamp >= ${hoursAgo(':hours')}
GROUP BY pool, model
HAVING sum(coalesce(cache_read_tokens, 0) + coalesce(input_tokens, 0)
    + coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)) > 0
ORDER BY cached DESC`,
  },
  {
    name: 'corrections',
    description: 'Corrections of uses, the newest first, with the event that each corrects.',
    params: [rows],
    sql: () => `SELECT timestamp, pool, claude_name, total_tokens, cost_micro_usd / 1000000.0 AS cost_usd, source,
  event_id, corrects
FROM resource_share_increments WHERE corrects IS NOT NULL ORDER BY recorded_at DESC, id DESC LIMIT :rows`,
  },
  {
    name: 'late-reports',
    description: 'Uses that were recorded long after they happened, and how many minutes later.',
    params: [hours, { name: 'minutes', description: 'How much later at least, in minutes.', default: 15 }, rows],
    sql: ({
      hoursAgo,
    }) => `SELECT timestamp, pool, claude_name, (recorded_at - occurred_at) / 60000 AS minutes_late, source, event_id
FROM resource_share_increments
WHERE timestamp >= ${hoursAgo(':hours')} AND corrects IS NULL AND recorded_at - occurred_at >= 60000 * :minutes
ORDER BY minutes_late DESC, id LIMIT :rows`,
  },
  {
    name: 'windows-now',
    description: 'The last reading of each quota window: percent used, when it begins again, and where that is from.',
    sql: () => `SELECT pool, window_key, label, percent_bp / 100.0 AS percent, resets_at, timestamp, source, confidence
FROM quota_windows q
WHERE seq = (SELECT max(seq) FROM quota_windows WHERE pool = q.pool AND window_key = q.window_key)
ORDER BY pool, window_key`,
  },
  {
    name: 'window-readings',
    description: 'The last readings of one quota window, the newest first.',
    params: [{ name: 'window', description: 'Key of the window.', default: 'week_all' }, rows],
    sql: () => `SELECT timestamp, pool, percent_bp / 100.0 AS percent, resets_at, source, confidence, suspect, event_id
FROM quota_windows WHERE window_key = :window ORDER BY timestamp DESC, seq DESC LIMIT :rows`,
  },
  {
    name: 'shares-now',
    description: 'Share, use, balance and interval of each agent in each window, as it is now.',
    sql: () => `SELECT pool, window_key, claude_name, weight, share, used_micro_usd / 1000000.0 AS used_usd,
  balance_micro_usd / 1000000.0 AS balance_usd, recommended_interval, reason
FROM fair_allocations ORDER BY pool, window_key, share DESC, claude_name`,
  },
  {
    name: 'intervals-told',
    description: 'The intervals that agents were told last, with the reason of each.',
    params: [rows],
    sql: () => `SELECT computed_at, pool, claude_name, recommended_interval, blocked_by, binding_window, conduct, reason
FROM fair_allocation_history ORDER BY computed_at DESC, seq DESC LIMIT :rows`,
  },
  {
    name: 'interval-reasons',
    description: 'How often each agent was told an interval for which window, and how long it was on average.',
    params: [hours],
    sql: ({ hoursAgo }) => `SELECT pool, claude_name, binding_window, blocked_by, count(*) AS told,
  avg(recommended_interval) AS interval_mean_s, max(recommended_interval) AS interval_max_s
FROM fair_allocation_history WHERE computed_at >= ${hoursAgo(':hours')}
GROUP BY pool, claude_name, binding_window, blocked_by ORDER BY told DESC`,
  },
  {
    name: 'silent-agents',
    description: 'Agents that take part, those first of which nothing was heard for longest.',
    sql: () => `SELECT pool, name, status, weight, paused, first_seen, last_seen
FROM claude_identities WHERE active = 1 AND merged_into IS NULL ORDER BY last_seen, pool, name`,
  },
  {
    name: 'events-by-type',
    description:
      'How many events of each type the log holds, with the first and last seq. Archived events are not counted.',
    sql: () => `SELECT pool, type, count(*) AS events, min(seq) AS first_seq, max(seq) AS last_seq
FROM events GROUP BY pool, type ORDER BY events DESC, pool, type`,
  },
  {
    name: 'log-growth',
    description: 'How many events were recorded on each day of UTC, and their bytes. Archived events are not counted.',
    params: [rows],
    sql: ({
      dateOf,
    }) => `SELECT ${dateOf('recorded_at')} AS day, pool, count(*) AS events, sum(length(payload)) AS payload_characters
FROM events GROUP BY ${dateOf('recorded_at')}, pool ORDER BY day DESC, pool LIMIT :rows`,
  },
  {
    name: 'rule-changes',
    description: 'Changes of the policy and of pools, the newest first, with who made them.',
    params: [rows],
    sql: ({ dateOf }) => `SELECT ${dateOf('recorded_at')} AS day, pool, seq, type, actor, source, payload
FROM events WHERE type IN ('policy.set', 'pool.configured') ORDER BY recorded_at DESC, seq DESC LIMIT :rows`,
  },
  {
    name: 'alerts-raised',
    description: 'Alerts that were raised, the newest first, with their rule and subject.',
    params: [rows],
    sql: ({ dateOf, field }) => `SELECT ${dateOf('recorded_at')} AS day, pool, seq,
  ${field('payload', 'rule')} AS rule, ${field('payload', 'subject')} AS subject, payload
FROM events WHERE type = 'alert.raised' ORDER BY recorded_at DESC, seq DESC LIMIT :rows`,
  },
];
