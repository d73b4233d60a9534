/**
 * Coming and going. A share grows only while one is a member: who joins later starts at the level the others have
 * reached by then, and who leaves is entitled to what had come about until then, both at an even pace of the week.
 */

import { sum } from '../fairness/sum.js';
import type { Demand } from './demand.js';
import { slotMs } from './demand.js';
import { type Claim, claimed, levelFor } from './level.js';
import type { Supply } from './supply.js';
import type { Span } from './units.js';

/** The level each agent starts at. */
export function levelsAtEntry(demands: readonly Demand[], supply: Supply, scored: Span): readonly number[] {
  return evenPace(demands, supply, scored).entries;
}

/** What each agent may be charged where some leave, in micro-USD of the quota. */
export function entitledByEpoch(demands: readonly Demand[], supply: Supply, scored: Span): readonly number[] {
  return evenPace(demands, supply, scored).charges;
}

/** Gives the week out epoch by epoch, each as long as the members are the same. */
function evenPace(
  demands: readonly Demand[],
  supply: Supply,
  scored: Span,
): { entries: readonly number[]; charges: readonly number[] } {
  const entries = demands.map(() => 0);
  const charges = demands.map(() => 0);
  let level = 0;
  for (const epoch of epochsOf(demands, scored)) {
    const members = [...demands.entries()].filter(([, demand]) => isMemberIn(demand, epoch));
    for (const [i, { joinsAt }] of members) if (joinsAt === epoch.from) entries[i] = level;
    const claims = members.map(([i, demand]) => claimIn(epoch, scored, demand, entries[i] ?? 0, charges[i] ?? 0));
    const amount = (supply.week.amount * (epoch.until - epoch.from)) / (scored.until - scored.from);
    const reached = levelFor(claims, amount);
    members.forEach(([i], place) => {
      charges[i] = (charges[i] ?? 0) + claimed(claims[place] as Claim, reached);
    });
    level = Math.max(level, ...members.map(([i, demand]) => (entries[i] ?? 0) + (charges[i] ?? 0) / slopeOf(demand)));
  }
  return { entries, charges };
}

function epochsOf(demands: readonly Demand[], { from, until }: Span): Span[] {
  const moves = demands.flatMap(({ joinsAt, leavesAt }) => [joinsAt, leavesAt]);
  const times = [...new Set([from, ...moves, until])].filter((time) => time >= from && time <= until);
  times.sort((a, b) => a - b);
  return times.slice(1).map((end, i) => ({ from: times[i] as number, until: end }));
}

function isMemberIn({ joinsAt, leavesAt, slots }: Demand, { from }: Span): boolean {
  return joinsAt <= from && leavesAt > from && sum(slots) > 0;
}

function claimIn(epoch: Span, scored: Span, demand: Demand, entry: number, charged: number): Claim {
  const slope = slopeOf(demand);
  return { from: entry + charged / slope, slope, most: demandWithin(epoch, scored, demand.slots) };
}

function slopeOf({ weight, quotaFactor }: Demand): number {
  return weight * quotaFactor;
}

/** What an agent could be charged in an epoch; a slot that the epoch cuts counts in part. */
function demandWithin(epoch: Span, scored: Span, slots: Float64Array): number {
  return sum(
    slots.map((demand, slot) => {
      const begin = scored.from + slot * slotMs;
      const overlap = Math.min(begin + slotMs, epoch.until) - Math.max(begin, epoch.from);
      return (demand * Math.max(0, overlap)) / slotMs;
    }),
  );
}
