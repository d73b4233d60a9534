/** What a reader of a plot wants to see in it beside the lines: who was away, when people worked, when history was told. */
import type { Scenario } from './scenario.js';

/** A time in ms UTC that concerns an agent. */
interface NotableTime {
  readonly from: number;
  readonly to: number;
  /** The agent's name. */
  readonly series: string;
}

/** Times in which an agent does nothing by itself: it is away, or a person works with it. */
export function notableTimes({ agents }: Pick<Scenario, 'agents'>, start: number): NotableTime[] {
  return agents.flatMap(({ name, away = [], sessions = [] }) =>
    [...away, ...sessions].map(({ from, until }) => ({ from: start + from, to: start + until, series: name })),
  );
}

export function historyMarks({ history }: Pick<Scenario, 'history'>, start: number): { at: number; label: string }[] {
  return history.map(({ at }) => ({ at: start + at, label: 'history is told' }));
}
