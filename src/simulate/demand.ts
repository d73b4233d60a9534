/** What an agent could use in each five-hour slot of the scored time, without chance: means instead of draws. */
import { isActive, isMember, sessionAt } from './activity.js';
import { valueAt } from './course.js';
import { weightAt } from './owners.js';
import { modelAt, quotaFactor, type Scenario, type ScenarioAgent } from './scenario.js';
import { hourMs, isWithin, isWithinAny, microUsdPerUsd, minuteMs, type Span, secondMs } from './units.js';

/** Everything is looked at this often. */
export const stepMs = 5 * minuteMs;
export const slotMs = 5 * hourMs;
/** The shortest mean time between two runs: intervals are at least 300 s, and now and then a run takes longer. */
const gapSecondsMin = 316;

export interface Demand {
  readonly name: string;
  /** In the middle of the scored time. */
  readonly model: string;
  /** Mean of weight times multiplier while it is a member; of one in a group, its part of what that weighs. */
  readonly weight: number;
  /** What the quota counts per micro-USD of the ledger. */
  readonly quotaFactor: number;
  readonly joinsAt: number;
  readonly leavesAt: number;
  /** What it could use by itself if it ran as often as it may and likes, in micro-USD of the quota. */
  readonly slots: Float64Array;
  /** What it uses whatever it is told, and what people use with it, in micro-USD of the quota. */
  readonly slotsTaken: Float64Array;
  /** What it uses whatever it is told, in micro-USD of the ledger. */
  readonly unsteered: number;
}

export function slotCount({ from, until }: Span): number {
  return Math.ceil((until - from) / slotMs);
}

export function slotOf({ from }: Span, time: number): number {
  return Math.floor((time - from) / slotMs);
}

export function demandOf(agent: ScenarioAgent, scenario: Scenario): Demand {
  const { scored } = scenario;
  const model = modelAt(agent, (scored.from + scored.until) / 2);
  const factor = quotaFactor(scenario, model);
  const slots = new Float64Array(slotCount(scored));
  const slotsTaken = new Float64Array(slotCount(scored));
  let unsteered = 0;
  for (let time = scored.from; time < scored.until; time += stepMs) {
    const slot = slotOf(scored, time);
    const runs = costOfRuns(agent, time);
    if (ownPaceOf(agent) === undefined) add(slots, slot, factor * runs);
    else {
      unsteered += runs;
      add(slotsTaken, slot, factor * runs);
    }
    add(slotsTaken, slot, factor * costOfPeople(agent, time));
  }
  return {
    name: agent.name,
    model,
    weight: meanWeight(agent, scenario),
    quotaFactor: factor,
    joinsAt: Math.max(scored.from, agent.joinsAt ?? 0),
    leavesAt: Math.min(scored.until, agent.leavesAt ?? scored.until),
    slots,
    slotsTaken,
    unsteered,
  };
}

export function add(slots: Float64Array, slot: number, amount: number): void {
  slots[slot] = (slots[slot] ?? 0) + amount;
}

/** Micro-USD of the ledger in one step, by itself. */
function costOfRuns(agent: ScenarioAgent, time: number): number {
  if (!isActive(agent, time) || sessionAt(agent, time) !== undefined || isWithinAny(time, agent.pauses)) return 0;
  const burst = agent.bursts?.find((span) => isWithin(time, span))?.factor ?? 1;
  const gapSeconds = ownPaceOf(agent) ?? Math.max(gapSecondsMin, agent.wantsSeconds ?? 0);
  return (burst * valueAt(agent.costUsd, time) * microUsdPerUsd * stepMs) / secondMs / gapSeconds;
}

/** Seconds from one use to the next of an agent that cannot be steered. */
function ownPaceOf({ chattersSeconds, ignoresSeconds }: ScenarioAgent): number | undefined {
  return chattersSeconds ?? ignoresSeconds;
}

/** Micro-USD of the ledger in one step, with people. */
function costOfPeople(agent: ScenarioAgent, time: number): number {
  return ((sessionAt(agent, time)?.usdPerHour ?? 0) * microUsdPerUsd * stepMs) / hourMs;
}

function meanWeight(agent: ScenarioAgent, scenario: Scenario): number {
  const { from, until } = scenario.scored;
  let total = 0;
  let steps = 0;
  for (let time = from; time < until; time += stepMs) {
    if (!isMember(agent, time)) continue;
    total += weightAt(agent, scenario, time);
    steps++;
  }
  return steps === 0 ? 1 : total / steps;
}
