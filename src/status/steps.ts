/** A stretch of time cut into hours, days or weeks of a time zone: the axis of figures over time. */
import { addDays, dateIn, startOfDate } from '../events/days.js';
import type { EpochMs } from '../events/scalars.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';

export const stepKinds = ['hour', 'day', 'week'] as const;
export type StepKind = (typeof stepKinds)[number];

/** From one instant to before another, milliseconds UTC. */
export interface Stretch {
  readonly from: EpochMs;
  readonly until: EpochMs;
}

/** A stretch, and where its steps begin: the first at `from`, however late in its hour, day or week that is. */
export interface Steps extends Stretch {
  readonly kind: StepKind;
  readonly timeZone: string;
  /** In order, at least one; milliseconds UTC. */
  readonly starts: readonly EpochMs[];
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const stepMs = { hour: hourMs, day: dayMs, week: 7 * dayMs } as const;
/** How many steps are shown where nobody says from when on. */
const usualSteps = { hour: 48, day: 14, week: 12 } as const;

/**
 * Days are those of the zone, of 23 or 25 hours where a clock is moved; weeks begin on Monday. Hours are counted from the start of each
 * day, so that where a clock is moved by half an hour the last one of that day has half an hour. Throws `request_invalid` where
 * nothing lies in the stretch, and where more than `limits.seriesStepsMax` steps do.
 */
export function stepsOf(kind: StepKind, timeZone: string, { from, until }: Stretch): Steps {
  if (from >= until) throw refused('from', 'is not before until');
  refuseLate(until);
  const stepsMax = limits.seriesStepsMax;
  // Cutting is not even begun where it would not end soon. A day has an hour less at the least.
  if ((until - from) / stepMs[kind] > stepsMax + 1) throw tooMany(kind);
  const starts: EpochMs[] = [from];
  for (let at = nextStart(kind, timeZone, from); at < until; at = nextStart(kind, timeZone, at)) starts.push(at);
  if (starts.length > stepsMax) throw tooMany(kind);
  return { kind, timeZone, from, until, starts };
}

/** Dates end with the year 9999: the step after the last one would have none, in whichever zone. */
function refuseLate(until: EpochMs): void {
  if (until > Date.UTC(9_999, 0)) throw refused('until', 'lies after the year 9998');
}

/** The stretch where a side of it is left out: to the end of the step that goes on, and of as many steps as are usually shown. */
export function stretchOf(
  kind: StepKind,
  timeZone: string,
  at: EpochMs,
  { from, until }: { readonly from?: EpochMs | undefined; readonly until?: EpochMs | undefined },
): Stretch {
  if (until !== undefined) refuseLate(until);
  const end = until ?? nextStart(kind, timeZone, at);
  return { from: from ?? back(kind, timeZone, end), until: end };
}

/** When the step ends in which an instant lies: the start of the one after it. */
function nextStart(kind: StepKind, timeZone: string, at: EpochMs): EpochMs {
  const date = dateIn(timeZone, at);
  if (kind === 'week') return startOfDate(timeZone, addDays(mondayOf(date), 7));
  const tomorrow = startOfDate(timeZone, addDays(date, 1));
  if (kind === 'day') return tomorrow;
  const begin = startOfDate(timeZone, date);
  return Math.min(tomorrow, begin + (Math.floor((at - begin) / hourMs) + 1) * hourMs) as EpochMs;
}

function back(kind: StepKind, timeZone: string, end: EpochMs): EpochMs {
  if (kind === 'hour') return (end - usualSteps.hour * hourMs) as EpochMs;
  // The last step begins before the end, on a date of its own.
  const last = dateIn(timeZone, (end - 1) as EpochMs);
  if (kind === 'day') return startOfDate(timeZone, addDays(last, 1 - usualSteps.day));
  return startOfDate(timeZone, addDays(mondayOf(last), 7 * (1 - usualSteps.week)));
}

const mondayOf = (date: string): string => addDays(date, -((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7));

/** The number of the step in which an instant lies; 0 for one before all of them. */
export function stepAt({ starts }: Steps, at: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] as number) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Whether the stretch begins and ends with a day of the zone. */
export const isOfWholeDays = ({ timeZone, from, until }: Steps): boolean =>
  [from, until].every((at) => startOfDate(timeZone, dateIn(timeZone, at)) === at);

/**
 * The longest stretch, counted from 1970 on, that no step but the first begins within: use that is summed up by it can be told apart by
 * step. One that has all of time where there is one step.
 */
export function commonMs({ starts }: Steps): number {
  const common = starts.slice(1).reduce<number>((sum, start) => divisorOf(sum, start), 0);
  return common === 0 ? allMs : common;
}

/** Longer than any time there is. */
const allMs = 1e15;

const divisorOf = (a: number, b: number): number => (b === 0 ? a : divisorOf(b, a % b));

const tooMany = (kind: StepKind): Problem =>
  refused(
    'step',
    `gives more than ${limits.seriesStepsMax} steps: ask for a shorter time, or a longer step than a ${kind}`,
  );

const refused = (field: string, message: string): Problem =>
  new Problem('request_invalid', `${field} ${message}`, [{ field, message }]);
