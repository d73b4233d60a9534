/**
 * When a window resets, as its sources say it: unix seconds or milliseconds, ISO 8601, or the words of a screen (`3am`, `Jan 8,
 * 7:59am`, `Jan 2, 2027, 12am`, `May 30 at 3am`), mostly with a zone behind them.
 */
import { fromEpochMilliseconds, toZonedDateTimeISO } from 'temporal-polyfill/fns/Instant';
import { create, toZonedDateTime } from 'temporal-polyfill/fns/PlainDateTime';
import { limits } from '../limits.js';
import { numberOf } from './json.js';

export interface ResetTime {
  /** Milliseconds UTC; null where it could not be told. */
  readonly at: number | null;
  /** The text, where it is a time, understood or not: so that nothing else is kept. */
  readonly raw?: string;
  /** Why it could not be told, as in `skipped`. */
  readonly problem?: 'reset-unreadable' | 'reset-zone-unknown' | 'reset-out-of-range';
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
/** A date without a year may be this far in the past: the window has just reset, and the screen does not know yet. */
const pastMs = 2 * hourMs;
/** Below it are seconds: as milliseconds it is in 1973, as seconds in the year 5138. */
const millisecondsMin = 100_000_000_000;

/** Of a number or an ISO 8601 time, which is in UTC where it has no zone. Null, 0 and nothing at all say that there is none. */
export function resetOfValue(value: unknown): ResetTime {
  const number = numberOf(value);
  if (value === undefined || value === null || number === 0) return { at: null };
  const at = number === null ? isoTime(value) : number < millisecondsMin ? number * 1_000 : number;
  return isInstant(at) ? { at: Math.round(at) } : { at: null, problem: 'reset-unreadable' };
}

/** Whether it is in the years that are recorded. */
const isInstant = (at: number): boolean => at >= limits.occurredAtMsMin && at <= limits.occurredAtMsMax;

function isoTime(value: unknown): number {
  if (typeof value !== 'string' || value.length > 40) return Number.NaN;
  const zone = isoPattern.exec(value)?.[1];
  return zone === undefined ? Number.NaN : Date.parse(zone === '' ? `${value}Z` : value);
}

const isoPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d|)$/i;

/**
 * Of words, for a window of that many seconds, as they were read at `at`. Without a date it is the next such time; without a year
 * the one that is not long past, nor further ahead than such a window (and a day) lasts. Screens leave the seconds out, so the
 * minute of the reading is not past.
 */
export function resetOfText(text: string, at: number, zone: string, windowSeconds: number): ResetTime {
  const words = wordsOf(text);
  if (words === null) return { at: null, problem: 'reset-unreadable' };
  const raw = text.trim();
  const days = daysAround(at, words.zone ?? zone);
  if (days === null) return { at: null, raw, problem: 'reset-zone-unknown' };
  const times = days.instantsOf(words);
  const next = times.find((time) => time + minuteMs > at);
  if (words.day === null) return { at: next ?? null, raw };
  if (words.year !== null) {
    const named = next ?? times.at(-1);
    return named === undefined ? { at: null, problem: 'reset-unreadable' } : { at: named, raw };
  }
  const near = times.filter((time) => time > at - pastMs && time <= at + windowSeconds * 1_000 + dayMs);
  const time = near.find((one) => one === next) ?? near.at(-1);
  return time === undefined ? { at: null, raw, problem: 'reset-out-of-range' } : { at: time, raw };
}

/** The last time before `at` that words say, as in `as of 9:40am`; null where they say none. */
export function pastTime(text: string, at: number, zone: string): number | null {
  const words = wordsOf(text);
  const times = words === null ? undefined : daysAround(at, words.zone ?? zone)?.instantsOf(words);
  return times?.findLast((time) => time <= at) ?? null;
}

/** The zone that words name; null where they name none. */
export const zoneNamed = (text: string): string | null => wordsOf(text)?.zone ?? null;

/** A time as words say it. */
interface Words {
  readonly zone: string | null;
  readonly year: number | null;
  /** Month (from 1) and day; or the day of the week, from Sunday on; or neither. */
  readonly day: { readonly month: number; readonly day: number } | null;
  readonly weekday: number | null;
  readonly hour: number;
  readonly minute: number;
}

