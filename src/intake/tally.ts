/** Counts what came of what a source told. */

/** Of one delivery, or of all of a source. */
export interface Counts {
  /** What was found in what was sent: uses, totals, readings, events. */
  readonly read: number;
  readonly recorded: number;
  /** Known before, and no better. */
  readonly repeated: number;
  /** Known before, and better now. */
  readonly corrected: number;
  /** What the ledger did not take. */
  readonly refused: number;
  /** What was not used, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

export type CountName = Exclude<keyof Counts, 'skipped'>;

export class Tally {
  readonly #all: Tally | undefined;
  readonly #counts: Record<CountName, number> = { read: 0, recorded: 0, repeated: 0, corrected: 0, refused: 0 };
  readonly #skipped = new Map<string, number>();

  /** What it counts is counted in `all`, too. */
  constructor(all?: Tally) {
    this.#all = all;
  }

  add(name: CountName, count = 1): void {
    this.#counts[name] += count;
    this.#all?.add(name, count);
  }

  skip(reason: string, count = 1): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + count);
    this.#all?.skip(reason, count);
  }

  get counts(): Counts {
    return { ...this.#counts, skipped: Object.fromEntries(this.#skipped) };
  }
}
