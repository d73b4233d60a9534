/** A person who works with an agent: use comes every few minutes or seconds, and the agent does nothing by itself meanwhile. */
import type { Agent } from './agent.js';
import type { ScenarioAgent } from './scenario.js';
import { type Stage, streamOf } from './stage.js';
import { hourMs, microUsdPerUsd, minuteMs, secondMs } from './units.js';

const reportEveryMs = 5 * minuteMs;
const costVariation = 0.5;

/** Puts down every session of the agent's scenario. */
export function invitePeople(agent: Agent, { name, sessions = [] }: ScenarioAgent, stage: Stage): void {
  const random = streamOf(stage, `${name}/person`);
  for (const session of sessions) {
    const work = (): void => {
      const { now } = stage.timeline;
      if (now >= session.until) return agent.resume();
      const { everySeconds } = session;
      const gapMs = everySeconds === undefined ? reportEveryMs : random.uniform(...everySeconds) * secondMs;
      const meanMicroUsd = (session.usdPerHour * microUsdPerUsd * gapMs) / hourMs;
      spend(agent, name, stage, Math.round(random.lognormal(meanMicroUsd, costVariation)));
      stage.timeline.at(now + gapMs, work);
    };
    stage.timeline.at(session.from, work);
  }
}

/** The interval in the answer is for work without people, and nobody looks at it. */
function spend(agent: Agent, name: string, { timeline, quota, controller }: Stage, costMicroUsd: number): void {
  const { now } = timeline;
  if (quota.refuses(now, agent.model)) return agent.recorder.refusedPerson(costMicroUsd);
  quota.charge(now, agent.model, costMicroUsd);
  agent.recorder.use(now, 'collaboration', costMicroUsd);
  controller.report(now, { name, mode: 'collaboration', costMicroUsd, model: agent.model });
}
