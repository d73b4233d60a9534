/** What this process appended since it began, and how long that took: counted beside the work, and looked at by whoever asks. */
import type { PoolId } from '../events/scalars.js';
import { Histogram } from '../runtime/histogram.js';

const secondBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const eventBounds = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000];

export class AppendFigures {
  /** From when a submission came until its outcomes were durable. */
  readonly seconds = new Histogram(secondBounds);
  /** Events of each transaction that had any. */
  readonly batchEvents = new Histogram(eventBounds);
  readonly #events = new Map<PoolId, number>();
  #refused = 0;
  readonly #elapsed: () => number;

  /** `elapsed` as `Clock.elapsed`. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /** Events by pool, of which this process has appended any. */
  get events(): ReadonlyMap<PoolId, number> {
    return this.#events;
  }

  /** Commands that found the queue full. */
  get refused(): number {
    return this.#refused;
  }

  elapsed(): number {
    return this.#elapsed();
  }

  appended(pool: PoolId, events: number): void {
    this.#events.set(pool, (this.#events.get(pool) ?? 0) + events);
    this.batchEvents.observe(events);
  }

  /** Submissions that came at these instants, by `elapsed`, are durable now. */
  durable(submissions: readonly { readonly since: number }[]): void {
    const now = this.#elapsed();
    for (const { since } of submissions) this.seconds.observe((now - since) / 1_000);
  }

  refuse(commands: number): void {
    this.#refused += commands;
  }
}
