/**
 * The tables of every projection, without the rules that fill them: a storage thread carries out changes and needs no
 * more, so it loads no more. Long because it is one list, of every column.
 */
import { tokenBuckets } from '../events/tokens.js';
import type { MergeRule } from './change.js';
import type { ProjectionTables } from './projection.js';

/** What `timestamp` says as text, and when the event was recorded: integers, milliseconds since 1970 in UTC. */
const times = { occurred_at: 'keep', recorded_at: 'keep' } as const;

export const resourceShareIncrements = {
  name: 'resource_share_increments',
  version: 2,
  tables: [
    {
      name: 'resource_share_increments',
      columns: {
        id: 'key',
        pool: 'key',
        seq: 'keep',
        event_id: 'keep',
        claude_name: 'keep',
        timestamp: 'keep',
        mode: 'keep',
        cache_read_increment: 'keep',
        context_percentage: 'keep',
        weighted_cost: 'keep',
        recommended_interval: 'keep',
        cost_delta: 'keep',
        normalized_usage: 'keep',
        model: 'keep',
        session: 'keep',
        project: 'keep',
        input_tokens: 'keep',
        cache_read_tokens: 'keep',
        cache_write_5m_tokens: 'keep',
        cache_write_1h_tokens: 'keep',
        output_tokens: 'keep',
        reasoning_tokens: 'keep',
        legacy_tokens: 'keep',
        total_tokens: 'keep',
        cost_micro_usd: 'keep',
        cost_source: 'keep',
        source: 'keep',
        corrects: 'keep',
        ...times,
      },
    },
  ],
} as const satisfies ProjectionTables;

const modes = ['autonomous', 'collaborative'] as const;
const bucketColumns = modes.flatMap((mode) => tokenBuckets.map((bucket) => `${mode}_${bucket}_tokens`));

export const dailyResourceShare = {
  name: 'daily_resource_share',
  version: 2,
  tables: [
    {
      name: 'daily_resource_share',
      // As the original has them; then ours.
      columns: {
        id: 'min',
        claude_name: 'key',
        date: 'key',
        autonomous_tokens: 'add',
        collaborative_tokens: 'add',
        total_tokens: 'add',
        last_updated: 'max',
        autonomous_cost_micro_usd: 'add',
        collaborative_cost_micro_usd: 'add',
        total_cost_micro_usd: 'add',
        ...(Object.fromEntries(bucketColumns.map((column) => [column, 'add'])) as Record<string, MergeRule>),
        unpriced_tokens: 'add',
        reports: 'add',
        corrections: 'add',
        late_reports: 'add',
        closed_at: 'max',
        pool: 'key',
      },
    },
  ],
} as const satisfies ProjectionTables;

export const quotaInfo = {
  name: 'quota_info',
  version: 2,
  tables: [
    {
      name: 'quota_info',
      columns: {
        id: 'key',
        pool: 'key',
        seq: 'keep',
        event_id: 'keep',
        timestamp: 'keep',
        session_5hour: 'keep',
        week_all: 'keep',
        week_sonnet: 'keep',
        session_5hour_reset: 'keep',
        week_reset: 'keep',
        account: 'keep',
        source: 'keep',
        confidence: 'keep',
        stale: 'keep',
        ...times,
      },
    },
    {
      name: 'quota_windows',
      columns: {
        pool: 'key',
        seq: 'key',
        window_key: 'key',
        event_id: 'keep',
        timestamp: 'keep',
        label: 'keep',
        percent_bp: 'keep',
        resets_at: 'keep',
        duration_s: 'keep',
        scope: 'keep',
        active: 'keep',
        source: 'keep',
        confidence: 'keep',
        suspect: 'keep',
        ...times,
      },
    },
  ],
} as const satisfies ProjectionTables;

