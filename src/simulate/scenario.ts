/** What happens in a simulated world, apart from chance. Times are whole ms since its start, money is USD. */
import type { WindowDefinition, WindowKey } from './controller.js';
import { type Course, valueAt } from './course.js';
import type { Grain } from './grain.js';
import { hourMs, microUsdPerUsd, type Range, type Span, secondMs, weekMs } from './units.js';

export interface Scenario {
  readonly number: number;
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  readonly lengthMs: number;
  /** The part that counts for the score; what comes before it is for getting used to the world. */
  readonly scored: Span;
  readonly windows: readonly ScenarioWindow[];
  readonly agents: readonly ScenarioAgent[];
  readonly readings: ScenarioReadings;
  /** What the quota counts per USD that the ledger counts, by model; 1 where absent. No controller is told. */
  readonly quotaFactors: Readonly<Record<string, number>>;
  readonly darkUse: readonly DarkUse[];
  readonly history: readonly History[];
  /** When the provider empties every window before its time. */
  readonly earlyResets: readonly number[];
}

export interface ScenarioWindow {
  readonly key: WindowKey;
  readonly budgetUsd: Course<number>;
  /** Whether the controller is told the budget. */
  readonly budgetKnown?: boolean;
  /** When the first period of a fixed window began, at or before 0. */
  readonly begunAt?: number;
  /** What had been used of it at 0. */
  readonly usedUsd?: number;
}

export interface ScenarioAgent {
  readonly name: string;
  /** Mean cost of one run. */
  readonly costUsd: Course<number>;
  /** Standard deviation of the cost as a fraction of the mean; 0.5 where absent. */
  readonly costVariation?: number;
  readonly weight?: Course<number>;
  readonly multiplier?: Course<number>;
  readonly model?: Course<string>;
  readonly collaborativePref?: number;
  readonly joinsAt?: number;
  readonly leavesAt?: number;
  /** Whether the controller is told that it left. */
  readonly leaveAnnounced?: boolean;
  /** The hours it works in, all the time where absent; looked at every 5 minutes. */
  readonly worksAt?: (time: number) => boolean;
  readonly away?: readonly Span[];
  readonly pauses?: readonly Span[];
  /** Times in which a run costs several times as much. */
  readonly bursts?: readonly Burst[];
  /** Times in which a person works with it. */
  readonly sessions?: readonly PersonSession[];
  /** It never wants to run more often than this, give or take a fifth. */
  readonly wantsSeconds?: number;
  /** It runs this often, whatever it is told. */
  readonly ignoresSeconds?: number;
  /** Its reports leave out what is younger than this, and do not say when it was used. */
  readonly reportsLateMs?: number;
  /** How its runs are told; once, at their end, where absent. */
  readonly grain?: Grain;
  /** It has no runs: a report comes this often, each of the cost of a run, whatever it is told. */
  readonly chattersSeconds?: number;
  /** It asks this often while it waits, instead of when it is told to. */
  readonly asks?: { readonly everySeconds: number; readonly whileRunning?: boolean };
  /** Now and then a run goes by another name than its own. */
  readonly mistypes?: { readonly chance: number; readonly as: string };
  /** Agents of one group are due together what one agent of the weight `groupWeight` is; 1 where absent. */
  readonly group?: string;
  readonly groupWeight?: number;
}

export interface Burst extends Span {
  readonly factor: number;
}

export interface PersonSession extends Span {
  readonly usdPerHour: number;
  /** Seconds from one report to the next; 300 where absent. */
  readonly everySeconds?: Range;
}

export interface ScenarioReadings {
  /** Fraction of the readings that never arrive. */
  readonly lost: number;
  /** Standard deviation in points of percent. */
  readonly noisePoints: number;
  readonly rounding: 'nearest' | 'down';
  /** Times without any reading. */
  readonly outages: readonly Span[];
  /** A wrong percentage in the readings within 15 minutes of a time. */
  readonly glitches: readonly Glitch[];
  /** How much later than usual a reading arrives, in ms. */
  readonly lateMs: Course<number>;
}

export interface Glitch {
  readonly at: number;
  readonly key: WindowKey;
  readonly percent: number;
}

/** Use that no agent reports. */
export interface DarkUse {
  readonly usdPerHour: (time: number) => number;
  readonly model: string;
}

/** Use of long ago that is told while the world is at work. */
export interface History {
  /** When it is told. */
  readonly at: number;
  /** Days before the start of the world, the first and the last. */
  readonly days: { readonly from: number; readonly until: number };
  readonly agents: readonly PastAgent[];
}

export interface PastAgent {
  readonly name: string;
  /** Mean cost of one run. */
  readonly costUsd: number;
  /** Mean number. */
  readonly runsPerDay: number;
  /** Fraction of the runs that were work with a person; 0 where absent. */
  readonly withPeople?: number;
}

/** Rounded, a little noisy, now and then lost: what the usage page of a provider shows. */
export const usualReadings: ScenarioReadings = {
  lost: 0.03,
  noisePoints: 0.35,
  rounding: 'nearest',
  outages: [],
  glitches: [],
  lateMs: 0,
};

const shapes: Readonly<Record<WindowKey, Omit<WindowDefinition, 'key'>>> = {
  session_5hour: { seconds: (5 * hourMs) / secondMs, anchor: 'use' },
  week_all: { seconds: weekMs / secondMs, anchor: 'fixed' },
  week_sonnet: { seconds: weekMs / secondMs, anchor: 'fixed', models: ['sonnet'] },
};

/** The public side of a window. */
export function definitionOf({ key, budgetUsd, budgetKnown }: ScenarioWindow): WindowDefinition {
  const known = budgetKnown ? { knownBudgetMicroUsd: valueAt(budgetUsd, 0) * microUsdPerUsd } : {};
  return { key, ...shapes[key], ...known };
}

/** The budget in micro-USD. */
export function budgetAt(window: ScenarioWindow, time: number): number {
  return Math.round(valueAt(window.budgetUsd, time) * microUsdPerUsd);
}

export function counts(window: WindowDefinition, model: string): boolean {
  return window.models === undefined || window.models.includes(model);
}

export function modelAt(agent: ScenarioAgent, time: number): string {
  return valueAt(agent.model ?? 'opus', time);
}

export function quotaFactor(scenario: Scenario, model: string): number {
  return scenario.quotaFactors[model] ?? 1;
}
