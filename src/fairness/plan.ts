/**
 * The plan: at what rate each member may use each window from now on, so that levels even out, no window runs out
 * before its reset, and nothing is left over. Solved anew from the state each time, never from earlier answers.
 * "The plan" in docs/concepts/fair-share.md.
 */
import { clamp } from './filter.js';
import { type Claim, fill, rateAt } from './fill.js';
import { fairnessWindow } from './level.js';
import { marginOf } from './policy.js';
import { Outlook } from './presence.js';
import type { FairState, Member } from './state.js';
import { type Conduct, conductOf, type FleetCosts, fleetCosts, wakeCostOf } from './wakes.js';
import { countsUseOf } from './window.js';
import { plannedWindows, viewWindow, type WindowView } from './window-view.js';

export interface PlannedWindow {
  readonly view: WindowView;
  /** Percentage points kept free. */
  readonly margin: number;
  /** Nothing may be used before the reset. */
  readonly exhausted: boolean;
  /** ρ: dollars per hour that may be used until the reset. */
  readonly rate: number;
  /** The same without what a person at work now is expected to use. */
  readonly rateWithoutAttached: number;
  /** Σ ω of the members that are present, which the window counts. */
  readonly weightPresent: number;
  /** Σ κ · cost of a wake over its members. */
  readonly wakeCostExpected: number;
  /** Whether it holds less than one more wake of everybody present. */
  readonly lastWakes: boolean;
}

export interface PlannedMember {
  readonly member: Member;
  readonly present: boolean;
  readonly conduct: Conduct;
  /** Dollars of its next wake. */
  readonly wakeCost: number;
  /** κ until each planned window resets; -1 where the window does not count its use. */
  readonly expected: readonly number[];
  readonly claim: Claim;
  /** What counted as used by it when the plan was made: `member` goes on with the log. */
  readonly used: number;
  /** Dollars per hour while it runs: what is planned for it, and what it is told it may use. */
  readonly rate: number;
  readonly floor: number;
  readonly cap: number;
  readonly recommended: number;
  /** Its rate at an equal weighted share. */
  readonly proportional: number;
  /** The window that holds it, as its place in `windows`, and the level it is held at. */
  readonly heldBy: number | null;
  readonly level: number | null;
}

export interface Plan {
  readonly at: number;
  readonly revision: number;
  readonly windows: readonly PlannedWindow[];
  /** By key, in the order of keys; retired members have none, and nobody has under the static method. */
  readonly members: ReadonlyMap<string, PlannedMember>;
  readonly fleet: FleetCosts;
}

export interface PlanOptions {
  /** Hours in which levels are to even out; without floors and boost. For shares. */
  readonly evenOutHours?: number | undefined;
}

const presentWeightMin = 0.02;

