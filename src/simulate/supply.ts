/** What the windows leave to agents that can be steered. Money is micro-USD as the quota counts it. */

import { sum } from '../fairness/sum.js';
import { add, type Demand, slotCount, slotMs, slotOf, stepMs } from './demand.js';
import { budgetAt, counts, definitionOf, quotaFactor, type Scenario, type ScenarioWindow } from './scenario.js';
import { hourMs, microUsdPerUsd } from './units.js';

/** What some of the agents may be charged together. */
export interface Limit {
  /** Places in the list of agents. */
  readonly members: ReadonlySet<number>;
  readonly amount: number;
}

export interface Supply {
  /** Of the week as a whole. */
  readonly week: Limit;
  /** Of every window that spans the whole time, the week's among them. */
  readonly limits: readonly Limit[];
  /** What each five-hour slot has room for; null where there is no five-hour window. */
  readonly slotRooms: Float64Array | null;
  readonly weekBudget: number;
}

export function supplyOf(scenario: Scenario, demands: readonly Demand[]): Supply {
  const takings = [...demands.map(({ model, slotsTaken }) => ({ model, slots: slotsTaken })), ...darkTakings(scenario)];
  const week = scenario.windows.find(({ key }) => key === 'week_all');
  if (week === undefined) throw new Error('a scenario needs a weekly window');
  const weekLimit = limitOf(week, scenario, demands, takings);
  const others = scenario.windows.filter(({ key }) => key === 'week_sonnet');
  const fiveHour = scenario.windows.find(({ key }) => key === 'session_5hour');
  return {
    week: weekLimit,
    limits: [weekLimit, ...others.map((window) => limitOf(window, scenario, demands, takings))],
    slotRooms: fiveHour === undefined ? null : slotRoomsOf(fiveHour, scenario, takings),
    weekBudget: budgetAt(week, scenario.scored.until - 1),
  };
}

/** What is used without anybody's decision. */
interface Taking {
  readonly model: string;
  readonly slots: Float64Array;
}

function darkTakings(scenario: Scenario): Taking[] {
  const { darkUse, scored } = scenario;
  return darkUse.map(({ usdPerHour, model }) => {
    const slots = new Float64Array(slotCount(scored));
    const factor = quotaFactor(scenario, model);
    for (let time = scored.from; time < scored.until; time += stepMs) {
      add(slots, slotOf(scored, time), (factor * usdPerHour(time) * microUsdPerUsd * stepMs) / hourMs);
    }
    return { model, slots };
  });
}

function limitOf(
  window: ScenarioWindow,
  { scored }: Scenario,
  demands: readonly Demand[],
  takings: readonly Taking[],
): Limit {
  const definition = definitionOf(window);
  const members = demands.flatMap(({ model }, i) => (counts(definition, model) ? [i] : []));
  const before = scored.from === 0 ? (window.usedUsd ?? 0) * microUsdPerUsd : 0;
  const taken = sum(takings.filter(({ model }) => counts(definition, model)).map(({ slots }) => sum(slots)));
  const amount = Math.max(0, budgetAt(window, scored.until - 1) - before - taken);
  return { members: new Set(members), amount };
}

/** The window is taken to run from slot to slot; the last slot may be cut short. */
function slotRoomsOf(window: ScenarioWindow, { scored }: Scenario, takings: readonly Taking[]): Float64Array {
  const rooms = new Float64Array(slotCount(scored));
  for (let time = scored.from; time < scored.until; time += stepMs) {
    add(rooms, slotOf(scored, time), (budgetAt(window, time) * stepMs) / slotMs);
  }
  return rooms.map((room, slot) => Math.max(0, room - sum(takings.map(({ slots }) => slots[slot] ?? 0))));
}
