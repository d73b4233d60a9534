/**
 * The plan: at what rate each member may use each window from now on, so that levels even out, no window runs out
 * before its reset, and nothing is left over. Solved from the state each time, never from earlier answers.
 * "The plan" in docs/concepts/fair-share.md.
 */
import { type Bounds, boundsOf, type Waits, waitsOf } from './bounds.js';
import { type Claim, type Claimant, type Filled, fill, rateAt } from './fill.js';
import { fairnessWindow } from './level.js';
import { type Candidate, type PlannedWindow, planWindow } from './planned-window.js';
import type { Policy } from './policy.js';
import { Outlook } from './presence.js';
import type { FairState, Member } from './state.js';
import { type Conduct, type FleetCosts, fleetCosts, wakeCostOf } from './wakes.js';
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
}

export function plan(state: FairState, at: number, { evenOutHours }: PlanOptions = {}): Plan {
  const { policy } = state;
  const fair = fairnessWindow(state);
  const fairView = fair && viewWindow(state, fair, at);
  const views = plannedWindows(state, fair).map((window) => viewWindow(state, window, at));
  const fleet = fleetCosts(state);
  const horizon = evenOutHours ?? Math.min(policy.horizon_h, Math.max(0.5, fairView?.hoursLeft ?? policy.horizon_h));
  const members = policy.method === 'static' ? [] : [...state.members.values()].filter(({ retired }) => !retired);
  const candidates = members.map((member): Candidate => {
    const outlook = new Outlook(policy, member, at);
    return {
      member,
      present: outlook.present,
      wakeCost: wakeCostOf(policy, member, fleet),
      expected: views.map((view) => (countsUseOf(view.window, member.model) ? outlook.expected(view.hoursLeft) : -1)),
      hours: horizon * Math.max(0.05, outlook.expected(horizon)),
    };
  });
  const windows = views.map((view, j) => planWindow(policy, view, j, candidates));
  const claimants = boundsOf(policy, candidates, windows, evenOutHours !== undefined).map((bounds) => {
    const { candidate, floor, cap } = bounds;
    const { member, hours, expected } = candidate;
    // A period that has ended is level, though no event has said so yet.
    const used = fairView?.ended === true ? 0 : member.used;
    return { bounds, claim: { weight: member.omega, used, hours, floor, cap }, shares: expected };
  });
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
