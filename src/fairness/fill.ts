/**
 * Weighted max-min over several limits at once, by progressive filling: everybody's level rises together until a limit
 * is reached; those it holds stay there, the others rise on. "Water-filling" in docs/concepts/fair-share.md.
 */

export interface Claim {
  /** ω. */
  readonly weight: number;
  /** U: what it has used already, in dollars. */
  readonly used: number;
  /** Hours in which it is to catch up. */
  readonly hours: number;
  /** Lowest and highest rate in dollars per hour while it runs. */
  readonly floor: number;
  readonly cap: number;
}

export interface Limit {
  /** Dollars per hour. */
  readonly rate: number;
  /** By claim: the part of the time it runs, or −1 where the limit does not count it. */
  readonly shares: readonly number[];
}

export interface Filled {
  /** Dollars per hour while running, by claim. */
  readonly rates: number[];
  /** The limit that holds each claim, and the level it was held at; null: held by its own cap. */
  readonly heldBy: (number | null)[];
  readonly levels: (number | null)[];
}

const halvings = 48;

/** The rate a level gives: what is missing to the level, spread over the hours. */
export function rateAt(claim: Claim, level: number, floor = claim.floor, cap = claim.cap): number {
  const rate = (claim.weight * level - claim.used) / claim.hours;
  return rate < floor ? floor : rate > cap ? cap : rate;
}

export function fill(claims: readonly Claim[], limits: readonly Limit[]): Filled {
  const rates = claims.map(() => 0);
  const heldBy: (number | null)[] = claims.map(() => null);
  const levels: (number | null)[] = claims.map(() => null);
  const frozen = claims.map(() => false);
  const open = limits.map((_, j) => j);
  const [lowest, highest] = levelRange(claims);
  for (;;) {
    let tightest: number | null = null;
    let level = Number.POSITIVE_INFINITY;
    for (const j of open) {
      const limit = limits[j] as Limit;
      if (!claims.some((_, i) => !frozen[i] && counts(limit, i))) continue;
      if (useAt(claims, limit, frozen, rates, highest) <= limit.rate) continue;
      const reached = levelWithin(claims, limit, frozen, rates, lowest, highest);
      if (reached < level) {
        level = reached;
        tightest = j;
      }
    }
    if (tightest === null) break;
    const limit = limits[tightest] as Limit;
    for (const [i, claim] of claims.entries()) {
      if (frozen[i] || !counts(limit, i)) continue;
      rates[i] = rateAt(claim, level);
      heldBy[i] = tightest;
      levels[i] = level;
      frozen[i] = true;
    }
    open.splice(open.indexOf(tightest), 1);
  }
  for (const [i, claim] of claims.entries()) if (!frozen[i]) rates[i] = claim.cap;
  return { rates, heldBy, levels };
}

const counts = (limit: Limit, claim: number): boolean => (limit.shares[claim] as number) >= 0;

/** Dollars per hour that all claims of a limit come to, the free ones at a level. */
function useAt(
  claims: readonly Claim[],
  limit: Limit,
  frozen: readonly boolean[],
  rates: readonly number[],
  level: number,
): number {
  let sum = 0;
  for (let i = 0; i < claims.length; i++) {
    const share = limit.shares[i] as number;
    if (share <= 0) continue;
    sum += share * (frozen[i] ? (rates[i] as number) : rateAt(claims[i] as Claim, level));
  }
  return sum;
}

/** The highest level that keeps within a limit. */
function levelWithin(
  claims: readonly Claim[],
  limit: Limit,
  frozen: readonly boolean[],
  rates: readonly number[],
  lowest: number,
  highest: number,
): number {
  let low = lowest;
  let high = highest;
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2;
    if (useAt(claims, limit, frozen, rates, middle) <= limit.rate) low = middle;
    else high = middle;
  }
  return low;
}

/** From where everybody is at its floor to where everybody is at its cap. */
function levelRange(claims: readonly Claim[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const { weight, used, hours, floor, cap } of claims) {
    low = Math.min(low, (used + floor * hours) / weight);
    high = Math.max(high, (used + cap * hours) / weight);
  }
  return [Math.min(low, high), high];
}
