/** Calendar days of a time zone, and ISO text of instants. */
import type { EpochMs } from './scalars.js';

const quarterHourMs = 900_000;
const cacheEntriesMax = 100_000;
/** A clock is put back by less than this. */
const changeQuartersMax = 12;

/**
 * The date (`YYYY-MM-DD`) of an instant in a zone. Since 1972 every zone's offset is a multiple of 15 minutes, so all
 * instants of one quarter of an hour share a date, and the date is looked up once per quarter. But for the quarters in which
 * a clock is put back over midnight: America/St_Johns did that at 00:01 until 2011.
 */
export function dateIn(timeZone: string, at: EpochMs): string {
  const quarter = Math.floor(at / quarterHourMs);
  if (quarter === lastQuarter && timeZone === lastZone) return lastDate;
  const zone = zoneOf(timeZone);
  let date = zone.dates.get(quarter);
  if (date === undefined) {
    const [first, last] = [quarter * quarterHourMs, (quarter + 1) * quarterHourMs - 1];
    date = zone.format.format(first);
    if (zone.format.format(last) !== date) return zone.format.format(at);
    if (zone.dates.size >= cacheEntriesMax) zone.dates.clear();
    zone.dates.set(quarter, date);
  }
  lastQuarter = quarter;
  lastZone = timeZone;
  lastDate = date;
  return date;
}

/** Most instants asked for are close to the one before. */
let lastQuarter = Number.NaN;
let lastZone = '';
let lastDate = '';

/**
 * The instant from which a date lasts in a zone, in milliseconds UTC. A day may start at 01:00, where the clock was put
 * forward; where it was put back over midnight, the date has a few minutes before.
 */
export function startOfDate(timeZone: string, date: string): EpochMs {
  let low = Math.floor((Date.parse(`${date}T00:00:00Z`) - 15 * 3_600_000) / quarterHourMs);
  let high = low + 30 * 4;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (dateIn(timeZone, (middle * quarterHourMs) as EpochMs) < date) low = middle + 1;
    else high = middle;
  }
  for (let later = low + 1; later < low + changeQuartersMax; later += 1) {
    if (dateIn(timeZone, (later * quarterHourMs) as EpochMs) < date) low = later + 1;
  }
  return (low * quarterHourMs) as EpochMs;
}

/** The instant at which the clocks of a zone show a time: given, and taken, as if it were one of UTC. Of two, the first. */
export function instantOfClock(timeZone: string, clock: number): EpochMs {
  const offsets = [clock - 86_400_000, clock + 86_400_000].map((near) => offsetAt(timeZone, near));
  const fits = offsets.map((offset) => clock - offset).filter((at) => at + offsetAt(timeZone, at) === clock);
  return (fits.length > 0 ? Math.min(...fits) : clock - (offsets[0] as number)) as EpochMs;
}

/** By how much the clocks of a zone are ahead of UTC, in milliseconds. */
function offsetAt(timeZone: string, at: number): number {
  const seconds = Math.floor(at / 1_000) * 1_000;
  let format = clocks.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
    clocks.set(timeZone, format);
  }
  return Date.parse(`${format.format(seconds).replace(' ', 'T')}Z`) - seconds;
}

/** Making one takes as long as a hundred uses of it. */
const clocks = new Map<string, Intl.DateTimeFormat>();

/** The date `days` after (or, negative, before) a date. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

interface Zone {
  readonly format: { format(ms: number): string };
  readonly dates: Map<number, string>;
}
const zones = new Map<string, Zone>();

function zoneOf(timeZone: string): Zone {
  let zone = zones.get(timeZone);
  if (zone === undefined) {
    const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    zone = { format: new Intl.DateTimeFormat('en-CA', { timeZone, ...parts }), dates: new Map() };
    zones.set(timeZone, zone);
  }
  return zone;
}

let lastMs = Number.NaN;
let lastText = '';

/** ISO 8601 text in UTC with milliseconds, which sorts as the instants do. */
export function isoText(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}
