/** What each source has told a pool in the last seven days, as the tables have it: by adapter, whatever its version. */
import { addDays, dateIn, isoText, startOfDate } from '../events/days.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { keptByPool } from './kept.js';

export interface SourceWord {
  /** Name of the adapter, without its version. */
  readonly source: string;
  /** When the last of it was recorded, in milliseconds UTC. */
  readonly lastAt: number;
  readonly reportsToday: number;
  readonly reportsWeek: number;
  readonly usdToday: number;
  /** Of the quota. */
  readonly readingsWeek: number;
}

const weekDays = 7;

interface Row {
  readonly source: string;
  readonly last: number;
  readonly today: number;
  readonly week: number;
  readonly micro_usd: number;
}

const usesSql = `SELECT source, max(recorded_at) AS last,
  sum(CASE WHEN timestamp >= ? AND corrects IS NULL THEN 1 ELSE 0 END) AS today,
  sum(CASE WHEN corrects IS NULL THEN 1 ELSE 0 END) AS week,
  sum(CASE WHEN timestamp >= ? THEN COALESCE(cost_micro_usd, 0) ELSE 0 END) AS micro_usd
  FROM resource_share_increments WHERE pool = ? AND timestamp >= ? GROUP BY source`;

const readingsSql = `SELECT source, max(recorded_at) AS last, 0 AS today, count(*) AS week, 0 AS micro_usd
  FROM quota_info WHERE pool = ? AND timestamp >= ? GROUP BY source`;

/** By name. */
export const sourceWordsNow = keptByPool(workedOut);

async function workedOut(ledger: Ledger, pool: PoolId): Promise<readonly SourceWord[]> {
  const { timeZone } = ledger.state(pool);
  const date = dateIn(timeZone, ledger.now() as EpochMs);
  const today = isoText(startOfDate(timeZone, date));
  const week = isoText(startOfDate(timeZone, addDays(date, 1 - weekDays)));
  const [uses, readings] = await Promise.all([
    ledger.query<Row>(usesSql, [today, today, pool, week]),
    ledger.query<Row>(readingsSql, [pool, week]),
  ]);
  const words = new Map<string, SourceWord>();
  const add = ({ source: adapter, last, today: reports, week: all, micro_usd: cost }: Row, isReading: boolean) => {
    const source = adapter.replace(/\/.*$/, '');
    const before = words.get(source) ?? { ...nothing, source };
    words.set(source, {
      source,
      lastAt: Math.max(before.lastAt, Number(last)),
      reportsToday: before.reportsToday + Number(reports),
      reportsWeek: before.reportsWeek + (isReading ? 0 : Number(all)),
      usdToday: before.usdToday + Number(cost) / 1e6,
      readingsWeek: before.readingsWeek + (isReading ? Number(all) : 0),
    });
  };
  for (const row of uses) add(row, false);
  for (const row of readings) add(row, true);
  return [...words.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
}

const nothing = { lastAt: 0, reportsToday: 0, reportsWeek: 0, usdToday: 0, readingsWeek: 0 };
