/**
 * What would have been fair, looking back: the same total use, shared by weighted max-min. Nobody gets more than it
 * could have used; what those leave over goes to the others by weight. "Looking back" in docs/guides/judge-fairness.md.
 */
import { fill } from './fill.js';
import { jain } from './jain.js';
import { sum } from './sum.js';

/** One who had a claim in a period. Amounts are dollars. */
export interface Claimant {
  readonly key: string;
  /** ω times the part of the period in which it took part. */
  readonly weight: number;
  readonly used: number;
  /** The most it could have used: what it did use, where it asked for no more; else what fits into the time it was there. */
  readonly cap: number;
  /** The part of its use that counts in windows that limited only some, by window; 0 to 1. */
  readonly within: ReadonlyMap<string, number>;
}

export interface Entitlement extends Claimant {
  /** Weighted max-min share of the total, and share by weight alone. Each adds up to the total. */
  readonly entitled: number;
  readonly nominal: number;
}

export interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

export function entitle(claimants: readonly Claimant[]): Entitlement[] {
  const total = sum(claimants.map(({ used }) => used));
  const weights = sum(claimants.map(({ weight }) => weight));
  const taking = claimants.filter(({ weight }) => weight > 0);
  const windows = [...new Set(taking.flatMap(({ within }) => [...within.keys()]))];
  const claims = taking.map(({ key, weight, used, cap, within }) => ({
    key,
    claim: {
      weight,
      used: 0,
      hours: 1,
      floor: 0,
      cap: Math.min(total, Math.max(cap, used)),
    },
    shares: [1, ...windows.map((window) => within.get(window) ?? -1)],
  }));
  const filled = fill(claims, [total, ...windows.map((window) => usedWithin(taking, window))]);
  const gets = sum(filled.map(({ rate }) => rate));
  // What was used without a claim in the period is nobody's share; the others' are scaled to it, so that sums agree.
  const scale = gets > 0 ? total / gets : 0;
  const byKey = new Map(filled.map(({ claimant, rate }) => [claimant.key, rate * scale]));
  return claimants.map((claimant) => ({
    ...claimant,
    entitled: byKey.get(claimant.key) ?? 0,
    nominal: weights > 0 ? (total * claimant.weight) / weights : 0,
  }));
}

/** A window that limited only some holds what was used of it, for those it counts. */
const usedWithin = (claimants: readonly Claimant[], window: string): number =>
  sum(claimants.map(({ used, within }) => used * (within.get(window) ?? 0)));

/**
 * Jain's index of use over entitlement: 1 where everybody had the same part of what was fair for it, 1/n where one had
 * all. Null where nobody used anything that it was entitled to.
 */
export function jainIndex(rows: readonly { readonly used: number; readonly entitled: number }[]): number | null {
  return jain(rows.filter(({ entitled }) => entitled > 0).map(({ used, entitled }) => used / entitled));
}

/** Whoever stays below its share by weight lends, whoever is above it borrows, from all lenders in proportion. */
export function transfersOf(rows: readonly Entitlement[]): Transfer[] {
  const lent = rows.map(({ used, nominal }) => Math.max(0, nominal - used));
  const borrowed = rows.map(({ used, nominal }) => Math.max(0, used - nominal));
  const all = sum(borrowed);
  if (all <= 0) return [];
  const transfers: Transfer[] = [];
  for (const [i, from] of rows.entries()) {
    for (const [j, to] of rows.entries()) {
      const amount = ((lent[i] as number) * (borrowed[j] as number)) / all;
      if (amount > 0) transfers.push({ from: from.key, to: to.key, amount });
    }
  }
  return transfers;
}

/** Dollars more that one would have had, and could have used, with another's use per weight. */
export function enviesOf(rows: readonly Entitlement[]): Transfer[] {
  const envies: Transfer[] = [];
  for (const one of rows) {
    for (const other of rows) {
      if (one === other || one.weight <= 0 || other.weight <= 0 || isHeldApart(one, other)) continue;
      const better = Math.min(Math.max(one.cap, one.used), (one.weight * other.used) / other.weight) - one.used;
      if (better > 0) envies.push({ from: one.key, to: other.key, amount: better });
    }
  }
  return envies;
}

/** What another used without a window that limited one was not there for it to use. */
function isHeldApart(one: Claimant, other: Claimant): boolean {
  for (const key of one.within.keys()) if (!other.within.has(key)) return true;
  return false;
}