const months = 'january february march april may june july august september october november december'.split(' ');
const weekdays = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

const textCharactersMax = 100;
const zonePattern = /^(.*?) ?\(([\w+/:-]{1,64})\)$/;
const dayPattern = /^([a-z]{3,9})\.?(?: (\d{1,2})(?:, ?(\d{4})\b)?)?(?:,? at |, ?| |$)/;
const timePattern = /^(?:at )?(\d{1,2})(?::(\d\d))?(?: ?([ap])m)?$/;

function wordsOf(text: string): Words | null {
  if (text.length > textCharactersMax) return null;
  const whole = text.trim().replace(/\s+/g, ' ').replace(/\.$/, '');
  const [, before = whole, zone = null] = zonePattern.exec(whole) ?? [];
  const rest = before.trim().toLowerCase();
  const date = dayPattern.exec(rest);
  const time = rest.slice(date?.[0].length ?? 0);
  const clock = time === '' && date?.[2] !== undefined ? { hour: 0, minute: 0 } : clockOf(time);
  if (clock === null) return null;
  if (date === null) return { zone, year: null, day: null, weekday: null, ...clock };
  const [, name = '', day, year] = date;
  const weekday = indexOf(weekdays, name);
  if (day === undefined) return weekday === null ? null : { zone, year: null, day: null, weekday, ...clock };
  const month = indexOf(months, name);
  if (month === null) return null;
  const ofMonth = { month: month + 1, day: Number(day) };
  return { zone, year: year === undefined ? null : Number(year), day: ofMonth, weekday: null, ...clock };
}

/** A name, also one cut to three letters or more. */
function indexOf(names: readonly string[], name: string): number | null {
  const index = names.findIndex((one) => one.startsWith(name));
  return index === -1 ? null : index;
}

/** `12am` is midnight, `12pm` noon. */
function clockOf(text: string): { readonly hour: number; readonly minute: number } | null {
  const [, hours, minutes, half] = timePattern.exec(text) ?? [];
  if (hours === undefined || (half === undefined && minutes === undefined)) return null;
  const [hour, minute] = [Number(hours), Number(minutes ?? 0)];
  if (minute > 59 || hour > (half === undefined ? 23 : 12) || (half !== undefined && hour === 0)) return null;
  if (half === undefined) return { hour, minute };
  return { hour: (hour % 12) + (half === 'p' ? 12 : 0), minute };
}

/** The days of a zone around an instant; null where there is no such zone. */
function daysAround(at: number, zone: string) {
  let today: { readonly year: number; readonly month: number; readonly day: number };
  try {
    today = toZonedDateTimeISO(fromEpochMilliseconds(at), zone);
  } catch {
    return null;
  }
  return {
    /** All instants that words may mean, in order. */
    instantsOf({ year, day, weekday, hour, minute }: Words): number[] {
      if (day !== null) {
        const years = year === null ? [today.year - 1, today.year, today.year + 1] : [year];
        return years.flatMap((one) => instantsAt(one, day.month, day.day, hour, minute, zone));
      }
      return [-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((distance) => {
        const date = new Date(Date.UTC(today.year, today.month - 1, today.day + distance));
        if (weekday !== null && date.getUTCDay() !== weekday) return [];
        return instantsAt(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), hour, minute, zone);
      });
    },
  };
}

/**
 * When the clocks of a zone show a time: twice where they are put back over it; where they are put forward over it, when they would
 * have shown it, had that not been done. Never on a day that there is not.
 */
function instantsAt(year: number, month: number, day: number, hour: number, minute: number, zone: string): number[] {
  try {
    const shown = create(year, month, day, hour, minute);
    const first = toZonedDateTime(shown, zone, { disambiguation: 'compatible' }).epochMilliseconds;
    const last = toZonedDateTime(shown, zone, { disambiguation: 'later' }).epochMilliseconds;
    return (first === last ? [first] : [first, last]).filter(isInstant);
  } catch {
    return [];
  }
}
