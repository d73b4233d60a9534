/** The quota windows as people look at them: how full, until when, and how old the reading is. */
import { originalWindows } from '../events/catalogue/quota.js';
import type { EpochMs } from '../events/scalars.js';
import type { PoolState, QuotaWindow, Reading } from '../events/state.js';

export interface WindowView {
  readonly key: string;
  readonly label: string;
  /** Percent used by the newest reading; null where there is none. */
  readonly percent: number | null;
  readonly resetsAt: EpochMs | null;
  readonly measuredAt: EpochMs | null;
  /** Percent of the window's time that is over; null where its length or reset is not known. */
  readonly elapsedPercent: number | null;
  /** Not to be relied on: older than an hour, or from before a reset that has passed. */
  readonly stale: boolean;
  readonly suspect: boolean;
  readonly exhausted: boolean;
}

const staleMs = 3_600_000;

const known: Readonly<Record<string, { readonly label: string; readonly durationS: number }>> = {
  session_5hour: { label: 'Session (5 hours)', durationS: 5 * 3_600 },
  week_all: { label: 'Week, all models', durationS: 7 * 86_400 },
  week_sonnet: { label: 'Week, Sonnet', durationS: 7 * 86_400 },
};

/** The windows of the original wire first, then the others by key. */
export function windowViews(state: PoolState, at: EpochMs): WindowView[] {
  const rank = (key: string) => (originalWindows as readonly string[]).indexOf(key) >>> 0;
  return [...state.windows.values()]
    .filter((window) => window.active)
    .sort((a, b) => rank(a.key) - rank(b.key) || (a.key < b.key ? -1 : 1))
    .map((window) => viewOf(window, at));
}

function viewOf(window: QuotaWindow, at: EpochMs): WindowView {
  const reading = window.readings.at(-1);
  const resetsAt = reading?.resetsAt ?? null;
  return {
    key: window.key,
    label: window.label ?? known[window.key]?.label ?? window.key,
    percent: reading === undefined ? null : reading.percentBp / 100,
    resetsAt,
    measuredAt: reading?.measuredAt ?? null,
    elapsedPercent: elapsedPercent(window, resetsAt, at),
    stale: reading !== undefined && isStale(reading, at),
    suspect: reading?.suspect ?? false,
    exhausted: window.exhausted !== null && (window.exhausted.until === null || window.exhausted.until > at),
  };
}

function isStale({ measuredAt, resetsAt }: Reading, at: EpochMs): boolean {
  return at - measuredAt > staleMs || (resetsAt !== null && resetsAt <= at);
}

function elapsedPercent(window: QuotaWindow, resetsAt: EpochMs | null, at: EpochMs): number | null {
  const durationS = window.durationS ?? known[window.key]?.durationS;
  if (durationS === undefined || resetsAt === null || resetsAt <= at) return null;
  const left = (resetsAt - at) / (durationS * 1_000);
  return left > 1 ? null : Math.round((1 - left) * 1_000) / 10;
}
