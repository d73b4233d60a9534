/**
 * Weighted max-min over several limits at once, by progressive filling: everybody's level rises together until a limit
 * is reached; those it holds stay there, the others rise on. "Water-filling" in docs/concepts/fair-share.md.
 */
import type { GroupClaim } from './groups.js';

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
  /** What its group is due: the same object for all its members. */
  readonly group?: GroupClaim | null | undefined;
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

/** Limits are dollars per hour. Members of a group rise within it, as far as the level lifts the group. */
export function fill<One extends Claimant>(claimants: readonly One[], limits: readonly number[]): Filled<One>[] {
  const filling = claimants.map(
    (claimant): Filling<One> => ({ claimant, rate: claimant.claim.cap, heldBy: null, level: null }),
  );
  const open = new Set(limits.keys());
  const groups = groupsOf(filling);
  const [lowest, highest] = levelRange(claimants, groups);
  for (;;) {
    let tightest: number | null = null;
    let level = Number.POSITIVE_INFINITY;
    for (const j of open) {
      const limit = limits[j] as number;
      if (!filling.some((one) => isFree(one) && counts(j, one))) continue;
      const takers = takersOf(j, filling, groups);
      const use = (at: number) => useAt(at, takers) + useOfGroups(at, j, groups);
      if (use(highest) <= limit) continue;
      const reached = levelWithin(limit, use, lowest, highest);
      if (reached < level) {
        level = reached;
        tightest = j;
      }
    }
    if (tightest === null) return filling;
    const inner = groups.map((group) => levelOfGroup(group, level));
    for (const one of filling) {
      if (!isFree(one) || !counts(tightest, one)) continue;
      const place = groups.findIndex(({ claim }) => claim === one.claimant.group);
      const own = place < 0 ? level : (inner[place] as number);
      one.rate = rateAt(one.claimant.claim, own);
      one.heldBy = tightest;
      one.level = own;
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
function takersOf(limit: number, filling: readonly Filling[], groups: readonly Group[]): Taker[] {
  const takers: Taker[] = [];
  for (const one of filling) {
    const { claim, shares } = one.claimant;
    const share = shares[limit] as number;
    if (share <= 0 || (groups.length > 0 && isFree(one) && one.claimant.group != null)) continue;
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
function levelWithin(limit: number, use: (level: number) => number, lowest: number, highest: number): number {
  let low = lowest;
  let high = highest;
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2;
    if (use(middle) <= limit) low = middle;
    else high = middle;
  }
  return low;
}

/** From where everybody is at its floor to where everybody is at its cap. */
function levelRange(claimants: readonly Claimant[], groups: readonly Group[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const { claim, group } of claimants) {
    if (group != null) continue;
    const { weight, used, hours, floor, cap } = claim;
    low = Math.min(low, (used + floor * hours) / weight);
    high = Math.max(high, (used + cap * hours) / weight);
  }
  for (const { claim, members } of groups) {
    let floors = claim.used;
    let caps = claim.used;
    for (const { claimant } of members) {
      floors += claimant.claim.floor * claimant.claim.hours;
      caps += claimant.claim.cap * claimant.claim.hours;
    }
    low = Math.min(low, floors / claim.weight);
    high = Math.max(high, caps / claim.weight);
  }
  return [Math.min(low, high), high];
}

/** The claimants of one group. */
interface Group {
  readonly claim: GroupClaim;
  readonly members: readonly Filling[];
}

function groupsOf(filling: readonly Filling[]): Group[] {
  const groups = new Map<GroupClaim, Filling[]>();
  for (const one of filling) {
    const { group } = one.claimant;
    if (group == null) continue;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [one]);
    else members.push(one);
  }
  return [...groups].map(([claim, members]) => ({ claim, members }));
}

const halvingsOfGroup = 40;

/** The level within a group at which its members that are free get what the group is due at a level, less what the others hold. */
function levelOfGroup({ claim, members }: Group, level: number): number {
  let due = claim.weight * level - claim.used;
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  const free: Claim[] = [];
  for (const one of members) {
    const own = one.claimant.claim;
    if (!isFree(one)) {
      due -= own.hours * one.rate;
      continue;
    }
    free.push(own);
    low = Math.min(low, (own.used + own.floor * own.hours) / own.weight);
    high = Math.max(high, (own.used + own.cap * own.hours) / own.weight);
  }
  if (free.length === 0) return 0;
  low = Math.min(low, high);
  const got = (at: number) => free.reduce((sum, own) => sum + own.hours * rateAt(own, at), 0);
  if (got(high) <= due) return high;
  for (let i = 0; i < halvingsOfGroup; i++) {
    const middle = (low + high) / 2;
    if (got(middle) <= due) low = middle;
    else high = middle;
  }
  return low;
}

/** Dollars per hour of a limit that the free members of groups use at a level. */
function useOfGroups(level: number, limit: number, groups: readonly Group[]): number {
  let use = 0;
  for (const group of groups) {
    if (!group.members.some((one) => isFree(one) && counts(limit, one))) continue;
    const inner = levelOfGroup(group, level);
    for (const one of group.members) {
      if (isFree(one) && counts(limit, one))
        use += Math.max(0, one.claimant.shares[limit] as number) * rateAt(one.claimant.claim, inner);
    }
  }
  return use;
}