export function plan(state: FairState, at: number, options: PlanOptions = {}): Plan {
  const { policy } = state;
  const fair = fairnessWindow(state);
  const views = plannedWindows(state, fair).map((window) => viewWindow(state, window, at));
  const members = policy.method === 'static' ? [] : [...state.members.values()].filter(({ retired }) => !retired);
  const outlooks = members.map((member) => new Outlook(policy, member, at));
  const expected = members.map((member, i) =>
    views.map(({ window, hoursLeft }) =>
      countsUseOf(window, member.model) ? (outlooks[i] as Outlook).expected(hoursLeft) : -1,
    ),
  );
  const fleet = fleetCosts(state);
  const wakeCosts = members.map((member) => wakeCostOf(policy, member, fleet));
  const windows = views.map((view, j) => planWindow(state, view, j, members, outlooks, expected, wakeCosts));
  const levelled = fair === null || !viewWindow(state, fair, at).ended;
  const fairHours = fair === null ? policy.horizon_h : viewWindow(state, fair, at).hoursLeft;
  const horizon = options.evenOutHours ?? Math.min(policy.horizon_h, Math.max(0.5, fairHours));
  const bounds = members.map((member, i) =>
    boundsOf(state, member, i, windows, members, outlooks, expected, wakeCosts[i] as number, options),
  );
  scaleFloors(bounds, windows, expected);
  const claims = members.map((member, i): Claim => {
    const { floor, cap } = bounds[i] as Bounds;
    const hours = horizon * Math.max(0.05, (outlooks[i] as Outlook).expected(horizon));
    return { weight: member.omega, used: levelled ? member.used : 0, hours, floor, cap };
  });
  const limits = windows.map((window, j) => ({
    rate: window.rate,
    shares: expected.map((shares) => shares[j] as number),
  }));
  const filled = fill(claims, limits);
  const planned = members.map((member, i): PlannedMember => {
    const bound = bounds[i] as Bounds;
    const claim = claims[i] as Claim;
    const level = filled.levels[i] as number | null;
    return {
      member,
      present: (outlooks[i] as Outlook).present,
      conduct: bound.conduct,
      wakeCost: wakeCosts[i] as number,
      expected: expected[i] as number[],
      claim,
      used: member.used,
      rate: filled.rates[i] as number,
      floor: bound.recommendedFloor,
      cap: bound.recommendedCap,
      recommended:
        level === null ? bound.recommendedCap : rateAt(claim, level, bound.recommendedFloor, bound.recommendedCap),
      proportional: bound.proportional,
      heldBy: filled.heldBy[i] as number | null,
      level,
    };
  });
  return {
    at,
    revision: state.revision,
    windows,
    members: new Map(planned.map((one) => [one.member.key, one])),
    fleet,
  };
}

function planWindow(
  state: FairState,
  view: WindowView,
  j: number,
  members: readonly Member[],
  outlooks: readonly Outlook[],
  expected: readonly (readonly number[])[],
  wakeCosts: readonly number[],
): PlannedWindow {
  const { policy } = state;
  const margin = marginOf(view.window.rule) + policy.caution_deviations * Math.min(view.deviation, 3);
  const free = 100 - margin - view.percent;
  const exhausted = view.full || (policy.method === 'fair' && (view.percent >= 99.8 || free <= 0));
  let weightPresent = 0;
  let wakeCostExpected = 0;
  let wakeCostPresent = 0;
  for (const [i, member] of members.entries()) {
    const share = (expected[i] as number[])[j] as number;
    if (share < 0) continue;
    if ((outlooks[i] as Outlook).present) {
      weightPresent += member.omega;
      wakeCostPresent += wakeCosts[i] as number;
    }
    wakeCostExpected += share * (wakeCosts[i] as number);
  }
  const hours = Math.max(view.hoursLeft, clamp(0.02 * view.lengthHours, 300 / 3_600, 1_800 / 3_600));
  const rates = view.known
    ? knownRates(view, free, hours)
    : unknownRates(view, free, hours, wakeCostExpected / (policy.interval_s_base / 3_600));
  return {
    view,
    margin,
    exhausted,
    rate: exhausted ? 0 : rates.rate,
    rateWithoutAttached: exhausted ? 0 : rates.withoutAttached,
    weightPresent,
    wakeCostExpected,
    lastWakes: view.known && rates.rate * hours < wakeCostPresent,
  };
}

interface Rates {
  readonly rate: number;
  readonly withoutAttached: number;
}

/** What the window still holds beyond margin, use outside the ledger and people, spread over the time left. */
function knownRates(view: WindowView, free: number, hours: number): Rates {
  const left = (free - view.unattributedAhead) / view.perDollar - view.humanHabit;
  return {
    rate: Math.max(0, left - view.humanAttached) / hours,
    withoutAttached: Math.max(0, left) / hours,
  };
}

/** Without a budget to plan with: the base interval, slower where use runs ahead of time or little is left. */
function unknownRates(view: WindowView, free: number, hours: number, baseRate: number): Rates {
  const { window, percent } = view;
  const elapsed = 100 * (1 - view.hoursLeft / view.lengthHours);
  const brake = percent > 5 && percent > elapsed ? clamp(elapsed / percent, 0.2, 1) : 1;
  const careful = baseRate * brake * clamp(free / 10, 0.02, 1);
  const costRead = view.ended ? 0 : window.lastCost - window.firstCost;
  const steepest = costRead > 0 ? (Math.max(0, window.lastPercent - window.firstPercent) + 1.5) / costRead : 0;
  const left = steepest > 0 ? free / steepest - view.humanHabit : 0;
  return {
    rate: Math.max(careful, Math.max(0, left - view.humanAttached) / hours),
    withoutAttached: Math.max(careful, Math.max(0, left) / hours),
  };
}

