/**
 * Times as people write them: `2026-01-05T09:30:00Z`, `2026-01-05` (the start of that day in the pool's zone), `now`,
 * or relative: `2h` is two hours ago, or ahead where a time to come is meant.
 */
import { InvalidArgumentError } from 'commander';
import { addDays, dateIn, startOfDate } from '../events/days.js';
import type { EpochMs } from '../events/scalars.js';

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
