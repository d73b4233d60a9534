/**
 * Times as people write them: `2026-01-05T09:30:00Z`, `2026-01-05`, `today`, `yesterday` or `tomorrow` (the start of that day in the
 * pool's zone), `15:30` or `3am` (the last time that it was so, or the next one where a time to come is meant), `1795914000` (seconds
 * since 1970), `now`, or relative: `2h30m` is so long ago, or ahead where a time to come is meant.
 */
import { InvalidArgumentError } from 'commander';
import { addDays, dateIn, startOfDate } from '../events/days.js';
import type { EpochMs } from '../events/scalars.js';

/** A time that was understood; its instant is known once the clock and the pool's zone are. */
export interface TimeText {
  /** Which instant it is depends on the zone. */
  readonly needsZone: boolean;
  at(now: number, timeZone: string): EpochMs;
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const part = '(\\d+(?:\\.\\d+)?) ?(ms|min|s|m|h|d|w)';
const durationPattern = new RegExp(`^${part}(?: ?${part})*$`);
const datePattern = /^\d{4}-\d{2}-\d{2}$/;
const instantPattern = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i;
/** Seconds, or milliseconds, since 1970: from 2001 on, so that no other number is taken for one. */
const epochPattern = /^(\d{10})(\d{3})?$/;
const halfDayPattern = /^(\d{1,2})(?::(\d{2}))? ?([ap])m$/i;
const fullDayPattern = /^(\d{1,2}):(\d{2})$/;
const dayWords: Readonly<Record<string, number>> = { yesterday: -1, today: 0, tomorrow: 1 };

/** `90s`, `10m`, `2h30m`, `3d`, `1w`, `250ms`: milliseconds. */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  if (!durationPattern.test(trimmed)) {
    throw new InvalidArgumentError(`"${text}" is no duration; write it like 90s, 10m, 2h30m or 3d.`);
  }
  const parts = [...trimmed.matchAll(new RegExp(part, 'g'))];
  return Math.round(
    parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit as string] as number), 0),
  );
}

export const parsePastTime = (text: string): TimeText => parseTime(text, -1);
export const parseTimeAhead = (text: string): TimeText => parseTime(text, 1);

function parseTime(text: string, direction: 1 | -1): TimeText {
  const trimmed = text.trim();
  if (trimmed === 'now') return { needsZone: false, at: (now) => now as EpochMs };
  if (durationPattern.test(trimmed)) {
    const ms = parseDuration(trimmed);
    return { needsZone: false, at: (now) => (now + direction * ms) as EpochMs };
  }
  if (isDate(trimmed)) return { needsZone: true, at: (_now, timeZone) => startOfDate(timeZone, trimmed) };
  const days = dayWords[trimmed.toLowerCase()];
  if (days !== undefined)
    return { needsZone: true, at: (now, timeZone) => startOfDate(timeZone, dateAfter(now, timeZone, days)) };
  const minutes = minutesOfDay(trimmed);
  if (minutes !== null) return { needsZone: true, at: (now, timeZone) => nearestAt(now, timeZone, minutes, direction) };
  const [, seconds, rest = '000'] = epochPattern.exec(trimmed) ?? [];
  const written = instantPattern.test(trimmed) ? Date.parse(trimmed.replace(' ', 'T')) : Number.NaN;
  const ms = seconds === undefined ? written : Number(seconds + rest);
  if (Number.isNaN(ms)) {
    throw new InvalidArgumentError(
      `"${text}" is no time; write it like 2026-01-05T09:30:00Z (with a zone), 2026-01-05, yesterday, 15:30, 3am, 2h30m or 3d.`,
    );
  }
  return { needsZone: false, at: () => ms as EpochMs };
}

const dateAfter = (now: number, timeZone: string, days: number): string =>
  addDays(dateIn(timeZone, now as EpochMs), days);

/** Minutes since midnight, of `15:30`, `3am` or `3:30 pm`; null where the text is no time of a day. */
function minutesOfDay(text: string): number | null {
  const [, half, halfMinutes = '0', letter] = halfDayPattern.exec(text) ?? [];
  if (half !== undefined) {
    const hour = Number(half);
    if (hour < 1 || hour > 12 || Number(halfMinutes) > 59) return null;
    return (hour % 12) * 60 + Number(halfMinutes) + (letter?.toLowerCase() === 'p' ? 720 : 0);
  }
  const [, hour, minutes] = fullDayPattern.exec(text) ?? [];
  if (hour === undefined || Number(hour) > 23 || Number(minutes) > 59) return null;
  return Number(hour) * 60 + Number(minutes);
}

/** The last time up to now, or the first one after it, that clocks of the zone showed so many minutes since midnight. */
function nearestAt(now: number, timeZone: string, minutes: number, direction: 1 | -1): EpochMs {
  const onDay = (days: number) => timeOn(dateAfter(now, timeZone, days), timeZone, minutes);
  const today = onDay(0);
  if (direction === 1) return today > now ? today : onDay(1);
  return today <= now ? today : onDay(-1);
}

/** Where clocks skip that time, the one so long after midnight as it would have been. */
function timeOn(date: string, timeZone: string, minutes: number): EpochMs {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const guess = startOfDate(timeZone, date) + minutes * 60_000;
  const [hour = 0, minute = 0] = format.format(guess).split(':').map(Number);
  const moved = guess + (minutes - (hour * 60 + minute)) * 60_000;
  return (
    dateIn(timeZone, moved as EpochMs) === date && format.format(moved) === clockText(minutes) ? moved : guess
  ) as EpochMs;
}

const clockText = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** A date: `2026-01-05`, `today`, `yesterday`, or `3d` for three days before today in the pool's zone. */
export interface DateText {
  on(now: number, timeZone: string): string;
}

export function parseDate(text: string): DateText {
  const trimmed = text.trim();
  if (isDate(trimmed)) return { on: () => trimmed };
  const days = dayWords[trimmed.toLowerCase()] ?? -Number(/^(\d{1,4})d$/.exec(trimmed)?.[1] ?? Number.NaN);
  if (Number.isNaN(days)) {
    throw new InvalidArgumentError(`"${text}" is no date; write it like 2026-01-05, yesterday or 3d.`);
  }
  return { on: (now, timeZone) => dateAfter(now, timeZone, days) };
}

function isDate(text: string): boolean {
  if (!datePattern.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