/** Between which rates a member is planned, and between which it is told. */
interface Bounds {
  readonly conduct: Conduct;
  readonly proportional: number;
  readonly recommendedFloor: number;
  readonly recommendedCap: number;
  floor: number;
  readonly cap: number;
}

function boundsOf(
  state: FairState,
  member: Member,
  i: number,
  windows: readonly PlannedWindow[],
  members: readonly Member[],
  outlooks: readonly Outlook[],
  expected: readonly (readonly number[])[],
  wakeCost: number,
  options: PlanOptions,
): Bounds {
  const { policy } = state;
  const forShares = options.evenOutHours !== undefined;
  const secondsMin = Math.max(policy.interval_s_min, member.intervalSecondsMin ?? 0);
  const fastest = (wakeCost * 3_600) / secondsMin;
  const proportional = proportionalRate(member, i, windows, members, outlooks, expected, fastest);
  const recommendedFloor = forShares ? 0 : Math.min(policy.floor_fraction * proportional, fastest);
  const boosted = forShares || members.length === 1 ? fastest : Math.min(fastest, policy.boost_max * proportional);
  const recommendedCap = Math.max(recommendedFloor, boosted);
  const conduct = conductOf(member);
  const own = member.gap > 0 ? (wakeCost * 3_600) / member.gap : recommendedCap;
  if (conduct === 'rogue') {
    return { conduct, proportional, recommendedFloor, recommendedCap, floor: own, cap: own };
  }
  const cap = conduct === 'demand' ? Math.min(recommendedCap, 1.2 * own) : recommendedCap;
  return { conduct, proportional, recommendedFloor, recommendedCap, floor: Math.min(recommendedFloor, cap), cap };
}

/** What the tightest of its windows gives a member if all who are expected share by weight. */
function proportionalRate(
  member: Member,
  i: number,
  windows: readonly PlannedWindow[],
  members: readonly Member[],
  outlooks: readonly Outlook[],
  expected: readonly (readonly number[])[],
  unlimited: number,
): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const [j, window] of windows.entries()) {
    if (((expected[i] as number[])[j] as number) < 0) continue;
    let weights = 0;
    for (const [k, other] of members.entries()) {
      const share = (expected[k] as number[])[j] as number;
      if (share < 0) continue;
      weights += Math.max(share, (outlooks[k] as Outlook).present ? presentWeightMin : 0) * other.omega;
    }
    if (weights > 0) lowest = Math.min(lowest, window.rate / weights);
  }
  return lowest === Number.POSITIVE_INFINITY ? unlimited : member.omega * lowest;
}

/** Where the floors of a window come to more than it holds, all but those of rogues shrink alike. */
function scaleFloors(
  bounds: readonly Bounds[],
  windows: readonly PlannedWindow[],
  expected: readonly (readonly number[])[],
): void {
  const factors = bounds.map(() => 1);
  for (const [j, window] of windows.entries()) {
    let floors = 0;
    let rogues = 0;
    for (const [i, bound] of bounds.entries()) {
      const share = Math.max(0, (expected[i] as number[])[j] as number);
      if (bound.conduct === 'rogue') rogues += share * bound.floor;
      else floors += share * bound.floor;
    }
    if (floors + rogues <= window.rate || floors === 0) continue;
    const factor = clamp((window.rate - rogues) / floors, 0, 1);
    for (const [i, shares] of expected.entries()) {
      if ((shares[j] as number) >= 0) factors[i] = Math.min(factors[i] as number, factor);
    }
  }
  for (const [i, bound] of bounds.entries()) if (bound.conduct !== 'rogue') bound.floor *= factors[i] as number;
}
