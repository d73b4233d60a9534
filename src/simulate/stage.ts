/** What everyone in the world shares. */
import type { Controller } from './controller.js';
import type { Quota } from './quota.js';
import { Random } from './random.js';
import type { Scenario } from './scenario.js';
import type { Timeline } from './timeline.js';

export interface Stage {
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly quota: Quota;
  /** Takes and gives times since the start. */
  readonly controller: Controller;
  /** What ms UTC the start is. */
  readonly start: number;
  readonly seed: string;
}

/** Everyone draws from their own stream, so that what one does moves nobody else's luck. */
export function streamOf(stage: Stage, owner: string): Random {
  return new Random(`${stage.seed}/${owner}`);
}
