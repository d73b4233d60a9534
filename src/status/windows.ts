/** The quota windows: how full each is by the controller's estimate, how full it was when it was last read, and how long it lasts. */
import { originalWindows } from '../events/catalogue/quota.js';
import type { EpochMs } from '../events/scalars.js';
import type { PoolState, QuotaWindow, Reading } from '../events/state.js';
import type { AllocatedMember, AllocatedWindow, Allocations } from '../fairness/allocate.js';
import type { Runout } from '../fairness/runout.js';
import { isMeasured } from '../fairness/window.js';

/** Percentages are 0 to 100, amounts US dollars, times milliseconds UTC. */
export interface WindowStatus {
  readonly key: string;
  readonly label: string;
  /** False where its newest reading says that it is not in force. */
  readonly active: boolean;
  /** Percent used by the controller's estimate, with its standard deviation in points; null before it is known. */
  readonly percent: number | null;
  readonly percentDeviation: number | null;
  /** Percent used as it was last read, and when; null where no reading stands. */
  readonly readPercent: number | null;
  readonly readAt: EpochMs | null;
  /** The reset that the newest reading spoke of, which may have passed. */
  readonly readResetsAt: EpochMs | null;
  /** The newest reading is older than two of the usual distances between readings, or from before a reset that has passed. */
  readonly stale: boolean;
  /** The newest reading contradicts the ones before it, or doubts itself. */
  readonly suspect: boolean;
  /** Seconds of one period; null where they are not known. */
  readonly lengthS: number | null;
  /** When the period ends; null where that is not known, or the next period begins with the next use. */
  readonly resetsAt: number | null;
  /** Percent of the period that is over; null where its end is not known. */
  readonly elapsedPercent: number | null;
  /** The provider said so: nothing may be used of it before the reset. */
  readonly exhausted: boolean;
  /** What one period holds, with its relative standard deviation; null before anything is known. */
  readonly budgetUsd: number | null;
  readonly budgetDeviation: number | null;
  /** Whether the budget is known well enough to plan with. */
  readonly budgetKnown: boolean;
  /** Used in this period outside of the ledger; null before the budget is known. */
  readonly unattributedUsd: number | null;
  /** Points kept free, and what may be used per hour by all until the reset; null for a window that limits nothing. */
  readonly marginPercent: number | null;
  readonly rateUsdPerHour: number | null;
  /** When it runs out if it is used on as now; null while too little is known. */
  readonly runout: Runout | null;
  /** Percent used at the reset if everybody keeps to what the plan gives; null before the budget is known. */
  readonly followedPercent: number | null;
}

/** Readings come by polls, and one that is missed is nothing yet. While it is not known how far apart they are, an hour is long. */
const missedPolls = 2;
const staleMs = { least: 600_000, most: 172_800_000, unknown: 3_600_000 };
/** Readings closer to each other are one look, told by several. */
const pollMsMin = 60_000;
/** What is known to lie between 0 and 100 deviates by no more. */
const percentDeviationMax = 50;

const labels: Readonly<Record<string, string>> = {
  session_5hour: 'Session (5 hours)',
  week_all: 'Week, all models',
  week_sonnet: 'Week, Sonnet',
};

/** Windows that limit, and those that were read: the ones of the original wire first, then the others by key. */
export function windowsOf(state: PoolState, { windows, members }: Allocations, at: EpochMs): WindowStatus[] {
  const planned = new Map(windows.map((window) => [window.view.key, window]));
  const read = [...state.windows.values()].filter(({ readings }) => readings.length > 0).map(({ key }) => key);
  const rank = (key: string) => (originalWindows as readonly string[]).indexOf(key) >>> 0;
  return [...new Set([...planned.keys(), ...read])]
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((key) => ({
      key,
      ...asRead(key, state.windows.get(key), at),
      ...asPlanned(planned.get(key), members, at),
    }));
}

type AsRead = Pick<WindowStatus, 'label' | 'active' | 'readPercent' | 'readAt' | 'readResetsAt' | 'stale' | 'suspect'>;

function asRead(key: string, window: QuotaWindow | undefined, at: EpochMs): AsRead {
  const reading = window?.readings.findLast(({ verdict }) => verdict !== 'other_account');
  return {
    label: window?.label ?? labels[key] ?? key,
    active: window?.active ?? true,
    readPercent: reading === undefined ? null : reading.percentBp / 100,
    readAt: reading?.measuredAt ?? null,
    readResetsAt: reading?.resetsAt ?? null,
    stale: reading !== undefined && isStale(reading, window?.readings ?? [], at),
    suspect: reading !== undefined && (reading.suspect || reading.confidence === 'suspect'),
  };
}

