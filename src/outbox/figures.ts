/** Attempts of this process to deliver, by endpoint and by what came of them. */

/** `failed`: it is tried again; `dead`: it was the last attempt. */
const outcomes = ['delivered', 'failed', 'dead'] as const;
export type DeliveryOutcome = (typeof outcomes)[number];

export class DeliveryFigures {
  readonly #counts = new Map<string, Map<DeliveryOutcome, number>>();

  get counts(): ReadonlyMap<string, ReadonlyMap<DeliveryOutcome, number>> {
    return this.#counts;
  }

  /** Each outcome is there from the first one on: what Prometheus first sees at 1, it does not take for a growth. */
  count(endpoint: string, outcome: DeliveryOutcome): void {
    const counts = this.#counts.get(endpoint) ?? new Map(outcomes.map((each) => [each, 0]));
    this.#counts.set(endpoint, counts);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }

  /** The endpoint was removed. */
  forget(endpoint: string): void {
    this.#counts.delete(endpoint);
  }
}
