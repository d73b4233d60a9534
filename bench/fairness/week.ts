/** One run of one contender in one scenario: the unit of work that is handed to a process. */

import { type Outcome, simulate } from '../../src/simulate/run.js';
import { scenarioNamed } from '../../src/simulate/scenarios.js';
import type { PolicyChanges } from '../../src/simulate/simulated-pool.js';
import { weekStart } from '../../src/simulate/world.js';
import { type ContenderName, contenders } from './contenders.js';

export interface Week {
  readonly scenario: string;
  readonly contender: ContenderName;
  readonly seed: string;
  /** Parameters of our controller that differ from the defaults. */
  readonly policy?: PolicyChanges;
}

export function play({ scenario: name, contender, seed, policy = {} }: Week): Outcome {
  const scenario = scenarioNamed(name);
  return simulate(scenario, contenders[contender].make(scenario, policy), seed, { start: weekStart });
}
