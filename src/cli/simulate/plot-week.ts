/**
 * A simulated week: what was really used of each window, and read, and how far off the filter was; what agents were told; and
 * what they used, with people, too. Times in which a person works with an agent, or it is away, are shaded.
 */

import { figure } from '../../plot/figure.js';
import type { Panel, Sample, Series } from '../../plot/panel.js';
import { historyMarks, notableTimes } from '../../simulate/notable-times.js';
import type { Outcome } from '../../simulate/run.js';
import { type AgentTrace, lastValue, type Point, percentRead, type Trace, toldTo } from '../../simulate/trace.js';
import { fractionText } from '../../text/percent.js';
import type { Estimate, Week } from './trial.js';

/** More lines than this in one panel cannot be told apart. */
const agentsMax = 8;
/** Points of percent. Before the second reading an estimate may be anything. */
const errorMax = 5;

export function weekPlot({ outcome, estimates }: Week): string {
  const { scenario, trace, score } = outcome;
  const panels = [...windowPanels(trace), ...errorPanels(trace, estimates), ...agentPanels(outcome)];
  const marks = historyMarks(scenario, trace.start);
  return figure({
    title: `A simulated world: ${scenario.name}`,
    subtitle: `${scenario.description} Fairness ${score.jain.toFixed(4)}, furthest off ${fractionText(score.deviation)}, used ${fractionText(score.utilisation)}.`,
    from: trace.start,
    to: trace.end,
    panels: panels.map((panel, i) => ({
      ...panel,
      marks: i === 0 ? marks : marks.map(({ at }) => ({ at })),
      spans: notableTimes(scenario, trace.start),
    })),
  });
}

function windowPanels(trace: Trace): Panel[] {
  return trace.windows.map(
    ({ key, percentBp }): Panel => ({
      title: key,
      height: 130,
      y: { label: 'used', unit: 'percent', to: 100 },
      series: [
        { name: 'true', colour: 'text', step: true, line: percentBp.map(({ at, value }): Sample => [at, value / 100]) },
        { name: 'readings', colour: 1, readings: percentRead(trace, key) },
      ],
      references: [{ value: 100, label: 'full', colour: 'bad' }],
    }),
  );
}

function agentPanels({ trace }: Outcome): Panel[] {
  const agents = [...trace.agents].sort((a, b) => lastOf(b) - lastOf(a)).slice(0, agentsMax);
  const named = agents.map((agent, i) => ({ agent, name: agent.name, colour: i + 2, step: true }));
  const panels: Panel[] = [
    {
      title: 'Told',
      y: { label: 'interval', unit: 'seconds', scale: 'log' },
      series: named
        .filter(({ agent }) => agent.runs > 0)
        .map(({ agent, ...series }) => ({
          ...series,
          line: toldTo(agent).map(({ at, value }): Sample => [at, value]),
        })),
    },
    {
      title: 'Autonomous use',
      y: { label: 'in all', unit: 'usd' },
      series: named
        .filter(({ agent }) => agent.autonomy.length > 0)
        .map(({ agent, ...series }) => ({ ...series, line: dollars(agent.autonomy) })),
    },
  ];
  const withPeople: Series[] = named
    .filter(({ agent }) => agent.collaboration.length > 0)
    .map(({ agent, ...series }) => ({ ...series, line: dollars(agent.collaboration) }));
  if (withPeople.length === 0) return panels;
  return [
    ...panels,
    { title: 'Use with people', height: 110, y: { label: 'in all', unit: 'usd' }, series: withPeople },
  ];
}

/** How far the filter was from the truth of the weekly window, and how far it thought it might be. */
function errorPanels({ windows }: Trace, estimates: readonly Estimate[]): Panel[] {
  const week = windows.find(({ key }) => key === 'week_all');
  const own = estimates.filter(({ key, deviation }) => key === 'week_all' && 2 * deviation <= errorMax);
  if (week === undefined || own.length === 0) return [];
  return [
    {
      title: 'Estimate − truth',
      height: 110,
      y: { label: 'of week_all', unit: 'percent' },
      series: [
        {
          name: '± 2 deviations',
          colour: 0,
          band: own.map(({ at, deviation }) => ({ at, low: -2 * deviation, high: 2 * deviation })),
        },
        {
          name: 'error',
          colour: 'text',
          line: own.map(({ at, percent }): Sample => [at, percent - lastValue(week.percentBp, at) / 100]),
        },
      ],
    },
  ];
}

const lastOf = ({ autonomy }: AgentTrace): number => autonomy.at(-1)?.value ?? 0;

const dollars = (points: readonly Point[]): Sample[] => points.map(({ at, value }): Sample => [at, value / 1e6]);
