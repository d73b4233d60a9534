/**
 * One quota window over time: what was read of it, its periods, how it stands now and where it goes by the controller's own
 * figures, and who used what of it. What the controller estimated in the past is in no table and not told.
 */
import type { EpochMs, PoolId } from '../events/scalars.js';
import { ruleOf } from '../fairness/policy.js';
import { viewWindow } from '../fairness/window-view.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { type Status, statusNow } from './status.js';
import type { Stretch } from './steps.js';
import { periodsOf, type WindowPeriod } from './window-periods.js';
import { type Refusal, type ToldReading, toldOfWindow } from './window-readings.js';
import type { WindowStatus } from './windows.js';

/** Percentages are 0 to 100, amounts US dollars, times milliseconds UTC. */
export interface WindowHistory extends Stretch {
  readonly key: string;
  readonly at: EpochMs;
  /** The last event that the current figures rest on. */
  readonly seq: number;
  readonly readings: readonly ToldReading[];
  readonly refusals: readonly Refusal[];
  readonly periods: readonly WindowPeriod[];
  /** How it stands now; null for a window that nobody reads any more. */
  readonly now: WindowStatus | null;
  /** The period that goes on; null where none does, or nobody knows its end. */
  readonly current: CurrentPeriod | null;
  /** Who used what of it in the period that goes on, the largest use first; also those who have retired since. */
  readonly used: readonly WindowUser[];
  /** What the ledger counted of it in that period, whosever it was. */
  readonly ledgerUsd: number;
}

export interface CurrentPeriod extends Stretch {
  /** What would be used at these times at an even pace: 0 at the beginning, 100 at the reset. */
  readonly pace: readonly PacePoint[];
  /** From now to the reset, if it is used on as now; empty while too little is known. Points are joined by straight lines. */
  readonly forecast: readonly ForecastPoint[];
}

export interface PacePoint {
  readonly at: number;
  readonly percent: number;
}

/** Percent used at a time is below each with probability 0.1, 0.5 and 0.9. Above 100: what would be used if it could go on. */
export interface ForecastPoint {
  readonly at: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

export interface WindowUser {
  readonly name: string;
  readonly usd: number;
  /** Of what the ledger counted, 0 to 1. */
  readonly part: number;
  /** Percentage points of the window; null before its budget is known. */
  readonly percent: number | null;
}

const dayMs = 86_400_000;
/** How far back is looked where nobody says from when on, at the least. */
const usualMs = 7 * dayMs;

/**
 * Left out, the time ends with the period that goes on, and has at least the last week in it, or the last period. Throws `window_unknown`,
 * and `request_invalid` where the time is empty or holds too much.
 */
export async function windowHistory(
  ledger: Ledger,
  pool: PoolId,
  key: string,
  asked: { readonly from?: EpochMs | undefined; readonly until?: EpochMs | undefined },
): Promise<WindowHistory> {
  const status = statusNow(ledger, pool);
  const now = status.windows.find((window) => window.key === key) ?? null;
  const { fair } = ledger.state(pool);
  const lengthMs = fair.windows.get(key)?.lengthMs ?? ruleOf(fair.policy, key, null).length_s * 1_000;
  if (now === null && !(await wasEverRead(ledger, pool, key)))
    throw new Problem('window_unknown', `no window is called ${key.slice(0, 100)}`);
  const current = now === null ? null : currentPeriod(now, status.at);
  const until = asked.until ?? current?.until ?? ((status.at + 1) as EpochMs);
  const from = asked.from ?? ((Math.min(status.at, until) - Math.max(usualMs, lengthMs)) as EpochMs);
  refuseEndless({ from, until }, lengthMs);
  // Who used what is asked of the state before anything is waited for: it goes on meanwhile.
  const use = usedOf(ledger, pool, key, status);
  const told = await toldOfWindow(ledger, pool, key, { from, until });
  return {
    key,
    at: status.at,
    seq: status.seq,
    from,
    until,
    ...told,
    periods: periodsOf(told.readings, lengthMs, current, { from, until }),
    now,
    current,
    ...use,
  };
}

async function wasEverRead(ledger: Ledger, pool: PoolId, key: string): Promise<boolean> {
  const sql = 'SELECT seq FROM quota_windows WHERE pool = ? AND window_key = ? LIMIT 1';
  return (await ledger.query(sql, [pool, key])).length > 0;
}

function refuseEndless({ from, until }: Stretch, lengthMs: number): void {
  if (from >= until) throw refused('from', 'is not before until');
  if ((until - from) / lengthMs <= limits.seriesStepsMax) return;
  throw refused(
    'from',
    `lies more than ${limits.seriesStepsMax} periods of the window before until: ask for a shorter time`,
  );
}

const refused = (field: string, message: string): Problem =>
  new Problem('request_invalid', `${field} ${message}`, [{ field, message }]);

function currentPeriod(window: WindowStatus, at: EpochMs): CurrentPeriod | null {
  const { resetsAt, lengthS } = window;
  if (resetsAt === null || lengthS === null || resetsAt <= at) return null;
  const [from, until] = [(resetsAt - lengthS * 1_000) as EpochMs, resetsAt as EpochMs];
  const pace = [
    { at: from, percent: 0 },
    { at: until, percent: 100 },
  ];
  return { from, until, pace, forecast: forecastOf(window, at) };
}

/**
 * The run-out of the controller, read the other way round: it runs out before `p10` with probability 0.1, so what is used then is above
 * 100 with probability 0.1. At the current pace each line is straight: from what is used now through 100 at its run-out.
 */
export function forecastOf(
  { percent, resetsAt, runout }: Pick<WindowStatus, 'percent' | 'resetsAt' | 'runout'>,
  at: number,
): ForecastPoint[] {
  if (percent === null || runout === null || resetsAt === null || resetsAt <= at) return [];
  const { projected, p10, p50, p90 } = runout;
  // It is used up, or work is refused: nothing is used on.
  if (p50 <= at) return [at, resetsAt].map((point) => ({ at: point, p10: projected, p50: projected, p90: projected }));
  const usedAt = (point: number, runsOutAt: number) => percent + ((100 - percent) * (point - at)) / (runsOutAt - at);
  return [at, resetsAt].map((point) => ({
    at: point,
    p10: usedAt(point, p90),
    p50: usedAt(point, p50),
    p90: usedAt(point, p10),
  }));
}

function usedOf(ledger: Ledger, pool: PoolId, key: string, { at }: Status): Pick<WindowHistory, 'used' | 'ledgerUsd'> {
  const { fair, identities } = ledger.state(pool);
  const window = fair.windows.get(key);
  if (window === undefined) return { used: [], ledgerUsd: 0 };
  const { ended, perDollar, known, ledgerCost } = viewWindow(fair, window, at);
  const amounts = ended ? [] : [...window.used].filter(([, microUsd]) => microUsd !== 0);
  const all = amounts.reduce((sum, [, microUsd]) => sum + microUsd, 0);
  const used = amounts
    .map(([identity, microUsd]): WindowUser => {
      const usd = microUsd / 1e6;
      return {
        name: identities.get(identity)?.name ?? identity,
        usd,
        part: all > 0 ? microUsd / all : 0,
        percent: known ? usd * perDollar : null,
      };
    })
    .sort((a, b) => b.usd - a.usd || (a.name < b.name ? -1 : 1));
  return { used, ledgerUsd: ledgerCost };
}
