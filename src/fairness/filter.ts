/**
 * The Kalman filter of one window. Its state is (p, θ, e): percent used, percent per dollar of the ledger, and percent
 * per hour of use outside the ledger. Use moves it, readings correct it. "The filter" in docs/concepts/fair-share.md.
 */
import { costAt } from './cost-history.js';
import type { Policy } from './policy.js';
import { type Covariance, hourMs, type Window } from './state.js';

/** Standard deviation of e in percent per hour: `unattributed_drift` of an even pace. */
export function driftOf(policy: Policy, window: Window): number {
  return (policy.unattributed_drift * 100) / (window.lengthMs / hourMs);
}

/** Hours in which use outside the ledger is forgotten: a seventh of the window. */
export const unattributedMemoryHours = (window: Window): number => window.lengthMs / hourMs / 7;

/**
 * Moves the filter to a time, with what was used since, in dollars: x := F x, P := F P Fᵀ + Q, where
 * F = [[1, c, E], [0, 1, 0], [0, 0, φ]], φ = exp(−Δ/τ), E = τ (1 − φ). A time before the filter's own counts as its own.
 * `before` is what the run the use belongs to had cost before: its noise is that of the whole run.
 */
export function propagate(policy: Policy, window: Window, at: number, cost: number, before = 0): void {
  const hours = Math.max(0, at - window.at) / hourMs;
  window.at = Math.max(at, window.at);
  if (isExact(window)) {
    window.percent = Math.max(0, window.percent + window.perDollar * cost);
    return;
  }
  const memory = unattributedMemoryHours(window);
  const kept = hours === 0 ? 1 : Math.exp(-hours / memory);
  const reach = memory * (1 - kept);
  const { covariance: c, perDollar } = window;
  const pp = c.pp + cost * c.pt + reach * c.pe;
  const pt = c.pt + cost * c.tt + reach * c.te;
  const pe = c.pe + cost * c.te + reach * c.ee;
  window.percent += cost * perDollar + reach * window.unattributed;
  window.unattributed *= kept;
  const noise = before === 0 ? (0.15 * perDollar * cost) ** 2 : (0.15 * perDollar) ** 2 * squareGrown(before, cost);
  c.pp = pp + cost * pt + reach * pe + noise + 1e-9;
  c.pt = pt;
  c.pe = kept * pe;
  c.tt += ((0.05 * perDollar) ** 2 * hours) / 24;
  c.te *= kept;
  c.ee = kept * kept * c.ee + driftOf(policy, window) ** 2 * (1 - kept * kept);
  if (window.percent < 0) window.percent = 0;
}

/** By how much the square of a run's cost grows with another report: (X + c)² − X². */
export const squareGrown = (before: number, cost: number): number => cost * (2 * before + cost);

/** A window whose budget is known by contract has no uncertainty to propagate. */
function isExact(window: Window): boolean {
  const { pp, tt, ee } = window.covariance;
  return pp === 0 && tt === 0 && ee === 0;
}

/** Whether the budget (100/θ) is known well enough to plan with. */
export function isKnown(policy: Policy, window: Pick<Window, 'perDollar' | 'covariance'>): boolean {
  return window.perDollar > 0 && Math.sqrt(window.covariance.tt) < policy.known_relative_deviation * window.perDollar;
}

/** What was used since a measurement, in dollars, and how long ago it was in hours. */
export interface Lag {
  readonly costSince: number;
  readonly hoursSince: number;
}

export function lagOf(window: Window, measuredAt: number): Lag {
  const costSince = measuredAt >= window.at ? 0 : window.cost - costAt(window.history, measuredAt);
  return { costSince, hoursSince: Math.max(0, window.at - measuredAt) / hourMs };
}

/** How far a reading is from what the filter expected at the time of the measurement. */
export interface Innovation {
  readonly expected: number;
  readonly off: number;
  /** Variance of `off`, and P hᵀ with h = (1, −costSince, −hoursSince). */
  readonly variance: number;
  readonly hp: number;
  readonly ht: number;
  readonly he: number;
}

