/**
 * The fairest week there could have been, worked out afterwards with full knowledge of budgets, costs and activity: the
 * weighted max-min of what agents use by themselves. Nobody can be given more without taking it from someone who is no
 * better off. "How it was tested" in docs/concepts/fair-share.md.
 */

import { sum } from '../fairness/sum.js';
import { type Demand, demandOf } from './demand.js';
import { entitledByEpoch, levelsAtEntry } from './entry.js';
import { FlowNetwork } from './flow.js';
import { type Claim, claimed, levelAtMost, levelFor } from './level.js';
import type { Scenario } from './scenario.js';
import { type Limit, type Supply, supplyOf } from './supply.js';

export interface Ideal {
  readonly agents: ReadonlyMap<string, IdealUse>;
  /** Fraction of the weekly budget that is used, people and dark use included. */
  readonly utilisation: number;
}

export interface IdealUse {
  /** By itself, in micro-USD of the ledger. */
  readonly autonomyMicroUsd: number;
  readonly weight: number;
  /** Whether it does as it is told. */
  readonly isSteered: boolean;
}

/** Limits are kept to within this much, in micro-USD. */
const tolerance = 1;
/** What rounding leaves in a pipe; a cut through all of them stays within the tolerance. */
const pipeRoomMin = tolerance / 10_000;

export function idealOf(scenario: Scenario): Ideal {
  const demands = scenario.agents.map((agent) => demandOf(agent, scenario));
  const supply = supplyOf(scenario, demands);
  const someLeave = demands.some(({ leavesAt }) => leavesAt < scenario.scored.until);
  const charges = someLeave
    ? entitledByEpoch(demands, supply, scenario.scored)
    : fairestCharges(claimsOf(demands, levelsAtEntry(demands, supply, scenario.scored)), demands, supply);
  const agents = demands.map(({ name, weight, quotaFactor, unsteered }, i): [string, IdealUse] => [
    name,
    { autonomyMicroUsd: (charges[i] ?? 0) / quotaFactor + unsteered, weight, isSteered: unsteered === 0 },
  ]);
  const free = supply.week.amount - sum(charges);
  return { agents: new Map(agents), utilisation: 1 - free / supply.weekBudget };
}

function claimsOf(demands: readonly Demand[], levels: readonly number[]): Claim[] {
  return demands.map(({ weight, quotaFactor, slots }, i) => ({
    from: levels[i] ?? 0,
    slope: weight * quotaFactor,
    most: sum(slots),
  }));
}

/**
 * Raises everybody's level together. Where a limit stops some of them, they keep what they have, and the others go on
 * without them.
 */
function fairestCharges(claims: readonly Claim[], demands: readonly Demand[], supply: Supply): number[] {
  const settled = claims.map(({ most }): number | undefined => (most === 0 ? 0 : undefined));
  while (settled.includes(undefined)) {
    const { level, stopped } = highestLevel(claims, settled, demands, supply);
    claims.forEach((claim, i) => {
      if (stopped === undefined || stopped.members.has(i)) settled[i] ??= claimed(claim, level);
    });
  }
  return settled.map((charge) => charge ?? 0);
}

/**
 * The highest common level of those not settled that keeps every limit, and the limit that stops it. Goes down from the
 * level at which every demand is met: each limit found broken tells how far down at least.
 */
function highestLevel(
  claims: readonly Claim[],
  settled: readonly (number | undefined)[],
  demands: readonly Demand[],
  supply: Supply,
): { level: number; stopped: Limit | undefined } {
  const isOpen = (i: number) => settled[i] === undefined;
  let level = Math.max(...claims.filter((_, i) => isOpen(i)).map(levelAtMost));
  let stopped: Limit | undefined;
  for (;;) {
    const charges = claims.map((claim, i) => settled[i] ?? claimed(claim, level));
    const broken = brokenLimit(charges, demands, supply);
    if (broken === undefined) return { level, stopped };
    stopped = broken;
    const kept = sum([...broken.members].map((i) => settled[i] ?? 0));
    if (kept > broken.amount + tolerance) throw new Error('what is settled breaks a limit');
    const open = claims.filter((_, i) => isOpen(i) && broken.members.has(i));
    level = Math.min(level, levelFor(open, Math.max(0, broken.amount - kept)));
  }
}

/** A limit that these charges exceed, if any. */
function brokenLimit(charges: readonly number[], demands: readonly Demand[], supply: Supply): Limit | undefined {
  const isBroken = ({ members, amount }: Limit) => sum([...members].map((i) => charges[i] ?? 0)) > amount + tolerance;
  return supply.limits.find(isBroken) ?? crowdedLimit(charges, demands, supply.slotRooms);
}

/**
 * The agents that the slots hold back most, and what fits for them: the cut where the flow from agents through slots,
 * each slot with its room, cannot carry the charges.
 */
function crowdedLimit(
  charges: readonly number[],
  demands: readonly Demand[],
  slotRooms: Float64Array | null,
): Limit | undefined {
  if (slotRooms === null) return undefined;
  const source = demands.length + slotRooms.length;
  const sink = source + 1;
  const network = new FlowNetwork(sink + 1, pipeRoomMin);
  demands.forEach(({ slots }, i) => {
    network.connect(source, i, charges[i] ?? 0);
    slots.forEach((most, slot) => {
      if (most > 0) network.connect(i, demands.length + slot, most);
    });
  });
  slotRooms.forEach((room, slot) => {
    network.connect(demands.length + slot, sink, room);
  });
  const flow = network.fill(source, sink);
  if (flow >= sum(charges) - tolerance) return undefined;
  const distances = network.distancesFrom(source);
  const members = new Set([...demands.keys()].filter((i) => distances[i] !== -1));
  return { members, amount: flow - sum(charges.filter((_, i) => !members.has(i))) };
}
