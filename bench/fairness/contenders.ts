/** What is compared: ways of saying when an agent may run again. */

import type { MakeController } from '../../src/simulate/controller.js';
import { evenSplit } from '../../src/simulate/even-split.js';
import { OriginalController } from '../../src/simulate/original.js';
import type { Scenario } from '../../src/simulate/scenario.js';
import { type PolicyChanges, simulatedPool } from '../../src/simulate/simulated-pool.js';
import { staticController } from '../../src/simulate/static.js';

/** In weeks whose runs are told once, at their end. */
export const contendersByRun = ['static', 'original', 'even-split', 'ours'] as const;
/** In weeks that are told response by response. */
export const contendersByResponse = ['static', 'original', 'by-report', 'ours'] as const;
export type ContenderName = (typeof contendersByRun | typeof contendersByResponse)[number];

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
  'by-report': {
    title: 'ours, by report',
    description:
      "the product's own controller as it was before it knew of runs (`method_version=1`): every report is one",
    make: (_, policy) => simulatedPool({ ...policy, method_version: 1 }),
  },
  ours: {
    title: 'ours',
    description: "the product's own controller, answering reports, readings and re-checks as the daemon does",
    make: (_, policy) => simulatedPool(policy),
  },
};
