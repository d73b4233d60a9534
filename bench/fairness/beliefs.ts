/** Pictures of what the controller believes of a window, beside the truth that it never sees. */

import { figure } from '../../src/plot/figure.js';
import type { Panel } from '../../src/plot/panel.js';
import { valueAt } from '../../src/simulate/course.js';
import type { ScenarioWindow } from '../../src/simulate/scenario.js';
import { percentRead } from '../../src/simulate/trace.js';
import { hourMs } from '../../src/simulate/units.js';
import { weekStart } from '../../src/simulate/world.js';
import { told, used } from './lines.js';
import { type Observed, observe } from './observed.js';

/** Two standard deviations to either side. */
const width = 2;
/** Before the second reading the estimate may be anything. */
const percentShown = 105;

/** A five-hour window in a week in which it is the tight one: a day of it. */
export function windowLife(): string {
  const observed = observe('five-hour-binds', '0');
  const from = weekStart;
  return figure({
    title: 'The life of a five-hour window',
    subtitle:
      'A day of the week “five-hour-binds”. Readings are whole percents, half an hour apart; the band is two standard deviations to either side of the estimate. A budget is known once it is sure enough to plan with.',
    from,
    to: from + 26 * hourMs,
    panels: [percentPanel(observed, 'session_5hour'), budgetPanel(observed, 'session_5hour', 90), intervals(observed)],
  });
}

/** A week whose budgets are cut on the fourth day. */
export function budgetCut(): string {
  const observed = observe('budget-cut', '0');
  return figure({
    title: 'A budget that is cut',
    subtitle:
      'On the fourth day the provider cuts both budgets by a third. The first reading that does not fit is kept apart; the second confirms it, and the estimate moves.',
    from: weekStart + 60 * hourMs,
    to: weekStart + 96 * hourMs,
    panels: [percentPanel(observed, 'week_all'), budgetPanel(observed, 'week_all', 2_000), intervals(observed)],
  });
}

function percentPanel({ outcome: { trace }, beliefs }: Observed, key: string): Panel {
  const window = trace.windows.find((each) => each.key === key);
  if (window === undefined) throw new Error(`there is no ${key}`);
  const believed = beliefs.get(key) ?? [];
  return {
    title: 'Percent used',
    y: { label: key, unit: 'percent', to: percentShown },
    series: [
      { name: 'readings', colour: 'muted', readings: percentRead(trace, key) },
      { name: 'truth', colour: 1, step: true, dashed: true, line: used(window) },
      {
        name: 'estimate',
        colour: 0,
        step: true,
        line: believed.map(({ at, view }) => [at, view.percent]),
        band: believed.map(({ at, view: { percent, deviation } }) => ({
          at,
          low: Math.max(0, percent - width * deviation),
          high: Math.min(percentShown, percent + width * deviation),
        })),
      },
    ],
    marks: window.periods.map(({ end }) => ({ at: end, label: 'reset' })),
  };
}

/** `most`: budgets above it are not shown, as nothing is known of them yet. */
function budgetPanel({ outcome: { scenario }, beliefs }: Observed, key: string, most: number): Panel {
  const believed = (beliefs.get(key) ?? []).map(({ at, view: { budget, budgetDeviation, known } }) => {
    const shown = known && budget !== null && budgetDeviation !== null;
    return shown ? { at, budget, off: width * budgetDeviation * budget } : { at, budget: null, off: 0 };
  });
  return {
    title: 'Budget of a period',
    y: { label: 'what 100 % is believed to be', unit: 'usd', to: most },
    series: [
      { name: 'truth', colour: 1, step: true, dashed: true, line: truth(scenario.windows, key, scenario.lengthMs) },
      {
        name: 'estimate',
        colour: 0,
        step: true,
        line: believed.map(({ at, budget }) => [at, budget]),
        band: believed.map(({ at, budget, off }) => ({
          at,
          low: budget === null ? null : budget - off,
          high: budget === null ? null : Math.min(most, budget + off),
        })),
      },
    ],
  };
}

function truth(windows: readonly ScenarioWindow[], key: string, lengthMs: number) {
  const budget = windows.find((window) => window.key === key)?.budgetUsd ?? 0;
  const hours = Array.from({ length: lengthMs / hourMs }, (_, i) => i * hourMs);
  return hours.map((time) => [weekStart + time, valueAt(budget, time)] as const);
}

function intervals({ outcome: { trace } }: Observed): Panel {
  return {
    title: 'Intervals',
    y: { label: 'told to wait', unit: 'seconds', scale: 'log' },
    series: trace.agents.map((agent, i) => ({ name: agent.name, colour: i + 2, step: true, line: told(agent) })),
  };
}
