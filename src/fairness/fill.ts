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

export interface Claimant {
  readonly claim: Claim;
  /** By limit: the part of the time it runs, or −1 where the limit does not count it. */
  readonly shares: readonly number[];
}

/** What a claimant gets. */
export interface Filled<One extends Claimant> {
  readonly claimant: One;
  /** Dollars per hour while it runs. */
  readonly rate: number;
  /** The limit that holds it, as its place among the limits, and the level it is held at; null: its own cap holds it. */
  readonly heldBy: number | null;
  readonly level: number | null;
}

/** The same while levels rise: free until a limit holds it. */
type Filling<One extends Claimant = Claimant> = { -readonly [field in keyof Filled<One>]: Filled<One>[field] };

const halvings = 48;

/** The rate a level gives: what is missing to the level, spread over the hours. */
export function rateAt(claim: Claim, level: number, floor = claim.floor, cap = claim.cap): number {
  const rate = (claim.weight * level - claim.used) / claim.hours;
  return rate < floor ? floor : rate > cap ? cap : rate;
}

/** Limits are dollars per hour. */
export function fill<One extends Claimant>(claimants: readonly One[], limits: readonly number[]): Filled<One>[] {
  const filling = claimants.map(
    (claimant): Filling<One> => ({ claimant, rate: claimant.claim.cap, heldBy: null, level: null }),
  );
  const open = new Set(limits.keys());
  const [lowest, highest] = levelRange(claimants);
  for (;;) {
    let tightest: number | null = null;
    let level = Number.POSITIVE_INFINITY;
    for (const j of open) {
      const limit = limits[j] as number;
      if (!filling.some((one) => isFree(one) && counts(j, one))) continue;
      const takers = takersOf(j, filling);
      if (useAt(highest, takers) <= limit) continue;
      const reached = levelWithin(limit, takers, lowest, highest);
      if (reached < level) {
        level = reached;
        tightest = j;
      }
    }
    if (tightest === null) return filling;
    for (const one of filling) {
      if (!isFree(one) || !counts(tightest, one)) continue;
      one.rate = rateAt(one.claimant.claim, level);
      one.heldBy = tightest;
      one.level = level;
    }
    open.delete(tightest);
  }
}

const isFree = ({ heldBy }: Filling): boolean => heldBy === null;

const counts = (limit: number, { claimant }: Filling): boolean => (claimant.shares[limit] as number) >= 0;

/** One whose use a limit counts, and the part of the time it runs; the rate of one that is held stays as it is. */
interface Taker extends Claim {
  readonly share: number;
}

/** Copies, because every halving goes through them: a plan takes a tenth less time than with the claims themselves. */
function takersOf(limit: number, filling: readonly Filling[]): Taker[] {
  const takers: Taker[] = [];
  for (const one of filling) {
    const { claim, shares } = one.claimant;
    const share = shares[limit] as number;
    if (share <= 0) continue;
    const { weight, used, hours } = claim;
    const { floor, cap } = isFree(one) ? claim : { floor: one.rate, cap: one.rate };
    takers.push({ weight, used, hours, floor, cap, share });
  }
  return takers;
}

/** Dollars per hour, with all that are free at a level. */
function useAt(level: number, takers: readonly Taker[]): number {
  let use = 0;
  for (const taker of takers) use += taker.share * rateAt(taker, level);
  return use;
}

/** The highest level at which no more is used than a limit allows. */
function levelWithin(limit: number, takers: readonly Taker[], lowest: number, highest: number): number {
  let low = lowest;
  let high = highest;
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2;
    if (useAt(middle, takers) <= limit) low = middle;
    else high = middle;
  }
  return low;
}

/** From where everybody is at its floor to where everybody is at its cap. */
function levelRange(claimants: readonly Claimant[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const { claim } of claimants) {
    const { weight, used, hours, floor, cap } = claim;
    low = Math.min(low, (used + floor * hours) / weight);
    high = Math.max(high, (used + cap * hours) / weight);
  }
  return [Math.min(low, high), high];
}
