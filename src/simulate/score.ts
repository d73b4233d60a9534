/**
 * How good a run was, measured by the fairest week there could have been. "How it was tested" in
 * docs/concepts/fair-share.md.
 */
import { jain } from '../fairness/jain.js';
import { sum } from '../fairness/sum.js';
import type { Ideal } from './ideal.js';
import { longestWait } from './longest-wait.js';
import type { Scenario } from './scenario.js';
import { type AgentTrace, lastValue, type Trace, type WindowTrace } from './trace.js';
import { hourMs, type Span } from './units.js';

export interface Score {
  /** Jain's index of use over ideal use: 1 where everybody has the same fraction of it. */
  readonly jain: number;
  /** Largest distance of any agent from its ideal use, as a fraction of it. */
  readonly deviation: number;
  /** The same once the ideal is scaled to what was used in all: unfairness without what was left unused. */
  readonly deviationNet: number;
  /** Fraction of the weekly budget used. */
  readonly utilisation: number;
  /** Hours for which a weekly window was full. */
  readonly lockedOutHours: number;
  /** Hours for which the five-hour window was full. */
  readonly blockedHours: number;
  /** Fraction of the work with people that was refused. */
  readonly refused: number;
  /** Mean absolute logarithm of the ratio of one interval to the one before. */
  readonly volatility: number;
  /** Longest wait told to any agent that does as it is told, over the mean interval of its ideal use. */
  readonly longestWait: number;
}

/** A utilisation above this says no more than that the budget was cut too late. */
const utilisationMax = 1.2;
/** Intervals count once the controller has had time to learn, and not shortly before the reset. */
const settlingMs = 6 * hourMs;
const endingMs = 3 * hourMs;

export function scoreOf(trace: Trace, scenario: Scenario, ideal: Ideal): Score {
  const scored = { from: trace.start + scenario.scored.from, until: trace.start + scenario.scored.until };
  const shares = sharesOf(trace, ideal, scored);
  const week = trace.windows.find(({ key }) => key === 'week_all');
  const lastPeriod = week && periodsIn(week, scored).at(-1);
  const weekly = trace.windows.filter(({ key }) => key !== 'session_5hour');
  const fiveHour = trace.windows.filter(({ key }) => key === 'session_5hour');
  return {
    jain: jain(shares.map(({ used, ideal }) => used / ideal)) ?? 1,
    deviation: Math.max(0, ...shares.map((share) => distance(share, 1, shares))),
    deviationNet: Math.max(0, ...shares.map((share) => distance(share, usedFraction(shares), shares))),
    utilisation: lastPeriod ? Math.min(utilisationMax, lastPeriod.usedMicroUsd / lastPeriod.budgetMicroUsd) : 0,
    lockedOutHours: fullHours(weekly, scored),
    blockedHours: fullHours(fiveHour, scored),
    refused: refusedFraction(trace.agents),
    volatility: volatility(trace.agents, { from: scored.from + settlingMs, until: scored.until - endingMs }),
    longestWait: longestWait(trace, scenario, ideal),
  };
}

/** Micro-USD of autonomy of an agent that can be steered. */
interface Share {
  readonly used: number;
  readonly ideal: number;
}

function sharesOf(trace: Trace, ideal: Ideal, { from, until }: Span): Share[] {
  return trace.agents.flatMap(({ name, autonomy }) => {
    const best = ideal.agents.get(name);
    if (best === undefined || !best.isSteered || best.autonomyMicroUsd < 1) return [];
    return [{ used: lastValue(autonomy, until) - lastValue(autonomy, from), ideal: best.autonomyMicroUsd }];
  });
}

function usedFraction(shares: readonly Share[]): number {
  return sum(shares.map(({ used }) => used)) / sum(shares.map(({ ideal }) => ideal));
}

/** A quarter of the mean is the least that deviations are measured by, lest a tiny share rule the figure. */
function distance({ used, ideal }: Share, scale: number, shares: readonly Share[]): number {
  const mean = sum(shares.map((share) => share.ideal)) / shares.length;
  return Math.abs(used / scale - ideal) / Math.max(ideal, mean / 4);
}

function periodsIn({ periods }: WindowTrace, { from, until }: Span) {
  return periods.filter(({ end }) => end > from && end <= until);
}

function fullHours(windows: readonly WindowTrace[], scored: Span): number {
  return sum(windows.flatMap((window) => periodsIn(window, scored)).map(({ fullMs }) => fullMs)) / hourMs;
}

function refusedFraction(agents: readonly AgentTrace[]): number {
  const refused = sum(agents.map(({ refusedMicroUsd }) => refusedMicroUsd));
  const done = sum(agents.map(({ collaboration }) => collaboration.at(-1)?.value ?? 0));
  return refused === 0 ? 0 : refused / (refused + done);
}

function volatility(agents: readonly AgentTrace[], { from, until }: Span): number {
  const changes = agents.flatMap(({ intervals }) => {
    const counted = intervals.filter(({ at }) => at > from && at < until);
    return counted.slice(1).map(({ value }, i) => Math.abs(Math.log(value / (counted[i]?.value ?? value))));
  });
  return changes.length === 0 ? 0 : sum(changes) / changes.length;
}
