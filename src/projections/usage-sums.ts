/**
 * What was used, summed up by time and by what is asked: so that whoever cuts it into days or months of a zone has few rows to
 * go through. A correction counts where the use does that it corrects.
 */

import { isoText } from '../events/days.js';
import type { PoolId } from '../events/scalars.js';
import { tokenBuckets } from '../events/tokens.js';
import type { Queryable } from './pages.js';

/** Columns by which it may be told apart, beside time. */
export const usageKeys = ['claude_name', 'model', 'project', 'session', 'mode'] as const;
export type UsageKey = (typeof usageKeys)[number];

export interface UsageSumsQuery {
  /** Milliseconds UTC, the first inside and the last outside. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Name of an identity. */
  readonly identity?: string | undefined;
  /** Of the last event that is counted. What a merge renamed since has its new name. */
  readonly upToRow?: number | undefined;
  readonly keys: readonly UsageKey[];
  /** Of the stretches of time, from 1970 on, in milliseconds. */
  readonly stepMs: number;
}

const sums = [...tokenBuckets.map((bucket) => `${bucket}_tokens` as const), 'total_tokens', 'cost_micro_usd'] as const;
const counts = ['unpriced_tokens', 'reports'] as const;

export type UsageSums = Readonly<Record<(typeof sums)[number] | (typeof counts)[number], number>> & {
  readonly [key in UsageKey]?: string | null;
} & {
  /** Number of the stretch. */
  readonly step: number;
};

/** In no order. */
export async function usageSums(
  engine: Queryable,
  pool: PoolId,
  { since, until, identity, upToRow, keys, stepMs }: UsageSumsQuery,
): Promise<UsageSums[]> {
  const conditions: readonly (readonly [string, string | number | undefined])[] = [
    ['r.pool = ?', pool],
    // The text of the same time, which there is an index of.
    ['r.timestamp >= ?', since === undefined ? undefined : isoText(since)],
    ['r.timestamp < ?', until === undefined ? undefined : isoText(until)],
    ['r.claude_name = ?', identity],
    // As a sum, the id is not what the planner reads the table by.
    ['r.id + 0 <= ?', upToRow],
  ];
  const asked = conditions.filter((one): one is readonly [string, string | number] => one[1] !== undefined);
  // A correction has the time of the use it corrects, so the use is found by that. One with a cost gives its use a price.
  const sql = `SELECT r.occurred_at / ${stepMs} AS step${keys.map((key) => `, ${keyColumn(key)} AS ${key}`).join('')},
    ${sums.map((sum) => `COALESCE(sum(r.${sum}), 0) AS ${sum}`).join(', ')},
    sum(CASE WHEN COALESCE(u.cost_source, r.cost_source) = 'unpriced' AND NOT EXISTS (
      SELECT 1 FROM resource_share_increments p WHERE p.corrects = COALESCE(r.corrects, r.event_id) AND p.cost_micro_usd > 0${upToRow === undefined ? '' : ` AND p.id <= ${upToRow}`}
    ) THEN r.total_tokens ELSE 0 END) AS unpriced_tokens,
    sum(CASE WHEN r.corrects IS NULL THEN 1 ELSE 0 END) AS reports
    FROM resource_share_increments r
    LEFT JOIN resource_share_increments u
      ON r.corrects IS NOT NULL AND u.timestamp = r.timestamp AND u.event_id = r.corrects AND u.pool = r.pool
    WHERE ${asked.map(([condition]) => condition).join(' AND ')}
    GROUP BY ${['step', ...keys.map(keyColumn)].join(', ')}`;
  return engine.query<UsageSums>(
    sql,
    asked.map(([, value]) => value),
  );
}

/** What a correction is of is said by its use. A merge changes the name in both. */
const keyColumn = (key: UsageKey): string => (key === 'claude_name' ? 'r.claude_name' : `COALESCE(u.${key}, r.${key})`);
