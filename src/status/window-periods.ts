/** The periods of a quota window, as readings told of them: each ends with a reset. Pure. */
import type { EpochMs } from '../events/scalars.js';
import { movedResetMs } from '../fairness/window-reading.js';
import type { Stretch } from './steps.js';
import type { ToldReading } from './window-readings.js';

/** From its beginning to its reset, or to the beginning of the next one where that came early. Milliseconds UTC. */
export interface WindowPeriod extends Stretch {
  readonly isCurrent: boolean;
}

/** What of a reading a period is told by. */
type OfPeriod = Pick<ToldReading, 'resetsAt' | 'durationS' | 'verdict' | 'rejected'>;

/**
 * Those that reach into the stretch, in order. Resets that differ by a few minutes are one, told again: the last word counts. `lengthMs` is
 * how long a period lasts where a reading does not say it; `current` is the one that goes on, as the controller has it.
 */
export function periodsOf(
  readings: readonly OfPeriod[],
  lengthMs: number,
  current: Stretch | null,
  stretch: Stretch,
): WindowPeriod[] {
  const told = readings
    .filter(({ verdict, rejected }) => rejected === null && !unbelieved.has(verdict))
    .flatMap(({ resetsAt, durationS }) => (resetsAt === null ? [] : [periodTo(resetsAt, lengthMs, durationS)]));
  const periods: Stretch[] = [];
  for (const period of told.sort((a, b) => a.until - b.until)) {
    const last = periods.at(-1);
    if (last !== undefined && period.until - last.until <= movedResetMs) periods.pop();
    periods.push(period);
  }
  // Where readings told of the one that goes on, it leaves nothing of that.
  const all = current === null ? periods : [...periods, current];
  return all
    .map(({ from, until }, i): WindowPeriod => {
      const next = all[i + 1];
      // A period that began before the one before it was over ended that one.
      const end = next === undefined ? until : (Math.min(until, Math.max(from, next.from)) as EpochMs);
      return { from, until: end, isCurrent: current !== null && i === all.length - 1 };
    })
    .filter(({ from, until }) => from < stretch.until && until > stretch.from && from < until);
}

/** Of another account, or of nothing that is known to be. */
const unbelieved: ReadonlySet<string> = new Set(['other_account', 'suspect']);

const periodTo = (until: EpochMs, lengthMs: number, durationS: number | null): Stretch => ({
  from: (until - (durationS === null ? lengthMs : durationS * 1_000)) as EpochMs,
  until,
});
