/** Rows of `usage_meters` and `metered_sessions` as both engines find them, and what deciding knows of them. */
import { detailOf, type KnownCostSource, type MeterRank, meterRules, type Stopgap } from '../events/meter.js';
import type { Referenced } from '../events/referenced.js';
import { tokenBuckets } from '../events/tokens.js';
import type { Lookups } from './engine.js';

export const meterColumns = `event_id AS "use", ids, rank, sidechain, says_speed AS "saysSpeed", cost_micro_usd AS "costMicroUsd",
  cost_source AS "costSource", fair_cost_micro_usd AS "fairCostMicroUsd", ${tokenBuckets.map((bucket) => `${bucket}_tokens AS ${bucket}`).join(', ')}`;

export type MeterRow = Readonly<Record<(typeof tokenBuckets)[number], number | null>> & {
  readonly use: string;
  /** JSON text. */
  readonly ids: string;
  readonly rank: MeterRank;
  readonly sidechain: number;
  readonly saysSpeed: number;
  readonly costMicroUsd: number | null;
  readonly costSource: KnownCostSource | null;
  readonly fairCostMicroUsd: number | null;
};

/** Notes what was found under an id that was looked up: undefined where nothing was. A response may be found under several. */
export function noteMeter({ meters }: Referenced, id: string, row: MeterRow | undefined): void {
  if (row === undefined) {
    meters.set(id, null);
    return;
  }
  const { use, rank, costMicroUsd, costSource, fairCostMicroUsd } = row;
  const counted = tokenBuckets.filter((bucket) => row[bucket] !== null).map((bucket) => [bucket, row[bucket]] as const);
  meters.set(id, {
    use,
    ids: JSON.parse(row.ids),
    rank,
    sidechain: row.sidechain === 1,
    saysSpeed: row.saysSpeed === 1,
    tokens: Object.fromEntries(counted),
    costMicroUsd,
    costSource,
    fairCostMicroUsd,
  });
}

/** Whether the uses that count for a session meanwhile are wanted: they are taken back by what tells of it more closely. */
export const wantsStopgaps = ({ rule }: Lookups['metered'][number], detail: number): boolean => detail < detailOf(rule);

/** Notes how closely a session was told of: 0 where it never was. */
export function noteSession(
  { metered }: Referenced,
  session: string,
  detail: number,
  stopgaps: readonly Stopgap[],
): void {
  metered.set(session, { rule: meterRules[detail - 1] ?? null, stopgaps });
}
