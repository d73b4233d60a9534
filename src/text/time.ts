/** Instants as people read them: in UTC, in a zone, and as a distance from now. Instants are milliseconds since 1970. */
import { durationText } from './duration.js';
import { unknownText } from './number.js';

/** Beyond this instant `Date` has no text, and nothing that is planned for then will happen. */
const instantMax = 8.64e15;
const centurySeconds = 3_155_760_000;

/** An instant as tables show it, in UTC: `2026-01-05 09:30:00Z`. */
export const instantText = (at: number | string): string =>
  written(typeof at === 'string' ? Date.parse(at) : at, (iso) => `${iso.slice(0, -5).replace('T', ' ')}Z`);

/** An instant to the minute and without its year, in UTC, where a table has little room: `01-05 09:30`. */
export const minuteText = (at: number): string => written(at, (iso) => iso.slice(-19, -8).replace('T', ' '));

/** Weekday, date and time in a zone: `Mon 5 Jan, 14:30`. */
export const clockText = (at: number, timeZone: string): string =>
  written(at, (iso) => clockOf(timeZone).format(Date.parse(iso)));

/** How far an instant is from another one: `in 5 min`, `26 min ago`, `now`. */
export function relativeText(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1_000);
  if (Number.isNaN(seconds)) return unknownText;
  if (seconds === 0) return 'now';
  const distance = Math.abs(seconds) > centurySeconds ? 'over a century' : durationText(Math.abs(seconds));
  return seconds > 0 ? `in ${distance}` : `${distance} ago`;
}

function written(at: number, write: (iso: string) => string): string {
  if (at > instantMax) return 'never';
  return at >= -instantMax ? write(new Date(at).toISOString()) : unknownText;
}

const clockOf = (timeZone: string) =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
