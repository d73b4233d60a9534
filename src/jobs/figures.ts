/** What background work did in this process since it began. */
import { Histogram } from '../runtime/histogram.js';

const secondBounds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600];

/** A chore of this process; times are milliseconds UTC. */
export interface ChoreFigures {
  readonly kind: string;
  /** Null where it is done once, when the daemon starts. */
  readonly everyMs: number | null;
  /** Of the last run; null before the first one. */
  readonly startedAt: number | null;
  /** Null while it runs. */
  readonly tookMs: number | null;
  /** Why the last run failed. */
  readonly error: string | null;
}

export class WorkFigures {
  readonly #chores = new Map<string, ChoreFigures>();
  readonly #seconds = new Map<string, Histogram>();
  readonly #swept = new Map<string, number>();
  #expired = 0;

  /** By kind of job, how long those took that were done here, however they ended. */
  get seconds(): ReadonlyMap<string, Histogram> {
    return this.#seconds;
  }

  /** By what it was, how many rows or files were removed because they are kept no longer. */
  get removed(): ReadonlyMap<string, number> {
    return this.#swept;
  }

  /** Claims that ran out and were taken back here. */
  get leaseExpiries(): number {
    return this.#expired;
  }

  /** In the order in which they are started. */
  get chores(): readonly ChoreFigures[] {
    return [...this.#chores.values()];
  }

  /** Of a chore as it is now. */
  chore(figures: ChoreFigures): void {
    this.#chores.set(figures.kind, figures);
  }

  ran(kind: string, seconds: number): void {
    const histogram = this.#seconds.get(kind) ?? new Histogram(secondBounds);
    this.#seconds.set(kind, histogram);
    histogram.observe(seconds);
  }

  swept(what: string, count: number): void {
    this.#swept.set(what, (this.#swept.get(what) ?? 0) + count);
  }

  expired(count: number): void {
    this.#expired += count;
  }
}
