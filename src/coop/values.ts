/** Values of the original's tables. Nobody checked what was written there: numbers may be texts, and times may be anything. */

import type { OriginalValue } from '../engines/original.js';
import { instantOfClock } from '../events/days.js';

/** Nothing was recorded before; what is said to be from then is no time. */
const earliestMs = Date.UTC(2020, 0, 1);
/** Clocks of two machines may differ by so much. */
const aheadMs = 300_000;
/** Below it a number is in seconds. */
const millisecondsMin = 100_000_000_000;

const timePattern =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/** Null where it is no number. */
export function numberIn(value: OriginalValue | undefined): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || value.trim() === '') return null;
  const number = Number(value.trim().replace(/%$/, ''));
  return Number.isFinite(number) ? number : null;
}

/** Without spaces around it; null where it is no text. */
export function textIn(value: OriginalValue | undefined): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value.normalize('NFC').trim() : null;
}

/** The instant, in milliseconds UTC; text without an offset is of `zone`. Null where it is none, or one that cannot have been then. */
export function timeIn(value: OriginalValue | undefined, zone: string, latest: number): number | null {
  const at = instantIn(value, zone);
  return at !== null && at >= earliestMs && at <= latest + aheadMs ? at : null;
}

/** As `timeIn`, for a time to come. */
export function instantIn(value: OriginalValue | undefined, zone: string): number | null {
  const number = numberIn(value);
  if (number !== null) return number < millisecondsMin ? number * 1_000 : number;
  const parts = timePattern.exec(textIn(value) ?? '');
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second = '0', fraction = '0', offset] = parts;
  const clock = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const written = new Date(clock);
  // The 31st of a month of 30 days, or hour 25, would silently be another time.
  if (written.getUTCDate() !== Number(day) || written.getUTCHours() !== Number(hour)) return null;
  const ms = clock + Math.floor(Number(`0.${fraction}`) * 1_000);
  if (offset !== undefined) return ms - offsetMs(offset);
  return zone === 'UTC' ? ms : instantOfClock(zone, ms);
}

function offsetMs(offset: string): number {
  if (offset.toUpperCase() === 'Z') return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}
