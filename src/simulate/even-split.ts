/**
 * An oracle for comparison: it knows the weekly budget and what a run of each agent costs, gives everyone their share as a
 * steady rate, and never looks again. Nothing is lent, and nothing adapts.
 */

import { sum } from '../fairness/sum.js';
import type { Controller } from './controller.js';
import { valueAt } from './course.js';
import { weightAt } from './owners.js';
import { budgetAt, type Scenario, type ScenarioAgent } from './scenario.js';
import { staticController } from './static.js';
import { microUsdPerUsd, secondMs, weekMs } from './units.js';

const intervalSecondsMin = 300;
const intervalSecondsMax = 14_400;

export function evenSplit(scenario: Scenario): Controller {
  const intervals = intervalsOf(scenario);
  return { ...staticController(), report: (_at, { name }) => intervals.get(name) ?? intervalSecondsMax };
}

/** Seconds by name. */
function intervalsOf(scenario: Scenario): ReadonlyMap<string, number> {
  const week = scenario.windows.find(({ key }) => key === 'week_all');
  if (week === undefined) throw new Error('an even split needs a weekly window');
  const budget = budgetAt(week, scenario.lengthMs);
  const claimOf = (agent: ScenarioAgent) => weightAt(agent, scenario, 0);
  const claims = sum(scenario.agents.map(claimOf));
  return new Map(
    scenario.agents.map((agent) => {
      const microUsdPerSecond = (budget * claimOf(agent)) / claims / (weekMs / secondMs);
      const seconds = Math.round((valueAt(agent.costUsd, 0) * microUsdPerUsd) / microUsdPerSecond);
      return [agent.name, Math.min(intervalSecondsMax, Math.max(intervalSecondsMin, seconds))];
    }),
  );
}