function isStale({ measuredAt, resetsAt, verdict }: Reading, readings: readonly Reading[], at: EpochMs): boolean {
  const isOver = verdict === 'ended' || (resetsAt !== null && resetsAt <= at);
  return isOver || at - measuredAt > staleAfterMs(usualGapMs(readings));
}

const staleAfterMs = (gap: number | null): number =>
  gap === null ? staleMs.unknown : Math.min(staleMs.most, Math.max(staleMs.least, missedPolls * gap));

/** How far apart readings of the newest one's account usually are, in milliseconds: the median of those that are kept; null where one is. */
function usualGapMs(readings: readonly Reading[]): number | null {
  const { account } = readings.at(-1) ?? {};
  const own = readings.filter((reading) => reading.account === account);
  const gaps = own
    .slice(1)
    .map(({ measuredAt }, i) => measuredAt - (own[i] as Reading).measuredAt)
    .filter((gap) => gap >= pollMsMin);
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? null;
}

/** Whether readings still come. */
export interface ReadingsStatus {
  /** When the newest one was measured, of any window; null where there never was one. Milliseconds UTC. */
  readonly readAt: EpochMs | null;
  /** How far apart they usually are; null before that is known. */
  readonly everyMs: number | null;
  /** None came for twice that. */
  readonly isMissing: boolean;
}

export function readingsStatus({ windows }: PoolState, at: EpochMs): ReadingsStatus {
  const newest = [...windows.values()]
    .flatMap(({ readings }) => {
      const last = readings.at(-1);
      return last === undefined ? [] : [{ last, readings }];
    })
    .reduce<{ last: Reading; readings: readonly Reading[] } | null>(
      (best, one) => (best === null || one.last.measuredAt > best.last.measuredAt ? one : best),
      null,
    );
  if (newest === null) return { readAt: null, everyMs: null, isMissing: false };
  const { measuredAt } = newest.last;
  const everyMs = usualGapMs(newest.readings);
  return { readAt: measuredAt, everyMs, isMissing: at - measuredAt > staleAfterMs(everyMs) };
}

function asPlanned(
  planned: AllocatedWindow | undefined,
  members: readonly AllocatedMember[],
  at: EpochMs,
): Omit<WindowStatus, 'key' | keyof AsRead> {
  if (planned === undefined) return notPlanned;
  const { view, runout, margin, rate, unattributed } = planned;
  const measured = isMeasured(view.window);
  return {
    percent: measured ? view.percent : null,
    percentDeviation: measured ? Math.min(percentDeviationMax, view.deviation) : null,
    lengthS: Math.round(view.lengthHours * 3_600),
    resetsAt: view.resetAt,
    elapsedPercent: elapsedPercent(planned, at),
    exhausted: view.full,
    budgetUsd: view.budget,
    budgetDeviation: view.budgetDeviation,
    budgetKnown: view.known,
    unattributedUsd: unattributed,
    marginPercent: margin,
    rateUsdPerHour: rate,
    runout,
    followedPercent: view.known ? followedPercent(planned, members) : null,
  };
}

/** A window of which no reading was taken in by the controller: it limits nothing. */
const notPlanned: ReturnType<typeof asPlanned> = {
  percent: null,
  percentDeviation: null,
  lengthS: null,
  resetsAt: null,
  elapsedPercent: null,
  exhausted: false,
  budgetUsd: null,
  budgetDeviation: null,
  budgetKnown: false,
  unattributedUsd: null,
  marginPercent: null,
  rateUsdPerHour: null,
  runout: null,
  followedPercent: null,
};

function elapsedPercent({ view }: AllocatedWindow, at: EpochMs): number | null {
  if (view.resetAt === null) return null;
  const left = (view.resetAt - at) / (view.lengthHours * 3_600_000);
  return left < 0 || left > 1 ? null : Math.round((1 - left) * 1_000) / 10;
}

/** What is used, what is expected of people and from outside the ledger, and what the plan gives. */
function followedPercent(planned: AllocatedWindow, members: readonly AllocatedMember[]): number {
  const { view, exhausted } = planned;
  if (exhausted) return view.percent;
  let given = 0;
  for (const { parts } of members) {
    for (const { window, remainingFraction } of parts) if (window === planned) given += remainingFraction ?? 0;
  }
  return view.percent + view.unattributedAhead + view.perDollar * (view.humanHabit + view.humanAttached) + 100 * given;
}
