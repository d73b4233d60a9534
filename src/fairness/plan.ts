/**
 * The plan: at what rate each member may use each window from now on, so that levels even out, no window runs out
 * before its reset, and nothing is left over. Solved from the state each time, never from earlier answers.
 * "The plan" in docs/concepts/fair-share.md.
 */
import { type Bounds, boundsOf, type Waits, waitsOf } from './bounds.js';
import { type Claim, type Claimant, type Filled, fill, rateAt } from './fill.js';
import { groupCandidates, likelihood } from './groups.js';
import { fairnessWindow } from './level.js';
import { type Candidate, isDisobedient, type PlannedWindow, planWindow } from './planned-window.js';
import { isByRun, type Policy } from './policy.js';
import { Outlook } from './presence.js';
import { goingOn } from './runs.js';
import type { FairState, Member } from './state.js';
import { type Conduct, conductOf, type FleetCosts, fleetCosts, wakeCostOf } from './wakes.js';
import { countsUseOf } from './window.js';
import { plannedWindows, viewWindow } from './window-view.js';

export interface PlannedMember {
  readonly member: Member;
  readonly present: boolean;
  readonly conduct: Conduct;
  /** Dollars of its next wake. */
  readonly wakeCost: number;
  /** κ until each planned window resets; -1 where the window does not count its use. */
  readonly expected: readonly number[];
  readonly claim: Claim;
  /** ω among all, as in `Candidate`. */
  readonly omega: number;
  /** What counted as used by it when the plan was made: `member` goes on with the log. */
  readonly used: number;
  /** Dollars per hour while it runs: what is planned for it, and what it is told it may use, within bounds. */
  readonly rate: number;
  readonly floor: number;
  readonly cap: number;
  readonly recommended: number;
  /** Its rate at an equal weighted share. */
  readonly proportional: number;
  /** The window that holds it, as its place in `windows`, and the level it is held at; null: its own cap does. */
  readonly heldBy: number | null;
  readonly level: number | null;
  readonly waits: Waits;
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
  /**
   * For an answer about now: the wait for a full window whose reset is not known ends at a fixed time. What rows are worked out from
   * under version 1 of the method leaves that open, as it always has.
   */
  readonly forAnswer?: boolean | undefined;
}

export function plan(state: FairState, at: number, { evenOutHours, forAnswer = false }: PlanOptions = {}): Plan {
  const { policy } = state;
  const fair = fairnessWindow(state);
  const fairView = fair && viewWindow(state, fair, at);
  const views = plannedWindows(state, fair).map((window) =>
    viewWindow(state, window, at, forAnswer || isByRun(policy)),
  );
  const fleet = fleetCosts(state);
  const horizon = evenOutHours ?? Math.min(policy.horizon_h, Math.max(0.5, fairView?.hoursLeft ?? policy.horizon_h));
  const members = policy.method === 'static' ? [] : [...state.members.values()].filter(({ retired }) => !retired);
  const isOver = fairView?.ended === true;
  const single = members.map((member): Candidate => {
    const outlook = new Outlook(policy, member, at);
    const wakeCost = wakeCostOf(policy, member, fleet);
    const expected = outlook.expected(horizon);
    return {
      member,
      at,
      present: outlook.present,
      wakeCost,
      ...paceOf(policy, member, wakeCost, at),
      expected: views.map((view) => (countsUseOf(view.window, member.model) ? outlook.expected(view.hoursLeft) : -1)),
      omega: member.omega,
      group: null,
      likely: likelihood(expected),
      hours: horizon * Math.max(0.05, expected),
    };
  });
  const candidates = groupCandidates(state, single, isOver);
  const windows = views.map((view, j) => planWindow(policy, view, j, candidates));
  const claimants = boundsOf(policy, candidates, windows, evenOutHours !== undefined).map((bounds): Candidacy => {
    const { candidate, floor, cap } = bounds;
    const { member, hours, expected } = candidate;
    // A period that has ended is level, though no event has said so yet.
    const used = isOver ? 0 : member.used;
    return {
      bounds,
      claim: { weight: member.omega, used, hours, floor, cap },
      group: candidate.group,
      shares: sharesOf(policy, bounds, windows, expected),
    };
  });
  if (isByRun(policy)) holdBack(claimants, windows);
  const filled = fill(
    claimants,
    windows.map(({ rate }) => rate),
  );
  const planned = new Map<string, PlannedMember>();
  for (const one of filled) planned.set(one.claimant.bounds.candidate.member.key, plannedMember(policy, windows, one));
  return { at, revision: state.revision, windows, members: planned, fleet };
}

