/**
 * How much of a window had been used at past moments, for readings that arrive after they were taken. "The filter" in
 * docs/concepts/fair-share.md.
 */
import type { CostHistory } from './state.js';

const spanMs = 8 * 3_600_000;
const spacingMs = 60_000;
const pointsMax = 480;

/** Notes the cost after a use. Points closer than a minute become one; one point older than the span is kept. */
export function noteCost({ times, costs }: CostHistory, at: number, cost: number): void {
  const last = times.length - 1;
  const crowded = last > 0 && at - (times[last - 1] as number) < spacingMs;
  const place = crowded ? last : last + 1;
  times[place] = at;
  costs[place] = cost;
  let old = 0;
  while (old + 1 < times.length && (times[old + 1] as number) <= at - spanMs) old += 1;
  const surplus = Math.max(old, times.length - pointsMax);
  if (surplus === 0) return;
  times.splice(0, surplus);
  costs.splice(0, surplus);
}

/** Points younger than this stay as they are: most readings arrive within it, and reports come seconds apart. */
const exactMs = 900_000;
const pointsKept = 2 * pointsMax;

/** As `noteCost`, but points become one only where they are no longer young, and many. */
export function noteCostExactly(history: CostHistory, at: number, cost: number): void {
  const { times, costs } = history;
  times.push(at);
  costs.push(cost);
  let old = 0;
  while (old + 1 < times.length && (times[old + 1] as number) <= at - spanMs) old += 1;
  if (old > 0) {
    times.splice(0, old);
    costs.splice(0, old);
  }
  if (times.length > pointsKept) thin(history, at - exactMs);
}

/** Of points up to a time, those that are followed by another within a minute go; of all, the oldest. */
function thin({ times, costs }: CostHistory, upTo: number): void {
  let kept = 0;
  for (let i = 0; i < times.length; i++) {
    const time = times[i] as number;
    const next = times[i + 1] ?? Number.POSITIVE_INFINITY;
    if (i > 0 && next <= upTo && next - time < spacingMs) continue;
    times[kept] = time;
    costs[kept] = costs[i] as number;
    kept += 1;
  }
  const surplus = Math.max(0, kept - pointsMax);
  for (const points of [times, costs]) {
    points.length = kept;
    points.splice(0, surplus);
  }
}

/** The cost at a time: that of the last use up to then. */
export function costAt({ times, costs }: CostHistory, at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return costs[Math.max(0, low - 1)] ?? 0;
}

/** Whether the history reaches back to a time. */
export const reachesTo = ({ times }: CostHistory, at: number): boolean =>
  times.length > 0 && (times[0] as number) <= at;
