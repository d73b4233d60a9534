/** The usage page of the provider, looked at every half hour. */
import type { WindowReading } from './controller.js';
import { valueAt } from './course.js';
import type { QuotaWindow } from './quota-window.js';
import type { Random } from './random.js';
import type { ScenarioReadings } from './scenario.js';
import { shiftedReading } from './shifted.js';
import { type Stage, streamOf } from './stage.js';
import type { ArrivedReading } from './trace.js';
import { isWithinAny, minuteMs, secondMs } from './units.js';

const firstAtMs = 10 * secondMs;
const everyMs = 30 * minuteMs;
/** How long a reading is on its way. */
const delaySeconds = { from: 20, until: 60 };
const glitchMs = 15 * minuteMs;
/** Only a full window shows 100 %. */
const percentShownMax = 99.4;

/** `arrived` gets what reaches the controller, its times in UTC. */
export function startReadings(stage: Stage, arrived: ArrivedReading[]): void {
  const { timeline, quota, scenario, controller, start } = stage;
  const random = streamOf(stage, 'readings');
  const look = (): void => {
    const { now } = timeline;
    quota.advance(now);
    const isLost = random.uniform() < scenario.readings.lost;
    const delayMs = random.uniform(delaySeconds.from, delaySeconds.until) * secondMs;
    const windows = quota.windows.map((window) => readingOf(window, scenario.readings, random, now));
    timeline.at(now + everyMs, look);
    if (isLost || isWithinAny(now, scenario.readings.outages)) return;
    timeline.at(now + delayMs + valueAt(scenario.readings.lateMs, now), () => {
      const reading = { measuredAt: now, windows };
      controller.read(timeline.now, reading);
      arrived.push({ at: start + timeline.now, reading: shiftedReading(reading, start) });
    });
  };
  timeline.at(firstAtMs, look);
}

function readingOf(window: QuotaWindow, readings: ScenarioReadings, random: Random, now: number): WindowReading {
  const { key } = window.definition;
  const { resetsAt } = window;
  const noise = readings.noisePoints * random.normal();
  const glitch = readings.glitches.find((wrong) => wrong.key === key && Math.abs(now - wrong.at) < glitchMs);
  const shown = window.isFull ? 100 : Math.min(percentShownMax, window.percent(now) + noise);
  const rounded = readings.rounding === 'down' ? Math.floor(shown) : Math.round(shown);
  const percent = glitch?.percent ?? (resetsAt === null ? 0 : Math.min(100, Math.max(0, rounded)));
  return { key, percentBp: Math.round(100 * percent), resetsAt };
}
