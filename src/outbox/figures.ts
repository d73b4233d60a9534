/** Attempts of this process to deliver, by endpoint and by what came of them. */

/** `failed`: it is tried again; `dead`: it was the last attempt. */
export type DeliveryOutcome = 'delivered' | 'failed' | 'dead';

export class DeliveryFigures {
  readonly #counts = new Map<string, Map<DeliveryOutcome, number>>();

  get counts(): ReadonlyMap<string, ReadonlyMap<DeliveryOutcome, number>> {
    return this.#counts;
  }

  count(endpoint: string, outcome: DeliveryOutcome): void {
    const counts = this.#counts.get(endpoint) ?? new Map<DeliveryOutcome, number>();
    this.#counts.set(endpoint, counts);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }

  /** The endpoint was removed. */
  forget(endpoint: string): void {
    this.#counts.delete(endpoint);
  }
}