interface Candidacy extends Claimant {
  readonly bounds: Bounds;
  shares: readonly number[];
}

/**
 * How it keeps to what it is told, and its own rate. Whoever goes on and on, faster than it was told it may use, counts as doing
 * so; slower, as asking for no more.
 */
function paceOf(
  policy: Policy,
  member: Member,
  wakeCost: number,
  at: number,
): Pick<Candidate, 'conduct' | 'own' | 'onHours'> {
  const own = member.gap > 0 ? (wakeCost * 3_600) / member.gap : null;
  const on = isByRun(policy) ? goingOn(member, at) : null;
  if (on !== null && member.toldRate !== null) {
    if (0.75 * on.rate > member.toldRate) return { conduct: 'on', own: on.rate, onHours: on.hours };
    if (1.3 * on.rate < member.toldRate) return { conduct: 'demand', own: on.rate, onHours: 0 };
  }
  return { conduct: conductOf(member), own, onHours: 0 };
}

/** Whoever goes on and on is expected to do so for as long again as it has; then it does as it is told. */
function sharesOf(
  policy: Policy,
  { candidate, recommendedFloor, floor }: Bounds,
  windows: readonly PlannedWindow[],
  expected: readonly number[],
): readonly number[] {
  if (!isByRun(policy) || candidate.conduct !== 'on') return expected;
  return windows.map(({ view }, j) => {
    const share = expected[j] as number;
    if (share < 0) return share;
    const on = Math.min(1, candidate.onHours / view.hoursLeft);
    return on + (1 - on) * share * Math.min(1, floor > 0 ? recommendedFloor / floor : 1);
  });
}

/** What those take who do not keep to what they are told is planned for only as far as the others are protected from it. */
function holdBack(claimants: readonly Candidacy[], windows: readonly PlannedWindow[]): void {
  const bad = claimants.filter(({ bounds }) => isDisobedient(bounds.candidate.conduct));
  if (bad.length === 0) return;
  for (const [j, { disobedientMax }] of windows.entries()) {
    let load = 0;
    for (const { shares, claim } of bad) load += Math.max(0, shares[j] as number) * claim.floor;
    if (load <= disobedientMax) continue;
    // A hair less: where that is all the window holds, it must not be a matter of the last digit whether it fits.
    const part = ((1 - 1e-9) * disobedientMax) / load;
    for (const one of bad) one.shares = one.shares.map((share, k) => (k === j && share > 0 ? share * part : share));
  }
}

function plannedMember(
  policy: Policy,
  windows: readonly PlannedWindow[],
  { claimant, rate, heldBy, level }: Filled<Candidacy>,
): PlannedMember {
  const { bounds, claim } = claimant;
  const { candidate, conduct, proportional, recommendedFloor: floor, recommendedCap: cap } = bounds;
  const { member, present, wakeCost, expected } = candidate;
  return {
    member,
    present,
    conduct,
    wakeCost,
    expected,
    claim,
    omega: candidate.omega,
    used: member.used,
    rate,
    floor,
    cap,
    recommended: level === null ? cap : rateAt(claim, level, floor, cap),
    proportional,
    heldBy,
    level,
    waits: waitsOf(policy, candidate, windows),
  };
}