export const claudeIdentities = {
  name: 'claude_identities',
  version: 2,
  tables: [
    {
      name: 'claude_identities',
      columns: {
        pool: 'key',
        name: 'key',
        model: 'set',
        cost_multiplier: 'set',
        collaborative_pref: 'set',
        active: 'set',
        ip_address: 'set',
        pause_until: 'set',
        paused: 'set',
        weight: 'set',
        aliases: 'set',
        colour: 'set',
        status: 'set',
        merged_into: 'set',
        first_seen: 'set',
        last_seen: 'set',
      },
    },
    {
      name: 'claude_identity_history',
      columns: {
        id: 'key',
        pool: 'key',
        seq: 'keep',
        name: 'keep',
        timestamp: 'keep',
        type: 'keep',
        change: 'keep',
        ...times,
      },
    },
  ],
} as const satisfies ProjectionTables;

export const fairAllocations = {
  name: 'fair_allocations',
  version: 2,
  tables: [
    {
      name: 'fair_allocations',
      columns: {
        pool: 'key',
        claude_name: 'key',
        window_key: 'key',
        weight: 'set',
        share: 'set',
        used_micro_usd: 'set',
        balance_micro_usd: 'set',
        remaining_micro_usd: 'set',
        remaining: 'set',
        recommended_interval: 'set',
        reason: 'set',
        binding_window: 'set',
        conduct: 'set',
        percent: 'set',
        percent_deviation: 'set',
        budget_micro_usd: 'set',
        budget_deviation: 'set',
        unattributed_micro_usd: 'set',
        resets_at: 'set',
        runout_p10: 'set',
        runout_p50: 'set',
        runout_p90: 'set',
        runout_probability: 'set',
        computed_at: 'set',
        seq: 'set',
      },
    },
    {
      name: 'fair_allocation_history',
      columns: {
        pool: 'key',
        seq: 'key',
        claude_name: 'key',
        recommended_interval: 'set',
        blocked_by: 'set',
        binding_window: 'set',
        conduct: 'set',
        share: 'set',
        used_micro_usd: 'set',
        balance_micro_usd: 'set',
        reason: 'set',
        computed_at: 'set',
      },
    },
  ],
} as const satisfies ProjectionTables;

export const usageSessions = {
  name: 'usage_sessions',
  version: 1,
  tables: [
    {
      name: 'usage_sessions',
      columns: {
        pool: 'key',
        owner: 'key',
        session: 'key',
        cost_micro_usd: 'set',
        total_tokens: 'set',
        last_seq: 'set',
        last_seen: 'set',
      },
    },
  ],
} as const satisfies ProjectionTables;

export const usageMeters = {
  name: 'usage_meters',
  version: 1,
  tables: [
    {
      name: 'usage_meters',
      columns: {
        pool: 'key',
        meter_id: 'key',
        event_id: 'set',
        ids: 'set',
        rank: 'set',
        sidechain: 'set',
        says_speed: 'set',
        input_tokens: 'set',
        cache_read_tokens: 'set',
        cache_write_5m_tokens: 'set',
        cache_write_1h_tokens: 'set',
        output_tokens: 'set',
        reasoning_tokens: 'set',
        cost_micro_usd: 'set',
        cost_source: 'set',
        fair_cost_micro_usd: 'set',
        last_seq: 'set',
      },
    },
  ],
} as const satisfies ProjectionTables;

export const meteredSessions = {
  name: 'metered_sessions',
  version: 1,
  tables: [
    {
      name: 'metered_sessions',
      columns: { pool: 'key', session: 'key', detail: 'max', last_seq: 'max' },
    },
    {
      name: 'stopgap_uses',
      columns: {
        pool: 'key',
        session: 'key',
        event_id: 'key',
        detail: 'keep',
        fair_cost_micro_usd: 'keep',
        last_seq: 'keep',
      },
    },
  ],
} as const satisfies ProjectionTables;

/** In the order in which they are applied and shown. */
export const projectionTables: readonly ProjectionTables[] = [
  resourceShareIncrements,
  dailyResourceShare,
  quotaInfo,
  claudeIdentities,
  fairAllocations,
  usageSessions,
  usageMeters,
  meteredSessions,
];
