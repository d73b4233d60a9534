/** Whether a pool is in maintenance at an instant. It follows from the log and the time alone: nobody has to write anything for it to end. */

import { isAttached } from '../fairness/human.js';
import type { Recommendation } from '../fairness/interval.js';
import { isByRun } from '../fairness/policy.js';
import { isCountedFrom, sinceRun } from '../fairness/runs.js';
import type { Member } from '../fairness/state.js';
import { durationText } from '../text/duration.js';
import type { Maintenance, PoolState } from './state.js';

/** What stands in `blocked_by` for it, beside windows. */
export const maintenanceKey = 'maintenance';

/** The maintenance that goes on; null where none does. */
export function maintenanceAt({ maintenance }: PoolState, at: number): Maintenance | null {
  return maintenance !== null && !maintenance.isEnded && at < maintenance.until ? maintenance : null;
}

/** Why nobody runs, in one plain sentence. */
export function maintenanceReason({ until, reason }: Maintenance, at: number): string {
  const why = reason === null ? '' : ` (${reason})`;
  return `Maintenance goes on for another ${durationText(Math.ceil((until - at) / 1_000))}${why}: nobody runs before its end.`;
}

/** Whether a person works with the agent: maintenance keeps nobody from it. */
export const isWithPerson = (member: Member | undefined, at: number): boolean =>
  member !== undefined && isAttached(member, at);

/** What an agent is told while it goes on: to wait for its end, as for the reset of a full window, or longer where that was so anyway. */
export function untilMaintenanceEnds(
  state: PoolState,
  told: Recommendation,
  member: Member | undefined,
  at: number,
): Recommendation {
  const found = maintenanceAt(state, at);
  if (found === null) return told;
  const from = member !== undefined && isByRun(state.fair.policy) && isCountedFrom(member) ? sinceRun(member, at) : 0;
  const raw = from + (found.until - at) / 1_000;
  return {
    ...told,
    interval: Math.max(told.interval, Math.ceil(raw)),
    raw: Math.max(told.raw, raw),
    bound: 'blocked',
    blockedBy: [...told.blockedBy, maintenanceKey],
    isFresh: true,
  };
}
