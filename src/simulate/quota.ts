/** All windows of a provider together: a use counts in each that matches its model, and one full window refuses it. */
import { QuotaWindow } from './quota-window.js';
import { counts, quotaFactor, type Scenario } from './scenario.js';

export class Quota {
  readonly windows: readonly QuotaWindow[];
  readonly #scenario: Scenario;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.windows = scenario.windows.map((window) => new QuotaWindow(window));
  }

  refuses(now: number, model: string): boolean {
    this.advance(now);
    return this.windows.some((window) => window.isFull && counts(window.definition, model));
  }

  charge(now: number, model: string, costMicroUsd: number): void {
    this.advance(now);
    const counted = Math.round(costMicroUsd * quotaFactor(this.#scenario, model));
    for (const window of this.windows) if (counts(window.definition, model)) window.charge(now, counted);
  }

  advance(now: number): void {
    for (const window of this.windows) window.advance(now);
  }

  resetEarly(now: number): void {
    this.advance(now);
    for (const window of this.windows) window.resetEarly(now);
  }

  /** To be called when a budget has changed. */
  settle(now: number): void {
    this.advance(now);
    for (const window of this.windows) window.settle(now);
  }
}
