/** What is usual, by what was: the median, how far values lie from it, and what hardly any exceeds. */

/** Below this many values of the past nothing is unusual. */
export const valuesMin = 14;
const deviations = 6;
/** Of the median: what never varied varies by so much. */
const deviationFloor = 0.1;
const highQuantile = 0.95;
/** Costs have a long tail: what lies within so many times the high values of the past is one of them. */
const highTimes = 2;

export interface Usual {
  readonly median: number;
  /** What hardly any value of the past exceeded. */
  readonly high: number;
  /** What is above is unusual. */
  readonly limit: number;
}

/** Null where the past says too little. */
export function usualOf(values: readonly number[]): Usual | null {
  if (values.length < valuesMin) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const distances = sorted.map((value) => Math.abs(value - median)).sort((a, b) => a - b);
  const deviation = Math.max(quantile(distances, 0.5), deviationFloor * median);
  const high = quantile(sorted, highQuantile);
  return { median, high, limit: Math.max(median + deviations * deviation, highTimes * high) };
}

function quantile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (at - Math.floor(at)) * (above - below);
}
