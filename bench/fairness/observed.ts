/** What the product's controller believes of the windows during a week, after each thing it hears. */

import { viewWindow, type WindowView } from '../../src/fairness/window-view.js';
import type { ReadingReport, UseReport } from '../../src/simulate/controller.js';
import { type Outcome, simulate } from '../../src/simulate/run.js';
import { scenarioNamed } from '../../src/simulate/scenarios.js';
import { SimulatedPool } from '../../src/simulate/simulated-pool.js';
import { weekStart } from '../../src/simulate/world.js';

export interface Belief {
  readonly at: number;
  readonly view: WindowView;
}

export interface Observed {
  readonly outcome: Outcome;
  /** By window. */
  readonly beliefs: ReadonlyMap<string, readonly Belief[]>;
}

export function observe(scenario: string, seed: string): Observed {
  const beliefs = new Map<string, Belief[]>();
  const outcome = simulate(scenarioNamed(scenario), (windows) => new ObservedPool(windows, beliefs), seed, {
    start: weekStart,
  });
  return { outcome, beliefs };
}

class ObservedPool extends SimulatedPool {
  readonly #beliefs: Map<string, Belief[]>;

  constructor(windows: ConstructorParameters<typeof SimulatedPool>[0], beliefs: Map<string, Belief[]>) {
    super(windows);
    this.#beliefs = beliefs;
  }

  override report(at: number, use: UseReport): number {
    const interval = super.report(at, use);
    this.#note(at);
    return interval;
  }

  override read(at: number, reading: ReadingReport): void {
    super.read(at, reading);
    this.#note(at);
  }

  #note(at: number): void {
    const { fair } = this.state;
    for (const window of fair.windows.values()) {
      const beliefs = this.#beliefs.get(window.key) ?? [];
      beliefs.push({ at, view: viewWindow(fair, window, at) });
      this.#beliefs.set(window.key, beliefs);
    }
  }
}
