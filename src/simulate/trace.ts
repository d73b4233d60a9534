/** What happened in a run, as a plot or a score needs it. Times are ms UTC, money is micro-USD. */
import type { Mode, ReadingReport, WindowKey } from './controller.js';
import { secondMs } from './units.js';

export interface Point {
  readonly at: number;
  readonly value: number;
}

/** Seconds from the beginning of a run to that of the next, as they were told. */
export interface Answer extends Point {
  /** Seconds that were left of it. */
  readonly left: number;
}

export interface Trace {
  readonly start: number;
  readonly end: number;
  readonly agents: readonly AgentTrace[];
  readonly windows: readonly WindowTrace[];
  readonly readings: readonly ArrivedReading[];
  /** What was used without any report. */
  readonly darkUseMicroUsd: number;
}

export interface AgentTrace {
  readonly name: string;
  /** As issued for the agent's own runs. */
  readonly intervals: readonly Answer[];
  /** As issued while it waited. */
  readonly rechecks: readonly Answer[];
  /** What it has used by itself since the start. */
  readonly autonomy: readonly Point[];
  /** What it has used together with people since the start. */
  readonly collaboration: readonly Point[];
  /** Work with people that a full window refused. */
  readonly refusedMicroUsd: number;
  readonly runs: number;
  /** Runs that found a window full. */
  readonly runsRefused: number;
}

export interface WindowTrace {
  readonly key: WindowKey;
  /** What is really used, in basis points; above 10 000 where the last run went over the budget. */
  readonly percentBp: readonly Point[];
  readonly usedAtStartMicroUsd: number;
  /** Periods that have ended. */
  readonly periods: readonly Period[];
  /** What is used of the period that runs at the end, if one does. */
  readonly usedAtEndMicroUsd: number;
}

export interface Period {
  readonly end: number;
  readonly usedMicroUsd: number;
  readonly budgetMicroUsd: number;
  /** How long it was full, in ms. */
  readonly fullMs: number;
}

export interface ArrivedReading {
  readonly at: number;
  readonly reading: ReadingReport;
}

/** Writes an agent's trace; takes times since the start. */
export class AgentRecorder {
  readonly #start: number;
  readonly #intervals: Answer[] = [];
  readonly #rechecks: Answer[] = [];
  readonly #used = { autonomy: [] as Point[], collaboration: [] as Point[] };
  #refusedMicroUsd = 0;
  #runs = 0;
  #runsRefused = 0;

  constructor(start: number) {
    this.#start = start;
  }

  interval(time: number, seconds: number, wokeAt: number): void {
    this.#intervals.push(this.#answer(time, seconds, wokeAt));
  }

  recheck(time: number, seconds: number, wokeAt: number): void {
    this.#rechecks.push(this.#answer(time, seconds, wokeAt));
  }

  #answer(time: number, seconds: number, wokeAt: number): Answer {
    return { at: this.#start + time, value: seconds, left: Math.max(0, seconds - (time - wokeAt) / secondMs) };
  }

  use(time: number, mode: Mode, costMicroUsd: number): void {
    const points = this.#used[mode];
    points.push({ at: this.#start + time, value: (points.at(-1)?.value ?? 0) + costMicroUsd });
  }

  run(): void {
    this.#runs++;
  }

  refusedRun(): void {
    this.#runsRefused++;
  }

  refusedPerson(costMicroUsd: number): void {
    this.#refusedMicroUsd += costMicroUsd;
  }

  trace(name: string): AgentTrace {
    return {
      name,
      intervals: this.#intervals,
      rechecks: this.#rechecks,
      ...this.#used,
      refusedMicroUsd: this.#refusedMicroUsd,
      runs: this.#runs,
      runsRefused: this.#runsRefused,
    };
  }
}

/** Seconds an agent was told, in answer to reports and to re-checks, in order of time. */
export const toldTo = ({ intervals, rechecks }: AgentTrace): Answer[] =>
  [...intervals, ...rechecks].sort((a, b) => a.at - b.at);

/** What was read of a window, in percent, at the times it was measured. */
export const percentRead = ({ readings }: Trace, key: string): Point[] =>
  readings.flatMap(({ reading: { measuredAt: at, windows } }) =>
    windows.filter((read) => read.key === key).map(({ percentBp }) => ({ at, value: percentBp / 100 })),
  );

/** The last value at or before a time; 0 before the first. */
export function lastValue(points: readonly Point[], at: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle] as Point).at <= at) low = middle + 1;
    else high = middle;
  }
  return points[low - 1]?.value ?? 0;
}
