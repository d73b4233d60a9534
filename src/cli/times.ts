/**
 * Times as people write them: `2026-01-05T09:30:00Z`, `2026-01-05` (the start of that day in the pool's zone), `now`,
 * or relative: `2h` is two hours ago, or ahead where a time to come is meant.
 */
import { InvalidArgumentError } from 'commander';
import { addDays, dateIn, startOfDate } from '../events/days.js';
import type { EpochMs } from '../events/scalars.js';
import { duration } from '../fairness/reason.js';

/** A time that was understood; its instant is known once the clock and the pool's zone are. */
export interface TimeText {
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
const durationPattern = /^(\d+(?:\.\d+)?)(ms|s|m|min|h|d|w)$/;
const datePattern = /^\d{4}-\d{2}-\d{2}$/;
const instantPattern = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i;

/** `90s`, `10m`, `2h`, `3d`, `1w`, `250ms`: milliseconds. */
export function parseDuration(text: string): number {
  const [, amount, unit] = durationPattern.exec(text.trim()) ?? [];
  if (amount === undefined || unit === undefined) {
    throw new InvalidArgumentError(`"${text}" is no duration; write it like 90s, 10m, 2h or 3d.`);
  }
  return Math.round(Number(amount) * (unitMs[unit] as number));
}

export const parsePastTime = (text: string): TimeText => parseTime(text, -1);
export const parseTimeAhead = (text: string): TimeText => parseTime(text, 1);

function parseTime(text: string, direction: 1 | -1): TimeText {
  const trimmed = text.trim();
  if (trimmed === 'now') return { at: (now) => now as EpochMs };
  if (durationPattern.test(trimmed)) {
    const ms = parseDuration(trimmed);
    return { at: (now) => (now + direction * ms) as EpochMs };
  }
  if (isDate(trimmed)) return { at: (_now, timeZone) => startOfDate(timeZone, trimmed) };
  const ms = instantPattern.test(trimmed) ? Date.parse(trimmed.replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new InvalidArgumentError(
      `"${text}" is no time; write it like 2026-01-05T09:30:00Z (with a zone), 2026-01-05, 2h or 3d.`,
    );
  }
  return { at: () => ms as EpochMs };
}

/** A date: `2026-01-05`, `yesterday`, or `3d` for three days before today in the pool's zone. */
export interface DateText {
  on(now: number, timeZone: string): string;
}

export function parseDate(text: string): DateText {
  const trimmed = text.trim();
  if (isDate(trimmed)) return { on: () => trimmed };
  const days = trimmed === 'yesterday' ? '1' : /^(\d{1,4})d$/.exec(trimmed)?.[1];
  if (days === undefined) {
    throw new InvalidArgumentError(`"${text}" is no date; write it like 2026-01-05, yesterday or 3d.`);
  }
  return { on: (now, timeZone) => addDays(dateIn(timeZone, now as EpochMs), -Number(days)) };
}

function isDate(text: string): boolean {
  if (!datePattern.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** An instant as tables show it: `2026-01-05 09:30:00Z`. */
export function shownTime(at: number | string): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

/** Seconds as people say them: `900 s (15 min)`. */
export function shownSeconds(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${seconds} s (${shortNumber(seconds / 60)} min)`;
  if (seconds < 172_800) return `${seconds} s (${shortNumber(seconds / 3_600)} h)`;
  return `${seconds} s (${shortNumber(seconds / 86_400)} days)`;
}

const shortNumber = (value: number): string => String(Math.round(value * 10) / 10);

/** How far a time is from another: `in 2 h 10 min`, `26 min ago`. */
export function shownAway(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1_000);
  if (seconds > 4e9) return 'in over a century';
  return seconds >= 0 ? `in ${duration(seconds)}` : `${duration(-seconds)} ago`;
}

/** A time to the minute, without its year: `11-25 03:00`, in UTC. */
export const shownMinute = (at: number): string =>
  at > 8e15 ? 'never' : new Date(at).toISOString().slice(5, 16).replace('T', ' ');
