/** Between which rates a member is planned, and between which intervals it is told. "Bounds" in docs/concepts/fair-share.md. */
import { clamp } from './filter.js';
import type { Candidate, PlannedWindow } from './planned-window.js';
import type { Policy } from './policy.js';
import { type Conduct, conductOf, shortestWait } from './wakes.js';

/** Rates in dollars per hour while it runs. */
export interface Bounds {
  readonly conduct: Conduct;
  /** Its rate at an equal weighted share. */
  readonly proportional: number;
  readonly recommendedFloor: number;
  readonly recommendedCap: number;
  readonly floor: number;
  readonly cap: number;
}

/** `forShares`: without floors and boost, as shares are worked out. */
export function boundsOf(
  policy: Policy,
  candidates: readonly Candidate[],
  windows: readonly PlannedWindow[],
  forShares: boolean,
): Bounds[] {
  const alone = candidates.length === 1;
  const bounds = candidates.map((candidate) => bound(policy, candidate, windows, forShares, alone));
  return scaleFloors(bounds, candidates, windows);
}

function bound(
  policy: Policy,
  { member, wakeCost, expected }: Candidate,
  windows: readonly PlannedWindow[],
  forShares: boolean,
  alone: boolean,
): Bounds {
  const fastest = (wakeCost * 3_600) / shortestWait(policy, member);
  const proportional = proportionalRate(member.omega, expected, windows) ?? fastest;
  const recommendedFloor = forShares ? 0 : Math.min(policy.floor_fraction * proportional, fastest);
  const boosted = forShares || alone ? fastest : Math.min(fastest, policy.boost_max * proportional);
  const recommendedCap = Math.max(recommendedFloor, boosted);
  const conduct = conductOf(member);
  const own = member.gap > 0 ? (wakeCost * 3_600) / member.gap : recommendedCap;
  const cap = conduct === 'demand' ? Math.min(recommendedCap, 1.2 * own) : recommendedCap;
  const takesOwn = conduct === 'rogue' && !forShares;
  const planned = takesOwn ? { floor: own, cap: own } : { floor: Math.min(recommendedFloor, cap), cap };
  return { conduct, proportional, recommendedFloor, recommendedCap, ...planned };
}

/** What the tightest of its windows gives it if all who are expected share by weight; null where none counts it. */
function proportionalRate(
  omega: number,
  expected: readonly number[],
  windows: readonly PlannedWindow[],
): number | null {
  let lowest: number | null = null;
  for (const [j, { rate, weightExpected }] of windows.entries()) {
    if ((expected[j] as number) < 0 || weightExpected <= 0) continue;
    const perWeight = rate / weightExpected;
    if (lowest === null || perWeight < lowest) lowest = perWeight;
  }
  return lowest === null ? null : omega * lowest;
}

/**
 * Where the floors of a window come to more than it holds, all but those of rogues shrink alike. Where rogues alone take
 * more, no level fits: they are told their equal share.
 */
function scaleFloors(
  bounds: readonly Bounds[],
  candidates: readonly Candidate[],
  windows: readonly PlannedWindow[],
): Bounds[] {
  const factors = bounds.map(() => 1);
  const overdrawn = bounds.map(() => false);
  for (const [j, { rate }] of windows.entries()) {
    const share = (i: number) => Math.max(0, (candidates[i] as Candidate).expected[j] as number);
    let floors = 0;
    let rogues = 0;
    for (const [i, { conduct, floor }] of bounds.entries()) {
      if (conduct === 'rogue') rogues += share(i) * floor;
      else floors += share(i) * floor;
    }
    if (floors + rogues <= rate) continue;
    const factor = floors === 0 ? 1 : clamp((rate - rogues) / floors, 0, 1);
    for (const [i, { expected }] of candidates.entries()) {
      if ((expected[j] as number) < 0) continue;
      factors[i] = Math.min(factors[i] as number, factor);
      if (rogues > rate) overdrawn[i] = true;
    }
  }
  return bounds.map((one, i) => {
    if (one.conduct !== 'rogue') return { ...one, floor: one.floor * (factors[i] as number) };
    return overdrawn[i] ? { ...one, recommendedCap: Math.min(one.recommendedCap, one.proportional) } : one;
  });
}

/** How long a member may be told to wait. */
export interface Waits {
  /** Seconds. */
  readonly shortest: number;
  readonly longest: number;
  /** Its windows that are used up. */
  readonly blocked: readonly PlannedWindow[];
  /** Whether one of its windows holds less than a wake of everybody. */
  readonly lastWakes: boolean;
}

export function waitsOf(policy: Policy, { member, expected }: Candidate, windows: readonly PlannedWindow[]): Waits {
  const own = windows.filter((_, j) => (expected[j] as number) >= 0);
  const shortest = shortestWait(policy, member);
  return {
    shortest,
    longest: Math.max(shortest, ceiling(policy, own)),
    blocked: own.filter(({ exhausted }) => exhausted),
    lastWakes: own.some(({ lastWakes }) => lastWakes),
  };
}

/** The longest interval: longer than the policy's only where an even pace of the whole fleet is slower than that. */
function ceiling(policy: Policy, windows: readonly PlannedWindow[]): number {
  let pace = 0;
  for (const { view, rateWithoutAttached, wakeCostExpected } of windows) {
    if (!view.known || view.lengthHours <= 24) continue;
    if (wakeCostExpected > 0) pace = Math.max(pace, (3_600 * wakeCostExpected) / rateWithoutAttached);
  }
  return clamp(2 * pace, policy.interval_s_max, policy.interval_s_hard_max);
}
