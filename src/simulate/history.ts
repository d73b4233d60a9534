/** Use of long ago that is told while the world is at work: logs of months, read within seconds. Nobody wants an answer. */
import type { Mode } from './controller.js';
import type { Random } from './random.js';
import type { History, PastAgent } from './scenario.js';
import { type Stage, streamOf } from './stage.js';
import { dayMs, hourMs, microUsdPerUsd, secondMs } from './units.js';

interface PastUse {
  readonly name: string;
  readonly mode: Mode;
  readonly occurredAt: number;
  readonly costMicroUsd: number;
}

const toldWithinMs = 10 * secondMs;
/** Hours of the day in which work begins. */
const dayBegins = [7, 11] as const;
const hoursBetweenRuns = [0.2, 1.5] as const;
const responsesOfRun = [2, 12] as const;
const secondsBetweenResponses = [5, 80] as const;

export function tellHistory(stage: Stage): void {
  const { timeline, controller, scenario } = stage;
  for (const history of scenario.history) {
    const random = streamOf(stage, 'history');
    const uses = history.agents.flatMap((agent) => usesOf(agent, history.days, random));
    uses.sort((a, b) => a.occurredAt - b.occurredAt);
    uses.forEach((use, i) => {
      timeline.at(history.at + (toldWithinMs * i) / uses.length, () =>
        controller.record(timeline.now, { ...use, model: 'opus' }),
      );
    });
  }
}

function usesOf(agent: PastAgent, days: History['days'], random: Random): PastUse[] {
  const uses: PastUse[] = [];
  for (let day = days.from; day >= days.until; day--) {
    let time = random.uniform(...dayBegins) * hourMs - day * dayMs;
    const runs = Math.round(random.uniform(0, 2 * agent.runsPerDay));
    for (let run = 0; run < runs; run++) {
      const mode = random.uniform() < (agent.withPeople ?? 0) ? 'collaboration' : 'autonomy';
      const responses = Math.round(random.uniform(...responsesOfRun));
      for (let i = 0; i < responses; i++) {
        time += random.uniform(...secondsBetweenResponses) * secondMs;
        const costMicroUsd = Math.round(random.lognormal((agent.costUsd * microUsdPerUsd) / responses, 1));
        uses.push({ name: agent.name, mode, occurredAt: Math.round(time), costMicroUsd });
      }
      time += random.uniform(...hoursBetweenRuns) * hourMs;
    }
  }
  return uses;
}
