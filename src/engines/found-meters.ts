/** Rows of `usage_meters` as both engines find them, and what deciding knows of them. */
import type { MeterRank } from '../events/meter.js';
import type { Referenced } from '../events/referenced.js';
import { tokenBuckets } from '../events/tokens.js';

export const meterColumns = `event_id AS "use", ids, rank, sidechain, says_speed AS "saysSpeed", cost_micro_usd AS "costMicroUsd",
  ${tokenBuckets.map((bucket) => `${bucket}_tokens AS ${bucket}`).join(', ')}`;

export type MeterRow = Readonly<Record<(typeof tokenBuckets)[number], number | null>> & {
  readonly use: string;
  /** JSON text. */
  readonly ids: string;
  readonly rank: MeterRank;
  readonly sidechain: number;
  readonly saysSpeed: number;
  readonly costMicroUsd: number | null;
};

/** Notes what was found under an id that was looked up: undefined where nothing was. A response may be found under several. */
export function noteMeter({ meters }: Referenced, id: string, row: MeterRow | undefined): void {
  if (row === undefined) {
    meters.set(id, null);
    return;
  }
  const { use, rank, costMicroUsd } = row;
  const counted = tokenBuckets.filter((bucket) => row[bucket] !== null).map((bucket) => [bucket, row[bucket]] as const);
  meters.set(id, {
    use,
    ids: JSON.parse(row.ids),
    rank,
    sidechain: row.sidechain === 1,
    saysSpeed: row.saysSpeed === 1,
    tokens: Object.fromEntries(counted),
    costMicroUsd,
  });
}
