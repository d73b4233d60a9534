/** What scenarios are put together from. */
import type { Course } from '../course.js';
import { type Scenario, type ScenarioAgent, type ScenarioWindow, usualReadings } from '../scenario.js';
import { dayMs, hourMs, type Span, weekMs } from '../units.js';

type ScenarioInput = Pick<Scenario, 'number' | 'name' | 'description' | 'windows' | 'agents'> & Partial<Scenario>;

/** A quiet week, but for what is told about it. */
export function scenario(told: ScenarioInput): Scenario {
  const lengthMs = told.lengthMs ?? weekMs;
  return {
    lengthMs,
    scored: { from: 0, until: lengthMs },
    readings: usualReadings,
    quotaFactors: {},
    darkUse: [],
    history: [],
    earlyResets: [],
    ...told,
  };
}

export const ada: ScenarioAgent = { name: 'Ada', costUsd: 1 };
export const ben: ScenarioAgent = { name: 'Ben', costUsd: 1 };
export const cleo: ScenarioAgent = { name: 'Cleo', costUsd: 1 };
export const dora: ScenarioAgent = { name: 'Dora', costUsd: 1 };
export const three: readonly ScenarioAgent[] = [ada, ben, cleo];

/** Budgets in USD. */
export function windows(week: Course<number>, fiveHour: Course<number>, sonnet?: Course<number>): ScenarioWindow[] {
  const always: ScenarioWindow[] = [
    { key: 'session_5hour', budgetUsd: fiveHour },
    { key: 'week_all', budgetUsd: week },
  ];
  return sonnet === undefined ? always : [...always, { key: 'week_sonnet', budgetUsd: sonnet }];
}

/** Days since the start, which may be fractions, in whole ms. */
export function day(days: number): number {
  return Math.round(days * dayMs);
}

export function days(from: number, until: number): Span {
  return { from: day(from), until: day(until) };
}

/** From one hour of the day (UTC) up to another. */
export function daily(fromHour: number, untilHour: number): (time: number) => boolean {
  return (time) => {
    const hour = (time % dayMs) / hourMs;
    return hour >= fromHour && hour < untilHour;
  };
}

/** One value up to a day, another one from then on. */
export function steps<T extends number | string>(first: T, changeDay: number, then: T): Course<T> {
  return [
    { from: 0, value: first },
    { from: day(changeDay), value: then },
  ];
}
