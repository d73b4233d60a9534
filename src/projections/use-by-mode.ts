/** What the uses among some events cost, by who used it and in which mode. */
import type { PoolId } from '../events/scalars.js';
import { rowId } from './change.js';
import type { Queryable } from './pages.js';

export interface UseByMode {
  readonly name: string;
  readonly mode: string;
  /** Micro-USD; of corrections it is the difference. */
  readonly cost: number;
}

const sql = `SELECT claude_name AS name, mode, COALESCE(sum(cost_micro_usd), 0) AS cost
  FROM resource_share_increments WHERE pool = ? AND id > ? AND id <= ? GROUP BY claude_name, mode`;

/** Of the events after one, up to another; in no order. */
export function useByMode(
  tables: Queryable,
  { pool, number }: { readonly pool: PoolId; readonly number: number },
  after: number,
  upTo: number,
): Promise<UseByMode[]> {
  return tables.query<UseByMode>(sql, [pool, rowId(number, after), rowId(number, upTo)]);
}
