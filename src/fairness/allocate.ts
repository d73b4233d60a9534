/**
 * What each member is entitled to, has used and has left, window by window, with the state of the windows: the rows of
 * `fair_allocations`. "Shares and balance" in docs/concepts/fair-share.md.
 */

import type { Recommendation } from './interval.js';
import { periodHasEnded } from './level.js';
import { type Plan, type PlanOptions, plan } from './plan.js';
import { reasonOf } from './reason.js';
import { recommend } from './recommend.js';
import { type Runout, runout } from './runout.js';
import { type Share, shares } from './shares.js';
import type { FairState, Member } from './state.js';
import { sum } from './sum.js';
import type { Conduct } from './wakes.js';
import { unattributedCost, type WindowView } from './window-view.js';

export interface Allocations {
  readonly at: number;
  readonly plan: Plan;
  readonly windows: readonly AllocatedWindow[];
  /** In the order of keys; those that were asked for. */
  readonly members: readonly AllocatedMember[];
}

export interface AllocatedWindow {
  readonly view: WindowView;
  readonly runout: Runout | null;
  /** Percentage points kept free. */
  readonly margin: number;
  /** Dollars per hour that may be used until the reset. */
  readonly rate: number;
  readonly exhausted: boolean;
  /** Σ ω of the members it counts. */
  readonly weight: number;
  /** Dollars used in this period outside the ledger; null before the budget is known. */
  readonly unattributed: number | null;
}

/** What one would be told, and why. */
export interface ReasonedAnswer {
  readonly told: Recommendation;
  readonly reason: string;
}

export interface AllocatedMember extends ReasonedAnswer {
  readonly member: Member;
  /** ω over the sum of all, 0 to 1. */
  readonly nominal: number;
  /** Dollars that count as used in the fairness period, and that were really used in autonomous time: 0 once it has ended. */
  readonly used: number;
  readonly autonomy: number;
  readonly share: Share | null;
  readonly conduct: Conduct | null;
  readonly present: boolean;
  /** One per window that counts its use. */
  readonly parts: readonly Part[];
}

/** A member's part of one window. */
export interface Part {
  readonly window: AllocatedWindow;
  /** Fraction of the window by weight among those it counts, 0 to 1. */
  readonly share: number;
  /** Micro-USD used in the period. */
  readonly used: number;
  /** Micro-USD it is expected to get until the reset, and as a fraction of the window; null while budgets are unknown. */
  readonly remaining: number | null;
  readonly remainingFraction: number | null;
}

export interface AllocateOptions extends Pick<PlanOptions, 'forAnswer'> {
  /**
   * Key of the one member that is asked for: what is made of the plan for each member is made for no other, and its share, which
   * takes another plan, when it is looked at: before the state goes on.
   */
  readonly only?: string | undefined;
}

export function allocate(state: FairState, at: number, options: AllocateOptions = {}): Allocations {
  const current = plan(state, at, options);
  const windows = current.windows.map((planned): AllocatedWindow => {
    const { view, margin, rate, exhausted, weight } = planned;
    const unattributed = unattributedCost(view);
    return { view, margin, rate, exhausted, weight, runout: runout(state, view.window, at), unattributed };
  });
  const entitledNow = () => new Map(shares(state, at).map((share) => [share.member.key, share]));
  let entitled = options.only === undefined ? entitledNow() : null;
  const shareOf = ({ key }: Member): Share | null => {
    entitled ??= entitledNow();
    return entitled.get(key) ?? null;
  };
  const sharing = [...state.members.values()].filter(({ retired }) => !retired);
  const omegaOf = ({ key, omega }: Member) => current.members.get(key)?.omega ?? omega;
  const omegas = sum(sharing.map(omegaOf));
  // A period that has ended is level, though no event has said so yet.
  const ended = periodHasEnded(state, at);
  const chosen = options.only === undefined ? sharing : sharing.filter(({ key }) => key === options.only);
  const members = chosen.map(
    (member): AllocatedMember => ({
      ...allocateTo(state, current, windows, member, at, () => shareOf(member)?.balance ?? null),
      nominal: omegaOf(member) / omegas,
      used: ended ? 0 : member.used,
      autonomy: ended ? 0 : member.autonomy,
      get share() {
        return shareOf(member);
      },
    }),
  );
  return { at, plan: current, windows, members };
}

/** What one without a share is told: the base interval, or to wait for full windows. */
export function tellWithoutShare(state: FairState, { plan: current, at }: Allocations, key: string): ReasonedAnswer {
  const told = recommend(state.policy, current, state.members.get(key), at);
  return { told, reason: reasonOf(state.policy, told, undefined, current) };
}

function allocateTo(
  state: FairState,
  current: Plan,
  windows: readonly AllocatedWindow[],
  member: Member,
  at: number,
  balance: () => number | null,
): Omit<AllocatedMember, 'nominal' | 'used' | 'autonomy' | 'share'> {
  const planned = current.members.get(member.key);
  const told = recommend(state.policy, current, member, at);
  const parts: Part[] = [];
  for (const [j, window] of windows.entries()) {
    const expected = planned?.expected[j] ?? 0;
    if (expected < 0) continue;
    const { view, weight } = window;
    // Never more than a whole window: over one that is long used up, a rate within its bounds may add up to that.
    const remaining =
      view.known && planned !== undefined
        ? Math.min(100 / view.perDollar, planned.rate * expected * view.hoursLeft)
        : null;
    parts.push({
      window,
      share: weight > 0 ? (planned?.omega ?? member.omega) / weight : 0,
      used: view.ended ? 0 : (view.window.used.get(member.key) ?? 0),
      remaining: remaining === null ? null : microUsd(remaining),
      remainingFraction: remaining === null ? null : (remaining * view.perDollar) / 100,
    });
  }
  return {
    member,
    told,
    conduct: planned?.conduct ?? null,
    present: planned?.present ?? false,
    reason: reasonOf(state.policy, told, planned, current, balance),
    parts,
  };
}

/** Budgets that are hardly known may be of any size; whole numbers are exact below 2^53. */
const dollarsMax = 9e9;

export const microUsd = (dollars: number): number =>
  Math.round(Math.max(-dollarsMax, Math.min(dollarsMax, dollars)) * 1e6);
