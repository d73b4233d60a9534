/** Use of the quota that no agent reports: a chat in a browser, another tool, a forgotten script. */
import { type Stage, streamOf } from './stage.js';
import { hourMs, microUsdPerUsd, minuteMs, secondMs } from './units.js';

const firstAtMs = 15 * secondMs;
const everyMs = 10 * minuteMs;
const costVariation = 0.5;

/** `spent` is told of each use, in micro-USD. */
export function startDarkUse(stage: Stage, spent: (costMicroUsd: number) => void): void {
  const { timeline, quota, scenario } = stage;
  if (scenario.darkUse.length === 0) return;
  const random = streamOf(stage, 'dark use');
  const use = (): void => {
    const { now } = timeline;
    for (const { usdPerHour, model } of scenario.darkUse) {
      const meanMicroUsd = (usdPerHour(now) * microUsdPerUsd * everyMs) / hourMs;
      if (meanMicroUsd <= 0 || quota.refuses(now, model)) continue;
      const costMicroUsd = Math.round(random.lognormal(meanMicroUsd, costVariation));
      quota.charge(now, model, costMicroUsd);
      spent(costMicroUsd);
    }
    timeline.at(now + everyMs, use);
  };
  timeline.at(firstAtMs, use);
}
