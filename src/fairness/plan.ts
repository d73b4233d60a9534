/**
 * The plan: at what rate each member may use each window from now on, so that levels even out, no window runs out
 * before its reset, and nothing is left over. Solved anew from the state each time, never from earlier answers.
 * "The plan" in docs/concepts/fair-share.md.
 */
import { boundsOf, type Waits, waitsOf } from './bounds.js';
import { type Claim, fill, rateAt } from './fill.js';
import { fairnessWindow } from './level.js';
import { type Candidate, type PlannedWindow, planWindow } from './planned-window.js';
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
  const members = policy.method === 'static' ? [] : [...state.members.values()].filter(({ retired }) => !retired);
  const outlooks = members.map((member) => new Outlook(policy, member, at));
  const candidates = members.map((member, i): Candidate => {
    const outlook = outlooks[i] as Outlook;
    const expected = views.map(({ window, hoursLeft }) =>
      countsUseOf(window, member.model) ? outlook.expected(hoursLeft) : -1,
    );
    return { member, present: outlook.present, wakeCost: wakeCostOf(policy, member, fleet), expected };
  });
  const windows = views.map((view, j) => planWindow(policy, view, j, candidates));
  const bounds = boundsOf(policy, candidates, windows, evenOutHours !== undefined);
  const horizon = evenOutHours ?? Math.min(policy.horizon_h, Math.max(0.5, fairView?.hoursLeft ?? policy.horizon_h));
  const claims = candidates.map(({ member }, i): Claim => {
    const { floor, cap } = bounds[i] as (typeof bounds)[number];
    const hours = horizon * Math.max(0.05, (outlooks[i] as Outlook).expected(horizon));
    // A period that has ended is level, though no event has said so yet.
    return { weight: member.omega, used: fairView?.ended === true ? 0 : member.used, hours, floor, cap };
  });
  const limits = windows.map(({ rate }, j) => ({
    rate,
    shares: candidates.map(({ expected }) => expected[j] as number),
  }));
  const { rates, heldBy, levels } = fill(claims, limits);
  const planned = new Map<string, PlannedMember>();
  for (const [i, candidate] of candidates.entries()) {
    const { member, present, wakeCost, expected } = candidate;
    const claim = claims[i] as Claim;
    const {
      conduct,
      proportional,
      recommendedFloor: floor,
      recommendedCap: cap,
    } = bounds[i] as (typeof bounds)[number];
    const level = levels[i] as number | null;
    planned.set(member.key, {
      member,
      present,
      conduct,
      wakeCost,
      expected,
      claim,
      used: member.used,
      rate: rates[i] as number,
      floor,
      cap,
      recommended: level === null ? cap : rateAt(claim, level, floor, cap),
      proportional,
      heldBy: heldBy[i] as number | null,
      level,
      waits: waitsOf(policy, candidate, windows),
    });
  }
  return { at, revision: state.revision, windows, members: planned, fleet };
}
