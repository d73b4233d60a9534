/** Trying controllers in scenarios: the product by the policy that was given, and what it is measured against. */
import type { MakeController } from '../../fairness/simulate/controller.js';
import { idealOf } from '../../fairness/simulate/ideal.js';
import { OriginalController } from '../../fairness/simulate/original.js';
import { meanScore, type Outcome, simulate } from '../../fairness/simulate/run.js';
import type { Scenario } from '../../fairness/simulate/scenario.js';
import type { Score } from '../../fairness/simulate/score.js';
import { staticController } from '../../fairness/simulate/static.js';
import type { PolicyChange } from '../policy-input.js';
import { type Estimate, ProductController } from './product-controller.js';

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

/** A Monday, so that days of the week are where a calendar has them. */
export const worldStart = Date.parse('2026-01-05T00:00:00Z');

/** The product with the change, the product as it is where there is a change, and two others. */
export function contendersOf(change: PolicyChange | null): Contender[] {
  const product = (name: string, policy: PolicyChange): Contender => ({
    name,
    make: (windows) => new ProductController(windows, policy),
  });
  return [
    ...(change === null ? [] : [product('fair, this policy', change)]),
    product(change === null ? 'fair' : 'fair, default policy', {}),
    { name: 'static', make: () => staticController() },
    { name: 'original', make: () => new OriginalController() },
  ];
}

/** Yields after each run, so that progress can be shown, and returns what all came to. */
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
        scores.push(simulate(scenario, make, String(seed), { ideal, start: worldStart }).score);
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

export interface Week {
  readonly outcome: Outcome;
  readonly estimates: readonly Estimate[];
}

/** The first seed's world once more, with what the product thought of it. */
export function weekOf(scenario: Scenario, change: PolicyChange | null): Week {
  const estimates: Estimate[] = [];
  const make: MakeController = (windows) =>
    new ProductController(windows, change ?? {}, (estimate) => estimates.push(estimate));
  return { outcome: simulate(scenario, make, '0', { start: worldStart }), estimates };
}
