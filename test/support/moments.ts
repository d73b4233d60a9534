/** What the controller knew at many moments of made-up lives, for properties of a plan made from it. */
import type { FairState } from '../../src/fairness/state.js';
import { copyOf } from './controller.js';
import { hours, minutes } from './fold.js';
import { someLives } from './lives.js';
import { Living, type Way } from './living.js';

export interface Moment {
  readonly label: string;
  readonly state: FairState;
  /** When a plan is asked for: at the last event, or after a silence, in which windows may have reset. */
  readonly at: number;
}

const silences = [0, 0, 1, minutes(7), hours(3), hours(30), hours(400)];

export function someMoments(livesCount: number, seed: number, way: Way = {}): Moment[] {
  const moments: Moment[] = [];
  for (const [i, life] of someLives(livesCount, 80, seed).entries()) {
    let events = 0;
    const after = ({ fold }: Living) => {
      events += 1;
      if (events % 8 !== 7) return;
      const silence = silences[moments.length % silences.length] as number;
      moments.push({ label: `life ${i}, event ${events}`, state: copyOf(fold.state.fair), at: fold.at + silence });
    };
    new Living(life, { ...way, after });
  }
  return moments;
}

/** Runs a check on every moment; says which one failed it. Returns how many it said something about. */
export function ofEach(moments: readonly Moment[], check: (moment: Moment) => boolean | undefined): number {
  let count = 0;
  for (const moment of moments) {
    try {
      if (check(moment) !== false) count += 1;
    } catch (error) {
      throw new Error(`${moment.label}: ${(error as Error).message}`);
    }
  }
  return count;
}
