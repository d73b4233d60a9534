/** Durations as people read them. */
import { unknownText } from './number.js';

/**
 * Seconds in the two largest units that matter: `45 s`, `12 min`, `3 h 20 min`, `4 d 6 h`. A unit begins at two of it,
 * so that `90 s` and `90 min` stay exact. The reasons in the table `fair_allocations` hold such texts, and a replay has
 * to write them as they are: another rule needs another version of that projection.
 */
export function durationText(seconds: number): string {
  if (Number.isNaN(seconds)) return unknownText;
  if (seconds === Number.POSITIVE_INFINITY) return 'for ever';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return withRest(hours, 'h', minutes % 60, 'min');
  return withRest(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** Seconds as the wire has them, and as people say them: `900 s (15 min)`. */
export function secondsText(seconds: number): string {
  const spoken = durationText(seconds);
  return seconds < 120 || !Number.isFinite(seconds) ? spoken : `${Math.round(seconds)} s (${spoken})`;
}

const withRest = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
