/**
 * When a window runs out if it is used on as now, as a range. "Run-out" in docs/concepts/fair-share.md.
 */
import { burnAt, burnHalfLifeHours } from './burn.js';
import { unattributedMemoryHours } from './filter.js';
import { type FairState, hourMs, type Window } from './state.js';
import { viewWindow, type WindowView } from './window-view.js';

export interface Runout {
  /** Milliseconds UTC: with probability 0.1, 0.5 and 0.9 it runs out before. */
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  /** Probability that it runs out before its reset, 0 to 1. */
  readonly beforeReset: number;
  /** Percent that will be used at the reset, above 100 if it could go on. */
  readonly projected: number;
  /** Dollars per hour it is used with now. */
  readonly burn: number;
}

/** 10 % of a normal distribution lie further below its mean than this many standard deviations. */
const decile = 1.2816;

/** A window that would last for more than a century is not being used. */
const hoursMax = 876_600;

/** Null while too little is known of the budget or the pace, and where there is hardly any pace. */
export function runout(state: FairState, window: Window, at: number): Runout | null {
  const view = viewWindow(state, window, at);
  const burn = burnAt(window, at);
  if (!view.known || burn.hours < 0.2 * burnHalfLifeHours(window)) return null;
  const rate = burn.cost / burn.hours;
  const speed = view.perDollar * rate + Math.max(0, view.unattributed);
  const left = Math.max(0, 100 - view.percent);
  if (speed <= 0) return null;
  if (left === 0 || view.full) {
    return { p10: at, p50: at, p90: at, beforeReset: 1, projected: Math.max(100, view.percent), burn: rate };
  }
  const hours = left / speed;
  if (hours > hoursMax) return null;
  const relative = Math.sqrt(relativeVariance(window, view, burn, rate, left, hours));
  const quantile = (deviations: number) => at + hours * Math.exp(deviations * relative) * hourMs;
  return {
    p10: quantile(-decile),
    p50: at + hours * hourMs,
    p90: quantile(decile),
    beforeReset: normal(Math.log(view.hoursLeft / hours) / relative),
    projected: view.percent + speed * view.hoursLeft,
    burn: rate,
  };
}

/** Relative variance of the hours left: of the filter, of the pace, of single wakes, and of habits that change. */
function relativeVariance(
  window: Window,
  view: WindowView,
  burn: ReturnType<typeof burnAt>,
  rate: number,
  left: number,
  hours: number,
): number {
  const { covariance: c } = window;
  const byBudget = rate * hours;
  const byUnattributed = Math.min(hours, unattributedMemoryHours(window));
  const ofFilter =
    c.pp +
    2 * byBudget * c.pt +
    2 * byUnattributed * c.pe +
    byBudget ** 2 * c.tt +
    2 * byBudget * byUnattributed * c.te +
    byUnattributed ** 2 * c.ee;
  const ofPace = rate > 0 ? burn.costSquaredTwice / burn.hours ** 2 / rate ** 2 : 0;
  const ofWakes = view.perDollar ** 2 * (burn.costSquared / burn.hours) * hours;
  return Math.max(0, ofFilter) / left ** 2 + ofPace + ofWakes / left ** 2 + 0.01 * Math.min(1, hours / 24) + 1e-6;
}

/** Φ, the distribution of a standard normal; Abramowitz and Stegun 7.1.26, off by at most 1.5e-7. */
function normal(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (series * Math.exp(-z * z)) / 2;
  return x >= 0 ? 1 - tail : tail;
}
