/**
 * Who is entitled to how much of the fairness period, and who is owed. "Shares and balance" in
 * docs/concepts/fair-share.md.
 */
import { fairnessWindow } from './level.js';
import { type Plan, plan } from './plan.js';
import type { FairState, Member } from './state.js';
import { sum } from './sum.js';
import { viewWindow } from './window-view.js';

export interface Share {
  readonly member: Member;
  /** ω over the sum of all: its fraction if everybody wanted all it can get. */
  readonly nominal: number;
  /** Dollars that count as used in the period, and that it is expected to get until the end of it. */
  readonly used: number;
  readonly remaining: number;
  /** Both together: what is fair for it in this period. */
  readonly fairTotal: number;
  /** Dollars it is behind (above 0) or ahead of (below 0) the others. All balances add up to 0. */
  readonly balance: number;
}

/** Dollars by which the period has been used evenly so far; by member, in the order of their keys. */
export function shares(state: FairState, at: number): Share[] {
  const fair = fairnessWindow(state);
  const hours = fair === null ? state.policy.horizon_h : viewWindow(state, fair, at).hoursLeft;
  return sharesOf(plan(state, at, { evenOutHours: hours }), hours);
}

function sharesOf(evenPlan: Plan, hours: number): Share[] {
  const planned = [...evenPlan.members.values()];
  const weights = sum(planned.map(({ omega }) => omega));
  const rows = planned.map(({ member, claim, omega, rate }) => {
    // `claim.hours` is the part of the period it is expected to run.
    const remaining = rate * Math.min(claim.hours, hours);
    return { member, nominal: omega / weights, used: claim.used, remaining, fairTotal: claim.used + remaining };
  });
  const used = sum(rows.map((row) => row.used));
  const total = sum(rows.map((row) => row.fairTotal));
  const gone = total > 0 ? used / total : 0;
  return rows.map((row) => ({ ...row, balance: gone * row.fairTotal - row.used }));
}
