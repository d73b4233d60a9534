/** What is compared: four ways of saying when an agent may run again. */

import type { MakeController } from '../../src/simulate/controller.js';
import { evenSplit } from '../../src/simulate/even-split.js';
import { OriginalController } from '../../src/simulate/original.js';
import type { Scenario } from '../../src/simulate/scenario.js';
import { type PolicyChanges, simulatedPool } from '../../src/simulate/simulated-pool.js';
import { staticController } from '../../src/simulate/static.js';

export const contenderNames = ['static', 'original', 'even-split', 'ours'] as const;
export type ContenderName = (typeof contenderNames)[number];

interface Contender {
  readonly title: string;
  /** A sentence, without its end. */
  readonly description: string;
  readonly make: (scenario: Scenario, policy: PolicyChanges) => MakeController;
}

export const contenders: Readonly<Record<ContenderName, Contender>> = {
  static: {
    title: 'static',
    description: 'everybody runs every 15 minutes',
    make: () => staticController,
  },
  original: {
    title: 'original',
    description: 'the controller of the original server, formula for formula',
    make: () => () => new OriginalController(),
  },
  'even-split': {
    title: 'even split (oracle)',
    description:
      'an oracle that knows the budget and what a run costs, gives everybody an equal rate and never looks again',
    make: (scenario) => () => evenSplit(scenario),
  },
  ours: {
    title: 'ours',
    description: "the product's own controller, answering reports, readings and re-checks as the daemon does",
    make: (_, policy) => simulatedPool(policy),
  },
};
