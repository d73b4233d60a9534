/** How long agents were left waiting at worst, by what they would have waited in the fairest week. */
import { isFree } from './activity.js';
import { valueAt } from './course.js';
import { stepMs } from './demand.js';
import type { Ideal } from './ideal.js';
import { counts, definitionOf, modelAt, type Scenario, type ScenarioAgent } from './scenario.js';
import { lastValue, type Trace, toldTo } from './trace.js';
import { isWithin, microUsdPerUsd, secondMs } from './units.js';

/** Nobody is left waiting who waits no longer than this for a run. */
const waitSecondsMin = 900;
/** From here on nothing is left of a window that anybody should be told to use. */
const fullBp = 9_800;

/**
 * The longest time that any agent was told to wait on which does as it is told, over the mean interval of its ideal use; what was told
 * while nothing was left of a window does not count.
 */
export function longestWait(trace: Trace, scenario: Scenario, ideal: Ideal): number {
  const waits = scenario.agents.flatMap((agent, i) => {
    const { autonomyMicroUsd = 0, isSteered = false } = ideal.agents.get(agent.name) ?? {};
    if (!isSteered || agent.wantsSeconds !== undefined || autonomyMicroUsd < 1) return [];
    const told = toldTo(trace.agents[i] as Trace['agents'][number])
      .filter(({ at }) => isWithin(at - trace.start, scenario.scored))
      .filter(({ at }) => !isFull(trace, scenario, modelAt(agent, at - trace.start), at));
    const usual = meanInterval(agent, scenario, autonomyMicroUsd);
    return told.map(({ left }) => left / usual);
  });
  return waits.reduce((longest, wait) => Math.max(longest, wait), 0);
}

/** Seconds from one run to the next at an even pace of what it is to use. */
function meanInterval(agent: ScenarioAgent, { scored }: Scenario, microUsd: number): number {
  let freeMs = 0;
  for (let time = scored.from; time < scored.until; time += stepMs) if (isFree(agent, time)) freeMs += stepMs;
  const cost = valueAt(agent.costUsd, (scored.from + scored.until) / 2) * microUsdPerUsd;
  return Math.max(waitSecondsMin, (freeMs / secondMs) * (cost / microUsd));
}

function isFull({ windows }: Trace, scenario: Scenario, model: string, at: number): boolean {
  return scenario.windows.some(
    (window, i) => counts(definitionOf(window), model) && lastValue(windows[i]?.percentBp ?? [], at) >= fullBp,
  );
}
