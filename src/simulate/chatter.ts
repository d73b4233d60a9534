/** A reporter that never pauses: one report after the other, each a use of its own, whatever the answer says. */
import { isActive } from './activity.js';
import { valueAt } from './course.js';
import { modelAt, type ScenarioAgent } from './scenario.js';
import { type Stage, streamOf } from './stage.js';
import type { AgentRecorder } from './trace.js';
import { microUsdPerUsd, secondMs } from './units.js';

const costVariation = 0.5;
/** Around the usual time between two reports. */
const gapFactor = [0.7, 1.3] as const;

export function startChatter(about: ScenarioAgent, everySeconds: number, recorder: AgentRecorder, stage: Stage): void {
  const { timeline, quota, controller } = stage;
  const random = streamOf(stage, `${about.name}/chatter`);
  const speak = (): void => {
    const { now } = timeline;
    const model = modelAt(about, now);
    if (isActive(about, now) && !quota.refuses(now, model)) {
      const costMicroUsd = Math.round(random.lognormal(valueAt(about.costUsd, now) * microUsdPerUsd, costVariation));
      quota.charge(now, model, costMicroUsd);
      recorder.use(now, 'autonomy', costMicroUsd);
      const seconds = controller.report(now, { name: about.name, mode: 'autonomy', costMicroUsd, model });
      recorder.interval(now, seconds, now);
    }
    timeline.at(now + everySeconds * random.uniform(...gapFactor) * secondMs, speak);
  };
  timeline.at(about.joinsAt ?? 0, speak);
}
