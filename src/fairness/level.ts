/**
 * The unit of fairness: use over weight, since the fairness period began. "The level" in docs/concepts/fair-share.md.
 */

import type { MemberFacts } from './fair-event.js';
import { byGroup, groupUse, groupWeight, likelihood, type Weighed } from './groups.js';
import type { Policy } from './policy.js';
import { Outlook } from './presence.js';
import type { FairState, Member, Window } from './state.js';
import { sum } from './sum.js';

const newcomerLookHours = 6;

/** ω = weight · multiplier^γ: what use is divided by before it is compared. */
export function omegaOf(policy: Policy, weight: number, multiplier: number): number {
  return policy.multiplier_power === 1 ? weight * multiplier : weight * multiplier ** policy.multiplier_power;
}

/** The window whose periods are the fairness periods: the longest that counts all models. */
export function fairnessWindow(state: FairState): Window | null {
  let found: Window | null = null;
  for (const window of state.windows.values()) {
    if (window.rule.models !== undefined) continue;
    if (found === null || window.lengthMs > found.lengthMs) found = window;
  }
  return found;
}

/** Whether the fairness period that the state speaks of has ended by a time, with no event yet that said so. */
export function periodHasEnded(state: FairState, at: number): boolean {
  const resetAt = fairnessWindow(state)?.resetAt ?? null;
  return resetAt !== null && at >= resetAt;
}

/** Where a newcomer starts: at the level of the others, of its group where that has members. A new group starts at the level, too. */
export function levelAtJoining(
  state: FairState,
  { group = null, groupWeight: weight = 1, weight: own }: MemberFacts,
  omega: number,
  at: number,
): number {
  if (group === null) return currentLevel(state, at);
  const others = [...state.members.values()].filter((member) => member.group === group && !member.retired);
  if (others.length > 0) return sum(others.map(({ used }) => used)) / sum(others.map((member) => member.omega));
  const level = currentLevel(state, at);
  // ω_g of one member is W_g m^γ.
  state.groups.set(group, { base: ((weight * omega) / own) * level });
  return level;
}

/** L: the level of those expected in the next hours, where a newcomer starts: no credit for time before it joined. */
export function currentLevel(state: FairState, at: number): number {
  const members = [...state.members.values()].filter(({ retired }) => !retired);
  if (members.every((member) => member.used === 0)) return 0;
  let used = 0;
  let omega = 0;
  const grouped: Weighed[] = [];
  for (const member of members) {
    const expected = new Outlook(state.policy, member, at).expected(newcomerLookHours);
    if (member.group !== null) {
      grouped.push({ member, likely: likelihood(expected) });
      continue;
    }
    used += expected * member.used;
    omega += expected * member.omega;
  }
  for (const [group, own] of byGroup(grouped)) {
    const expected = Math.max(...own.map(({ likely }) => likely));
    used += expected * groupUse(state, group);
    omega += expected * groupWeight(own);
  }
  return omega > 0 ? used / omega : 0;
}

/** A change of weight keeps the level: it does not work backwards. */
export function reweigh(member: Member, omega: number): void {
  member.used *= omega / member.omega;
  member.omega = omega;
}

/** A new fairness period: everybody starts level, but for what the policy carries over. */
export function beginPeriod(state: FairState, at: number): void {
  const { carry } = state.policy;
  const level = carry > 0 ? currentLevel(state, at) : 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (const member of state.members.values()) {
    member.autonomy = 0;
    member.collaboration = 0;
    member.used = carry > 0 ? Math.max(0, carry * (member.used / member.omega - level)) : 0;
    if (!member.retired) lowest = Math.min(lowest, member.used);
  }
  for (const member of state.members.values()) member.used = member.omega * Math.max(0, member.used - lowest);
  for (const group of state.groups.values()) group.base = 0;
}
