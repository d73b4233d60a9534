/** What `verify` looked at, and what it found there. */

/** `chain` is the log; the others are what a daemon works with beside it. */
export type PartName = 'chain' | 'checkpoint' | 'storage' | 'kept answers' | 'saved states' | 'tables';

export interface Finding {
  readonly part: PartName;
  readonly ok: boolean;
  /** What was looked at, for people; null where this part was not, with the reason in `skipped`. */
  readonly looked_at: string | null;
  readonly skipped: string | null;
  /** The first few things that are wrong. */
  readonly faults: readonly string[];
}

/** More than these are not listed: what is damaged is damaged. */
const faultsShownMax = 10;

export class Faults {
  readonly #shown: string[] = [];
  #count = 0;

  add(fault: string): void {
    this.#count += 1;
    if (this.#shown.length < faultsShownMax) this.#shown.push(fault);
  }

  get list(): readonly string[] {
    const more = this.#count - this.#shown.length;
    return more === 0 ? this.#shown : [...this.#shown, `and ${more} more`];
  }
}

export function findingOf(part: PartName, lookedAt: string, faults: readonly string[]): Finding {
  return { part, ok: faults.length === 0, looked_at: lookedAt, skipped: null, faults };
}

export const skippedPart = (part: PartName, why: string): Finding => ({
  part,
  ok: true,
  looked_at: null,
  skipped: why,
  faults: [],
});
