/** Between which rates a member is planned, and between which intervals it is told. "Bounds" in docs/concepts/fair-share.md. */
import { clamp } from './filter.js';
import { type Candidate, isDisobedient, type PlannedWindow } from './planned-window.js';
import { isByRun, type Policy } from './policy.js';
import { hourMs } from './state.js';
import { type Conduct, shortestWait } from './wakes.js';

/** One of a plan, and its rates in dollars per hour while it runs. */
export interface Bounds {
  readonly candidate: Candidate;
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
  const floors = windows.map(({ rate }, j) => floorsOf(rate, j, bounds));
  return bounds.map((one) => withFloors(one, floors));
}

function bound(
  policy: Policy,
  candidate: Candidate,
  windows: readonly PlannedWindow[],
  forShares: boolean,
  alone: boolean,
): Bounds {
  const { wakeCost, expected } = candidate;
  const fastest = (wakeCost * 3_600) / shortestOf(policy, candidate, windows);
  const proportional = proportionalRate(candidate.omega, expected, windows) ?? fastest;
  const recommendedFloor = forShares ? 0 : Math.min(policy.floor_fraction * proportional, fastest);
  const boosted = forShares || alone ? fastest : Math.min(fastest, policy.boost_max * proportional);
  const isCapped = isAwayFromUnknown(policy, candidate, windows);
  const recommendedCap = Math.max(recommendedFloor, isCapped ? Math.min(boosted, proportional) : boosted);
  const { conduct } = candidate;
  const own = candidate.own ?? recommendedCap;
  const cap = conduct === 'demand' ? Math.min(recommendedCap, 1.2 * own) : recommendedCap;
  const takesOwn = isDisobedient(conduct) && !forShares;
  const planned = takesOwn ? { floor: own, cap: own } : { floor: Math.min(recommendedFloor, cap), cap };
  return { candidate, conduct, proportional, recommendedFloor, recommendedCap, ...planned };
}

/** Whoever is away is offered no more than its equal share of a window whose budget is not known, and told no more. */
function isAwayFromUnknown(
  policy: Policy,
  { present, expected }: Candidate,
  windows: readonly PlannedWindow[],
): boolean {
  if (!isByRun(policy) || present) return false;
  return windows.some(({ view }, j) => (expected[j] as number) >= 0 && !view.known);
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

/** What a window makes of the floors of its members. */
interface Floors {
  /** The part of them that it holds, beside what rogues take. */
  readonly factor: number;
  /** Whether rogues alone take more than it holds. */
  readonly overdrawn: boolean;
}

/** `j` is the window's place among those of the plan. */
function floorsOf(rate: number, j: number, bounds: readonly Bounds[]): Floors {
  let floors = 0;
  let rogues = 0;
  for (const { candidate, conduct, floor } of bounds) {
    const use = Math.max(0, candidate.expected[j] as number) * floor;
    if (isDisobedient(conduct)) rogues += use;
    else floors += use;
  }
  const fits = floors + rogues <= rate || floors === 0;
  return { factor: fits ? 1 : clamp((rate - rogues) / floors, 0, 1), overdrawn: rogues > rate };
}

/**
 * Where the floors of a window add up to more than it holds, all but those of rogues shrink alike. Where rogues alone take
 * more, no level fits: they are told their equal share.
 */
function withFloors(bounds: Bounds, floors: readonly Floors[]): Bounds {
  const { candidate, conduct, floor, recommendedCap, proportional } = bounds;
  let lowest = 1;
  let isOverdrawn = false;
  for (const [j, { factor, overdrawn }] of floors.entries()) {
    if ((candidate.expected[j] as number) < 0) continue;
    lowest = Math.min(lowest, factor);
    isOverdrawn ||= overdrawn;
  }
  if (!isDisobedient(conduct)) return lowest === 1 ? bounds : { ...bounds, floor: floor * lowest };
  return isOverdrawn ? { ...bounds, recommendedCap: Math.min(recommendedCap, proportional) } : bounds;
}

/** Where no budget is known and no reading was believed for so long, nobody is told to run more often than the base interval. */
const blindMs = 48 * hourMs;

/** Seconds between two runs at least. */
function shortestOf(policy: Policy, { member, expected, at }: Candidate, windows: readonly PlannedWindow[]): number {
  const shortest = shortestWait(policy, member);
  if (!isByRun(policy)) return shortest;
  const own = windows.filter((_, j) => (expected[j] as number) >= 0);
  return areUnread(own, at) ? Math.max(shortest, policy.interval_s_base) : shortest;
}

/** Whether no budget of them is known, and nothing was read of any of them that was believed, ever or for two days. */
export const areUnread = (windows: readonly Pick<PlannedWindow, 'view'>[], at: number): boolean =>
  windows.every(
    ({ view: { known, window } }) => !known && (window.lastRead === null || at - window.lastRead > blindMs),
  );

/** How long a member may be told to wait. */
export interface Waits {
  /** Seconds. */
  readonly shortest: number;
  readonly longest: number;
  /** Its windows that are used up. */
  readonly blocked: readonly PlannedWindow[];
  /** Whether one of its windows holds less than a wake of everybody. */
  readonly lastWakes: boolean;
  /** Whether none of its windows was read lately, and none is known. */
  readonly isUnread: boolean;
}

export function waitsOf(policy: Policy, candidate: Candidate, windows: readonly PlannedWindow[]): Waits {
  const { expected } = candidate;
  const own = windows.filter((_, j) => (expected[j] as number) >= 0);
  const shortest = shortestOf(policy, candidate, windows);
  return {
    shortest,
    longest: Math.max(shortest, ceiling(policy, own)),
    blocked: own.filter(({ exhausted }) => exhausted),
    isUnread: areUnread(own, candidate.at),
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
