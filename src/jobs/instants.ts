/** The instants of a schedule: multiples of an interval, or those of a cron expression in a time zone. */
import { Cron } from 'croner';
import type { EpochMs } from '../events/scalars.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { CatchUp, Timing } from './job.js';

/** The first instant after another one; null where none comes. */
export type NextInstant = (after: EpochMs) => EpochMs | null;

/** What passed so recently is in time. */
const inTimeMs = 60_000;
const dayMs = 86_400_000;

/**
 * Throws `setting_invalid` where the expression is wrong, or no day ever fits. What falls into the hour that a clock skips in spring
 * comes at its end; what falls into the hour that comes twice in autumn comes once, the first time.
 */
export function instantsOf(timing: Timing, timeZone: string): NextInstant {
  if ('everyMs' in timing) {
    const { everyMs } = timing;
    return (after) => ((Math.floor(after / everyMs) + 1) * everyMs) as EpochMs;
  }
  const next = nextOf(timing.cron, timeZone);
  if (next(0 as EpochMs) === null) throw invalid(timing.cron, 'no such day ever comes');
  return next;
}

function nextOf(expression: string, timeZone: string): NextInstant {
  try {
    const cron = new Cron(expression, { timezone: timeZone, paused: true });
    // It looks at the zone when it is asked.
    cron.nextRun(new Date(0));
    return (after) => (cron.nextRun(new Date(after))?.getTime() ?? null) as EpochMs | null;
  } catch (error) {
    throw invalid(expression, (error as Error).message);
  }
}

const invalid = (expression: string, why: string): Problem =>
  new Problem('setting_invalid', `the schedule ${JSON.stringify(expression)} cannot be used: ${why}`);

/** The instants after `since`, up to now, at which a job is to be added; the oldest first. */
export function dueInstants(next: NextInstant, catchUp: CatchUp, since: EpochMs, now: EpochMs): EpochMs[] {
  const earliest = now - (catchUp === 'none' ? inTimeMs : limits.jobCatchUpDaysMax * dayMs);
  const due: EpochMs[] = [];
  for (let at = next(Math.max(since, earliest) as EpochMs); at !== null && at <= now; at = next(at)) {
    due.push(at);
    if (due.length > limits.jobCatchUpFiresMax) due.shift();
  }
  return catchUp === 'all' ? due : due.slice(-1);
}
