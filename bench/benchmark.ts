/** What a benchmark is given, and what it yields. */
import type { LongLogs } from './logs.js';
import type { Figure } from './target.js';

export interface Benchmark {
  readonly title: string;
  /** The question, in a sentence. */
  readonly question: string;
  readonly run: (scale: Scale) => Promise<Result>;
}

export interface Result {
  readonly figures: readonly Figure[];
  readonly tables?: readonly Table[];
  /** What is to be known of the figures, or is missing from them. */
  readonly notes?: readonly string[];
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Scale {
  readonly quick: boolean;
  /** Runs of which the median is taken. */
  readonly runs: number;
  readonly logs: LongLogs;
}
