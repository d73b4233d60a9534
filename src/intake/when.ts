/** When what was observed was so. */
import type { Observation } from '../sources/source.js';

/** Milliseconds UTC; null where it does not say. */
export const whenOf = (observation: Observation): number | null =>
  observation.kind === 'quota' ? observation.measuredAt : observation.occurredAt;

/** What says no time was so at `at`. */
export function datedAt(observation: Observation, at: number): Observation {
  if (whenOf(observation) !== null) return observation;
  return observation.kind === 'quota'
    ? { ...observation, measuredAt: at }
    : ({ ...observation, occurredAt: at } as Observation);
}
