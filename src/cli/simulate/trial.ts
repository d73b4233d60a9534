/** Trying controllers in scenarios: the product by the policy that was given, and what it is measured against. */

import type { PolicyChange } from '../../fairness/policy.js';
import { viewWindow } from '../../fairness/window-view.js';
import type { MakeController, ReadingReport } from '../../simulate/controller.js';
import { idealOf } from '../../simulate/ideal.js';
import { OriginalController } from '../../simulate/original.js';
import { meanScore, type Outcome, simulate } from '../../simulate/run.js';
import type { Scenario } from '../../simulate/scenario.js';
import type { Score } from '../../simulate/score.js';
import { SimulatedPool, simulatedPool } from '../../simulate/simulated-pool.js';
import { staticController } from '../../simulate/static.js';
import { weekStart } from '../../simulate/world.js';

export interface Contender {
  readonly name: string;
  readonly make: MakeController;
}

/** How one controller did in one scenario, over all seeds. */
export interface Trial {
  readonly scenario: string;
  readonly controller: string;
  readonly seeds: number;
  readonly mean: Score;
  /** The largest deviation of any seed. */
  readonly deviation_max: number;
}

/** The product with the change, the product as it is where there is a change, and two others. */
export function contendersOf(change: PolicyChange | null): Contender[] {
  const product = (name: string, policy: PolicyChange): Contender => ({ name, make: simulatedPool(policy) });
  return [
    ...(change === null ? [] : [product('fair, this policy', change)]),
    product(change === null ? 'fair' : 'fair, default policy', {}),
    { name: 'static', make: () => staticController() },
    { name: 'original', make: () => new OriginalController() },
  ];
}

/** Yields after each run, so that progress can be shown, and returns the scores of all. */
export function* trials(
  scenarios: readonly Scenario[],
  contenders: readonly Contender[],
  seeds: number,
): Generator<number, Trial[]> {
  const done: Trial[] = [];
  let runs = 0;
  for (const scenario of scenarios) {
    const ideal = idealOf(scenario);
    for (const { name, make } of contenders) {
      const scores: Score[] = [];
      for (let seed = 0; seed < seeds; seed += 1) {
        scores.push(simulate(scenario, make, String(seed), { ideal, start: weekStart }).score);
        runs += 1;
        yield runs;
      }
      const deviations = scores.map(({ deviation }) => deviation);
      done.push({
        scenario: scenario.name,
        controller: name,
        seeds,
        mean: meanScore(scores),
        deviation_max: Math.max(...deviations),
      });
    }
  }
  return done;
}

/** What the controller thought of a window after a reading, in percent. */
export interface Estimate {
  readonly at: number;
  readonly key: string;
  readonly percent: number;
  readonly deviation: number;
}

export interface Week {
  readonly outcome: Outcome;
  readonly estimates: readonly Estimate[];
}

/** The first seed's world once more, with what the product thought of it. */
export function weekOf(scenario: Scenario, change: PolicyChange | null): Week {
  const estimates: Estimate[] = [];
  const make: MakeController = (windows) => new WatchedPool(windows, change ?? {}, estimates);
  return { outcome: simulate(scenario, make, '0', { start: weekStart }), estimates };
}

class WatchedPool extends SimulatedPool {
  readonly #estimates: Estimate[];

  constructor(windows: Parameters<MakeController>[0], change: PolicyChange, estimates: Estimate[]) {
    super(windows, change);
    this.#estimates = estimates;
  }

  override read(at: number, reading: ReadingReport): void {
    super.read(at, reading);
    const { fair } = this.state;
    for (const window of fair.windows.values()) {
      if (window.lastRead === null) continue;
      const { key, percent, deviation } = viewWindow(fair, window, at);
      this.#estimates.push({ at, key, percent, deviation });
    }
  }
}
