/** Stretches of time that people sum up by: days, weeks and months of a zone, and the blocks of the provider's five-hour window. */
import { dateIn, startOfDate } from '../../events/days.js';
import type { EpochMs } from '../../events/scalars.js';

/** The name of the stretch that an instant is in; names of later ones sort after those of earlier ones. */
export type PeriodOf = (at: number) => string;

export const dayOf =
  (zone: string): PeriodOf =>
  (at) =>
    dateIn(zone, at as EpochMs);

export const monthOf =
  (zone: string): PeriodOf =>
  (at) =>
    dateIn(zone, at as EpochMs).slice(0, 7);

const dayMs = 86_400_000;

/** Weeks of ISO 8601: from Monday on, and of the year that has their Thursday. */
export const weekOf =
  (zone: string): PeriodOf =>
  (at) => {
    const date = Date.parse(dateIn(zone, at as EpochMs));
    const thursday = new Date(date + (4 - (new Date(date).getUTCDay() || 7)) * dayMs);
    const firstDay = Date.UTC(thursday.getUTCFullYear(), 0, 1);
    const week = 1 + Math.floor((thursday.getTime() - firstDay) / (7 * dayMs));
    return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
  };

const hourMs = 3_600_000;
const blockMs = 5 * hourMs;

/**
 * Blocks end at the resets that the provider told. What was used outside of all that are known is in a block that begins with the hour
 * of its first use, as the provider's do, marked with `~`.
 */
export function blockOf(resets: readonly number[], uses: readonly number[]): PeriodOf {
  const ends = [...new Set(resets.map((reset) => Math.round(reset / 60_000) * 60_000))].sort((a, b) => a - b);
  const guessed = guessedBlocks(uses.filter((at) => endAfter(ends, at) === null));
  return (at) => {
    const end = endAfter(ends, at);
    if (end !== null) return blockName(end - blockMs, '');
    return blockName(guessed.findLast((start) => start <= at) ?? at, '~');
  };
}

function endAfter(ends: readonly number[], at: number): number | null {
  const end = ends.find((one) => one > at);
  return end !== undefined && at >= end - blockMs ? end : null;
}

function guessedBlocks(uses: readonly number[]): number[] {
  const starts: number[] = [];
  for (const at of [...uses].sort((a, b) => a - b)) {
    const last = starts.at(-1);
    if (last === undefined || at >= last + blockMs) starts.push(Math.floor(at / hourMs) * hourMs);
  }
  return starts;
}

const blockName = (start: number, mark: string): string =>
  `${new Date(start).toISOString().slice(0, 16).replace('T', ' ')}Z${mark}`;

/** From the start of a day on, as a person who gives a date means it. */
export const startOfDay = (zone: string, at: number): number => startOfDate(zone, dateIn(zone, at as EpochMs));
