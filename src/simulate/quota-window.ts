/** One quota window as it really is: use counted against a budget that no controller sees. Times are ms since the start. */
import type { WindowDefinition } from './controller.js';
import { budgetAt, definitionOf, type ScenarioWindow } from './scenario.js';
import type { Period, Point, WindowTrace } from './trace.js';
import { hourMs, microUsdPerUsd, secondMs } from './units.js';

export class QuotaWindow {
  readonly definition: WindowDefinition;
  readonly #scenario: ScenarioWindow;
  readonly #lengthMs: number;
  readonly #usedAtStart: number;
  readonly #percentBp: Point[] = [];
  readonly #periods: Period[] = [];
  #used: number;
  /** Null while no period runs. */
  #resetsAt: number | null;
  #fullSince: number | null = null;

  constructor(scenario: ScenarioWindow) {
    this.definition = definitionOf(scenario);
    this.#scenario = scenario;
    this.#lengthMs = this.definition.seconds * secondMs;
    this.#usedAtStart = Math.round((scenario.usedUsd ?? 0) * microUsdPerUsd);
    this.#used = this.#usedAtStart;
    this.#resetsAt = this.definition.anchor === 'fixed' ? (scenario.begunAt ?? 0) + this.#lengthMs : null;
    this.settle(0);
  }

  get isFull(): boolean {
    return this.#fullSince !== null;
  }

  get resetsAt(): number | null {
    return this.#resetsAt;
  }

  /** Ends the periods that are over. */
  advance(now: number): void {
    while (this.#resetsAt !== null && now >= this.#resetsAt) {
      const end = this.#resetsAt;
      this.#close(end, budgetAt(this.#scenario, end - 1));
      this.#resetsAt = this.definition.anchor === 'fixed' ? end + this.#lengthMs : null;
    }
  }

  /** Everything used is forgiven, and a fixed window begins again. */
  resetEarly(now: number): void {
    if (this.#resetsAt === null) return;
    this.#close(now, budgetAt(this.#scenario, now));
    this.#resetsAt = this.definition.anchor === 'fixed' ? now + this.#lengthMs : null;
  }

  charge(now: number, costMicroUsd: number): void {
    if (this.#resetsAt === null) this.#resetsAt = Math.floor(now / hourMs) * hourMs + this.#lengthMs;
    this.#used += costMicroUsd;
    this.settle(now);
  }

  /** Compares what is used with the current budget. */
  settle(now: number): void {
    const budget = budgetAt(this.#scenario, now);
    this.#percentBp.push({ at: now, value: (10_000 * this.#used) / budget });
    if (this.#used >= budget) this.#fullSince ??= now;
    else this.#fullSince = null;
  }

  /** Points of percent, not rounded. */
  percent(now: number): number {
    return (100 * this.#used) / budgetAt(this.#scenario, now);
  }

  trace(start: number): WindowTrace {
    return {
      key: this.definition.key,
      percentBp: this.#percentBp.map(({ at, value }) => ({ at: start + at, value })),
      usedAtStartMicroUsd: this.#usedAtStart,
      periods: this.#periods.map((period) => ({ ...period, end: start + period.end })),
      usedAtEndMicroUsd: this.#used,
    };
  }

  #close(end: number, budgetMicroUsd: number): void {
    const fullMs = this.#fullSince === null ? 0 : end - this.#fullSince;
    this.#periods.push({ end, usedMicroUsd: this.#used, budgetMicroUsd, fullMs });
    this.#used = 0;
    this.settle(end);
  }
}
