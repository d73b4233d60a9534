/** Who reported how often, and what that cost, minute by minute: of the events after one, up to another. */
import type { PoolId } from '../events/scalars.js';
import { rowId } from './change.js';
import type { Queryable } from './pages.js';

export interface UseCount {
  readonly name: string;
  /** Adapter and its version. */
  readonly source: string;
  readonly session: string | null;
  /** Minutes since 1970. */
  readonly minute: number;
  /** Micro-USD; of corrections it is the difference. */
  readonly cost: number;
  readonly reports: number;
}

export interface UseCountsQuery {
  /** Seq of the last event that is left out, and of the last one that is not. */
  readonly after: number;
  readonly upTo: number;
  /** What was used before is left out; milliseconds UTC. */
  readonly since: number;
}

const sql = `SELECT claude_name AS name, source, session, occurred_at / 60000 AS minute,
  COALESCE(sum(cost_micro_usd), 0) AS cost, sum(CASE WHEN corrects IS NULL THEN 1 ELSE 0 END) AS reports
  FROM resource_share_increments WHERE pool = ? AND id > ? AND id <= ? AND occurred_at >= ?
  GROUP BY claude_name, source, session, occurred_at / 60000`;

/** In no order. */
export function useCounts(
  tables: Queryable,
  { pool, number }: { readonly pool: PoolId; readonly number: number },
  { after, upTo, since }: UseCountsQuery,
): Promise<UseCount[]> {
  return tables.query<UseCount>(sql, [pool, rowId(number, after), rowId(number, upTo), since]);
}
