/**
 * Owner groups: agents of one owner share what their group is due, so that whoever runs more agents gets no more. Shares are fair
 * between groups first, then within each; a member without a group is a group of its own. "Groups" in docs/concepts/fair-share.md.
 */
import type { FairState, Member } from './state.js';

/** What a group is due when levels are filled: its weight ω_g, and what counts as used by it, in dollars. */
export interface GroupClaim {
  readonly weight: number;
  readonly used: number;
}

/** One who hardly runs still counts in the mean of its group. */
const likelyMin = 0.02;

export const likelihood = (expected: number): number => Math.max(likelyMin, expected);

/** U_g: where the group began in this period, and what its members have used since, also those who left. */
export function groupUse(state: FairState, group: string): number {
  let used = state.groups.get(group)?.base ?? 0;
  for (const member of state.members.values()) if (member.group === group) used += ownUse(state, member);
  return used;
}

const ownUse = ({ policy }: FairState, { autonomy, collaboration }: Member): number =>
  autonomy + policy.collaboration_charge * collaboration;

/** ω_g = W_g m̄ of members, by how likely each is to run: m̄ is the mean of m^γ by weight. */
export function groupWeight(members: readonly Weighed[]): number {
  let omegas = 0;
  let weights = 0;
  let own = 1;
  for (const { member, likely } of members) {
    omegas += likely * member.omega;
    weights += likely * member.weight;
    own = member.groupWeight;
  }
  return weights > 0 ? (own * omegas) / weights : 0;
}

export interface Weighed {
  readonly member: Member;
  /** κ̂: how much of the horizon it is expected to run, 0.02 at least. */
  readonly likely: number;
}

/** Members by their group; those without one are in none. */
export function byGroup<One extends { readonly member: Member }>(members: readonly One[]): Map<string, One[]> {
  const groups = new Map<string, One[]>();
  for (const one of members) {
    const { group } = one.member;
    if (group === null) continue;
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [one]);
    else known.push(one);
  }
  return groups;
}

interface Groupable extends Weighed {
  readonly omega: number;
  readonly group: GroupClaim | null;
}

/** Gives the members of groups the weights they have among all, and what their groups are due. `isOver`: the period has ended. */
export function groupCandidates<One extends Groupable>(
  state: FairState,
  candidates: readonly One[],
  isOver: boolean,
): One[] {
  const groups = byGroup(candidates);
  if (groups.size === 0) return [...candidates];
  const claims = new Map<string, { claim: GroupClaim; highest: number; inner: number }>();
  for (const [key, members] of groups) {
    const claim = { weight: groupWeight(members), used: isOver ? 0 : groupUse(state, key) };
    let highest = 0;
    let inner = 0;
    for (const { likely, member } of members) {
      highest = Math.max(highest, likely);
      inner += likely * member.omega;
    }
    claims.set(key, { claim, highest, inner });
  }
  return candidates.map((candidate) => {
    const found = candidate.member.group === null ? undefined : claims.get(candidate.member.group);
    if (found === undefined) return candidate;
    const { claim, highest, inner } = found;
    return { ...candidate, group: claim, omega: (claim.weight * highest * candidate.member.omega) / inner };
  });
}
