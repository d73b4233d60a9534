/** Trying a controller in a scenario: one run, or several with other luck. */

import { sum } from '../fairness/sum.js';
import type { MakeController } from './controller.js';
import { type Ideal, idealOf } from './ideal.js';
import type { Scenario } from './scenario.js';
import { type Score, scoreOf } from './score.js';
import type { Trace } from './trace.js';
import { playWorld } from './world.js';

export interface Outcome {
  readonly scenario: Scenario;
  readonly seed: string;
  readonly trace: Trace;
  readonly ideal: Ideal;
  readonly score: Score;
}

export interface SimulateOptions {
  /** When the world begins: the first moment of a day, in ms UTC; 0 where absent. */
  readonly start?: number;
  /** Of the same scenario, where it has been worked out before. */
  readonly ideal?: Ideal;
}

export interface Summary {
  /** Of all runs. */
  readonly mean: Score;
  /** The largest deviation of any run. */
  readonly deviationMax: number;
  readonly utilisationMin: number;
  readonly utilisationMax: number;
}

/** The same scenario, controller and seed give the same outcome, wherever it starts. */
export function simulate(
  scenario: Scenario,
  makeController: MakeController,
  seed: string,
  { start = 0, ideal = idealOf(scenario) }: SimulateOptions = {},
): Outcome {
  const trace = playWorld(scenario, makeController, seed, start);
  return { scenario, seed, trace, ideal, score: scoreOf(trace, scenario, ideal) };
}

export function simulateSeeds(scenario: Scenario, makeController: MakeController, seeds: readonly string[]): Summary {
  const ideal = idealOf(scenario);
  return summaryOf(seeds.map((seed) => simulate(scenario, makeController, seed, { ideal }).score));
}

export function summaryOf(scores: readonly Score[]): Summary {
  return {
    mean: meanScore(scores),
    deviationMax: Math.max(...scores.map(({ deviation }) => deviation)),
    utilisationMin: Math.min(...scores.map(({ utilisation }) => utilisation)),
    utilisationMax: Math.max(...scores.map(({ utilisation }) => utilisation)),
  };
}

/** Figure by figure, of runs or of whole scenarios. */
export function meanScore(scores: readonly Score[]): Score {
  const mean = (figure: keyof Score) => sum(scores.map((score) => score[figure])) / scores.length;
  return {
    jain: mean('jain'),
    deviation: mean('deviation'),
    deviationNet: mean('deviationNet'),
    utilisation: mean('utilisation'),
    lockedOutHours: mean('lockedOutHours'),
    blockedHours: mean('blockedHours'),
    refused: mean('refused'),
    volatility: mean('volatility'),
    longestWait: mean('longestWait'),
  };
}
