/** One run of one contender in one scenario: the unit of work that is handed to a process. */
import type { PolicyChanges } from '../../src/events/simulated-pool.js';
import { type Outcome, simulate } from '../../src/fairness/simulate/run.js';
import { scenarioNamed } from '../../src/fairness/simulate/scenarios.js';
import { weekMs } from '../../src/fairness/simulate/units.js';
import { type ContenderName, contenders } from './contenders.js';

export interface Week {
  readonly scenario: string;
  readonly contender: ContenderName;
  readonly seed: string;
  /** Parameters of our controller that differ from the defaults. */
  readonly policy?: PolicyChanges;
}

/** Thursday 31 July 2025, 00:00 UTC: weeks of the scenarios begin on a Thursday, as 1970 did. */
export const weekStart = 2_900 * weekMs;

export function play({ scenario: name, contender, seed, policy = {} }: Week): Outcome {
  const scenario = scenarioNamed(name);
  return simulate(scenario, contenders[contender].make(scenario, policy), seed, { start: weekStart });
}
