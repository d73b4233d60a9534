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

/** Points younger than this stay closer together: most readings arrive within it, and reports come seconds apart. */
const youngMs = 900_000;
const youngSpacingMs = 3_750;
/** More than 240 young points and one a minute of the rest of the span: many uses come before points have to go again. */
const pointsKept = 2 * pointsMax;

/** As `noteCost`, but points become one only where there are many. However many uses there are, it reaches as far back. */
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
  if (times.length > pointsKept) thin(history, at - youngMs);
}

/** Points go that are followed too soon by another: one that is as old, or that is no longer young. */
function thin({ times, costs }: CostHistory, youngFrom: number): void {
  let kept = 0;
  for (let i = 0; i < times.length; i++) {
    const time = times[i] as number;
    const before = kept === 0 ? Number.NEGATIVE_INFINITY : (times[kept - 1] as number);
    const next = times[i + 1] ?? Number.POSITIVE_INFINITY;
    const spacing = next <= youngFrom ? spacingMs : youngSpacingMs;
    if (next - before < spacing) continue;
    times[kept] = time;
    costs[kept] = costs[i] as number;
    kept += 1;
  }
  times.length = kept;
  costs.length = kept;
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
