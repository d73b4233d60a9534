/** Round times along an axis, in UTC, in two rows of text: the hour over its day, or the weekday over its date. */

export interface TimeTick {
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly upper: string;
  readonly lower: string | null;
}

export interface TimeTicks {
  readonly major: readonly TimeTick[];
  readonly minor: readonly number[];
  /** That of the first tick, if the lower row names dates without one. */
  readonly year: string | null;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** 1970 began on a Thursday; weeks begin on Monday. */
const firstMondayMs = 4 * dayMs;

const steps: ReadonlyArray<readonly [majorMs: number, minorMs: number]> = [
  [minuteMs, minuteMs / 4],
  [2 * minuteMs, minuteMs],
  [5 * minuteMs, minuteMs],
  [10 * minuteMs, 5 * minuteMs],
  [15 * minuteMs, 5 * minuteMs],
  [30 * minuteMs, 10 * minuteMs],
  [hourMs, 15 * minuteMs],
  [2 * hourMs, hourMs],
  [3 * hourMs, hourMs],
  [6 * hourMs, hourMs],
  [12 * hourMs, 3 * hourMs],
  [dayMs, 6 * hourMs],
  [2 * dayMs, dayMs],
  [7 * dayMs, dayMs],
];
const monthSteps = [1, 3, 12, 60, 120, 1_200, 12_000, 120_000];
const hourLabelPx = 54;
const dayLabelPx = 46;
const dateLabelPx = 110;
const minorPx = 5;

/** Ticks from `from` to `to` on an axis of that many pixels, as dense as their labels allow. */
export function timeTicks(from: number, to: number, widthPx: number): TimeTicks {
  const pxPerMs = widthPx / Math.max(1, to - from);
  const step = steps.find(([majorMs]) => majorMs * pxPerMs >= (majorMs < dayMs ? hourLabelPx : dayLabelPx));
  if (step === undefined) return monthTicks(from, to, pxPerMs);
  const [majorMs, minorMs] = step;
  const at = multiples(from, to, majorMs);
  const minor = minorMs * pxPerMs < minorPx ? [] : multiples(from, to, minorMs).filter((time) => !at.includes(time));
  if (majorMs >= dayMs) return { major: at.map(dayTick), minor, year: yearOf(at[0] ?? from) };
  return { major: hourTicks(at, pxPerMs), minor, year: null };
}

function multiples(from: number, to: number, stepMs: number): readonly number[] {
  const offset = stepMs === 7 * dayMs ? firstMondayMs : 0;
  const times: number[] = [];
  for (let at = Math.ceil((from - offset) / stepMs) * stepMs + offset; at <= to; at += stepMs) times.push(at);
  return times;
}

/** The day stands under its midnight, and under the first tick unless a midnight follows at once; the year is told once. */
function hourTicks(times: readonly number[], pxPerMs: number): readonly TimeTick[] {
  const midnights = times.filter((at) => at % dayMs === 0);
  const [first, midnight] = [times[0] ?? 0, midnights[0]];
  const namesFirst = midnight === undefined || (midnight - first) * pxPerMs >= dateLabelPx;
  const named = namesFirst ? [first, ...midnights] : midnights;
  return times.map((at) => ({
    at,
    upper: new Date(at).toISOString().slice(11, 16),
    lower: named.includes(at) ? dateText(at, at === named[0]) : null,
  }));
}

function dayTick(at: number): TimeTick {
  const date = new Date(at);
  return { at, upper: weekdays[date.getUTCDay()] ?? '', lower: `${date.getUTCDate()} ${monthText(date)}` };
}

function monthTicks(from: number, to: number, pxPerMs: number): TimeTicks {
  const everyMonths = monthSteps.find((n) => n * 28 * dayMs * pxPerMs >= dayLabelPx) ?? 1_200_000;
  const start = new Date(from);
  const month = start.getUTCFullYear() * 12 + start.getUTCMonth();
  const major: TimeTick[] = [];
  for (let next = Math.ceil(month / everyMonths) * everyMonths; monthStart(next) <= to; next += everyMonths) {
    const at = monthStart(next);
    if (at < from) continue;
    const isNewYear = next % 12 === 0;
    major.push({ at, upper: monthText(new Date(at)), lower: isNewYear || major.length === 0 ? yearOf(at) : null });
  }
  return { major, minor: [], year: null };
}

/** `Date.UTC` takes the years 0 to 99 for those of the twentieth century. */
const monthStart = (month: number): number => new Date(0).setUTCFullYear(Math.floor(month / 12), month % 12, 1);

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const monthText = (date: Date): string => months[date.getUTCMonth()] ?? '';
const yearOf = (at: number): string => String(new Date(at).getUTCFullYear());

function dateText(at: number, withYear: boolean): string {
  const date = new Date(at);
  const day = `${weekdays[date.getUTCDay()]} ${date.getUTCDate()} ${monthText(date)}`;
  return withYear ? `${day} ${yearOf(at)}` : day;
}
