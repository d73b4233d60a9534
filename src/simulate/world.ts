/**
 * A world of agents, people and a provider that a controller is tried in: discrete events, decided by the scenario and
 * the seed alone. Nobody in it but the provider knows a budget.
 */
import { Agent } from './agent.js';
import type { MakeController } from './controller.js';
import { changesOf } from './course.js';
import { startDarkUse } from './dark-use.js';
import { tellHistory } from './history.js';
import { invitePeople } from './person.js';
import { Quota } from './quota.js';
import { startReadings } from './readings.js';
import { definitionOf, type Scenario } from './scenario.js';
import { shifted } from './shifted.js';
import type { Stage } from './stage.js';
import { Timeline } from './timeline.js';
import type { ArrivedReading, Trace } from './trace.js';
import { dayMs, weekMs } from './units.js';

/** Thursday 31 July 2025, 00:00 UTC: weeks of the scenarios begin on a Thursday, as 1970 did, in years a ledger takes. */
export const weekStart = 2_900 * weekMs;

/** `start` is the beginning of a day, in ms UTC. */
export function playWorld(scenario: Scenario, makeController: MakeController, seed: string, start: number): Trace {
  if (start % dayMs !== 0) throw new Error('a world starts at the beginning of a day, UTC');
  const stage: Stage = {
    scenario,
    timeline: new Timeline(),
    quota: new Quota(scenario),
    controller: shifted(makeController(scenario.windows.map(definitionOf)), start),
    start,
    seed: `${scenario.name}/${seed}`,
  };
  const agents = scenario.agents.map((about) => {
    const agent = new Agent(about, stage);
    agent.enter();
    invitePeople(agent, about, stage);
    return { about, agent };
  });
  const readings: ArrivedReading[] = [];
  let darkUseMicroUsd = 0;
  startReadings(stage, readings);
  tellHistory(stage);
  startDarkUse(stage, (costMicroUsd) => {
    darkUseMicroUsd += costMicroUsd;
  });
  moveQuota(stage);
  stage.timeline.runUntil(scenario.lengthMs);
  stage.quota.advance(scenario.lengthMs);
  return {
    start,
    end: start + scenario.lengthMs,
    agents: agents.map(({ about, agent }) => agent.recorder.trace(about.name)),
    windows: stage.quota.windows.map((window) => window.trace(start)),
    readings,
    darkUseMicroUsd,
  };
}

/** What the provider does without being asked. */
function moveQuota({ scenario, timeline, quota }: Stage): void {
  for (const time of scenario.earlyResets) timeline.at(time, () => quota.resetEarly(time));
  const changes = new Set(scenario.windows.flatMap(({ budgetUsd }) => changesOf(budgetUsd)));
  for (const time of changes) timeline.at(time, () => quota.settle(time));
}
