/** When an agent could run, by its scenario. Times are ms since the start. */
import type { PersonSession, ScenarioAgent } from './scenario.js';
import { isWithin, isWithinAny, minuteMs } from './units.js';

const lookEveryMs = 5 * minuteMs;

export function isMember({ joinsAt = 0, leavesAt = Number.POSITIVE_INFINITY }: ScenarioAgent, time: number): boolean {
  return time >= joinsAt && time < leavesAt;
}

/** Whether it is there and at work; a person may be with it. */
export function isActive(agent: ScenarioAgent, time: number): boolean {
  if (!isMember(agent, time)) return false;
  if (isWithinAny(time, agent.away)) return false;
  return agent.worksAt?.(time) ?? true;
}

/** The session in which a person works with the agent. */
export function sessionAt(agent: ScenarioAgent, time: number): PersonSession | undefined {
  return agent.sessions?.find((session) => isWithin(time, session));
}

/** Whether it could run by itself. */
export function isFree(agent: ScenarioAgent, time: number): boolean {
  return isActive(agent, time) && sessionAt(agent, time) === undefined;
}

/** The first time from `from` on at which it could run by itself, or something not before `until`. */
export function nextFree(agent: ScenarioAgent, from: number, until: number): number {
  let time = from;
  while (time < until && !isFree(agent, time)) time = (Math.floor(time / lookEveryMs) + 1) * lookEveryMs;
  return time;
}
