/**
 * What a wake of a member costs, how soon the next one may come, and whether it keeps to what it is told. "Cost of a
 * wake" and "Demand" in docs/concepts/fair-share.md.
 */
import type { Policy } from './policy.js';
import { gapsTrusted } from './presence.js';
import type { FairState, Member } from './state.js';

/** `demand`: asks less often than it may. `rogue`: runs more often than it may. `on`: one run of it does not end. */
export type Conduct = 'compliant' | 'demand' | 'rogue' | 'on';

const firstWakes = 6;
/** Half-life of 5 waits. */
const gapGain = 1 - 2 ** (-1 / 5);

export function noteWake(policy: Policy, member: Member, cost: number): void {
  if (cost <= 0) return;
  const counted = member.wakes === 0 ? cost : Math.min(cost, 4 * member.wakeCost);
  member.wakeCost += costGain(policy, member.wakes) * (counted - member.wakeCost);
  member.wakes += 1;
}

/** How much one more wake counts, after so many. */
export const costGain = (policy: Policy, wakes: number): number =>
  wakes < firstWakes ? 1 / (wakes + 1) : 1 - 2 ** (-1 / policy.wake_half_life_wakes);

/** Notes how long a member waited since its last autonomous report, against what it had been told. */
export function noteGap(member: Member, at: number): void {
  if (member.lastAt === null || member.lastWasCollaboration) return;
  noteGapOf(member, (at - member.lastAt) / 1_000);
}

/** Notes a wait in seconds. */
export function noteGapOf(member: Member, gap: number): void {
  if (member.issued === null) return;
  if (gap > Math.max(3 * Math.max(member.issued, 900), 10_800)) return;
  const ratio = Math.min(6, Math.max(0.2, gap / Math.max(1, member.issued)));
  const gain = member.gaps === 0 ? 1 : gapGain;
  member.ratio += gain * (ratio - member.ratio);
  member.gap += gain * (gap - member.gap);
  member.gaps += 1;
}

/** Seconds between two of its runs that the policy allows at least, and that it asks for itself. */
export const shortestWait = (policy: Policy, member: Member): number =>
  Math.max(policy.interval_s_min, member.intervalSecondsMin ?? 0);

export function conductOf(member: Member): Conduct {
  if (member.gaps < gapsTrusted) return 'compliant';
  if (member.ratio > 1.3) return 'demand';
  return member.ratio < 0.75 ? 'rogue' : 'compliant';
}

/** Costs of a wake per unit of multiplier over the members seen to wake. */
export interface FleetCosts {
  readonly sum: number;
  readonly count: number;
}

export function fleetCosts(state: FairState): FleetCosts {
  let sum = 0;
  let count = 0;
  for (const member of state.members.values()) {
    if (member.retired || member.wakes === 0) continue;
    sum += member.wakeCost / member.multiplier;
    count += 1;
  }
  return { sum, count };
}

/**
 * Expected cost of the next wake, in dollars: a member's own mean, blended with that of the others before it has two
 * wakes of its own, and with the policy's prior where nobody has any.
 */
export function wakeCostOf(policy: Policy, member: Member, fleet: FleetCosts): number {
  if (member.wakes >= 2) return member.wakeCost;
  const own = member.wakes > 0 && !member.retired;
  const sum = own ? fleet.sum - member.wakeCost / member.multiplier : fleet.sum;
  const count = own ? fleet.count - 1 : fleet.count;
  if (member.past !== null) return (member.wakes * member.wakeCost + (2 - member.wakes) * member.past.mean) / 2;
  const usual = count > 0 ? (sum / count) * member.multiplier : policy.wake_cost_micro_usd_prior / 1e6;
  return (member.wakes * member.wakeCost + (2 - member.wakes) * usual) / 2;
}