/** What was used since is in the filter already: the reading is compared with where the filter stood then. */
export function innovationOf(
  policy: Policy,
  window: Window,
  measured: number,
  { costSince, hoursSince }: Lag,
): Innovation {
  const { covariance: c } = window;
  const hp = c.pp - costSince * c.pt - hoursSince * c.pe;
  const ht = c.pt - costSince * c.tt - hoursSince * c.te;
  const he = c.pe - costSince * c.te - hoursSince * c.ee;
  const expected = window.percent - costSince * window.perDollar - hoursSince * window.unattributed;
  const variance = hp - costSince * ht - hoursSince * he + policy.reading_variance;
  return { expected, off: measured - expected, variance, hp, ht, he };
}

/** Whether a filter that knows the budget cannot believe it without a second one. */
export function isFarOff(policy: Policy, window: Window, { off, variance }: Innovation): boolean {
  const far = Math.abs(off) > policy.gate_deviations * Math.sqrt(variance) && Math.abs(off) > 2.5;
  return far && isKnown(policy, window);
}

/**
 * Corrects the filter by a reading. One that is far off waits for a second one, unless it was judged before it was recorded:
 * then another one has agreed with it.
 */
export function observe(policy: Policy, window: Window, measured: number, lag: Lag, judged: boolean): void {
  const r = policy.reading_variance;
  const { covariance: c } = window;
  const innovation = innovationOf(policy, window, measured, lag);
  const { expected, off, variance, hp, ht, he } = innovation;
  const deviation = Math.sqrt(variance);
  const known = isKnown(policy, window);
  if (isFarOff(policy, window, innovation)) {
    const before = window.suspicion;
    const confirmed =
      before !== null && Math.sign(before) === Math.sign(off) && Math.abs(off - before) < Math.abs(off) / 2 + 2;
    if (!judged && !confirmed) {
      window.suspicion = off;
      return;
    }
    return changeRegime(window, measured, expected, lag, r);
  }
  window.suspicion = null;
  if (!known && off < -4 * deviation && off < -3) return setPercent(window, measured, r);
  const far = 2.5 * deviation;
  const gain = (known && Math.abs(off) > far ? far / Math.abs(off) : 1) / variance;
  window.percent = Math.max(0, window.percent + gain * hp * off);
  window.perDollar = Math.max(0, window.perDollar + gain * ht * off);
  window.unattributed += gain * he * off;
  c.pp -= gain * hp * hp - roundingVariance * c.pp;
  c.pt -= gain * hp * ht;
  c.pe -= gain * hp * he;
  c.tt -= gain * ht * ht - roundingVariance * c.tt;
  c.te -= gain * ht * he;
  c.ee -= gain * he * he - roundingVariance * c.ee;
}

/**
 * A reading may take away all but the last digits of a variance (a wake that costs 100,000 times the prior does), and
 * what rounding leaves may be negative. So this part of each variance stays: some units in the last of its 53 bits.
 */
const roundingVariance = 1e-14;

/** Two readings in a row agree that the filter is wrong: the budget changed, or an earlier jump was missed. */
function changeRegime(window: Window, measured: number, expected: number, lag: Lag, r: number): void {
  const { costSince, hoursSince } = lag;
  const jump = measured >= 10 && expected >= 10 ? Math.log(clamp(measured / expected, 0.25, 4)) : 0;
  window.perDollar *= Math.exp(jump / 2);
  const relative = jump === 0 ? 0.3 : Math.abs(jump) / 2 + 0.1;
  window.percent = measured + window.perDollar * costSince + Math.max(0, window.unattributed) * hoursSince;
  window.covariance = diagonal(r, (relative * window.perDollar) ** 2, 4 * window.covariance.ee);
  window.suspicion = null;
}

/** Sets the percentage, with the variance given, and forgets what it was correlated with. */
export function setPercent(window: Window, percent: number, variance: number): void {
  window.percent = percent;
  window.covariance.pp = variance;
  window.covariance.pt = 0;
  window.covariance.pe = 0;
}

export const diagonal = (pp: number, tt: number, ee: number): Covariance => ({ pp, pt: 0, pe: 0, tt, te: 0, ee });

export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
