/** A simulated week: what was really used of each window, and read, and how far off the filter was; what agents were told; and what they used. */

import { figure } from '../../plot/figure.js';
import type { Panel, Sample } from '../../plot/panel.js';
import { type AgentTrace, lastValue, type Point, percentRead, type Trace, toldTo } from '../../simulate/trace.js';
import { fractionText } from '../../text/percent.js';
import type { Estimate, Week } from './trial.js';

/** More lines than this in one panel cannot be told apart. */
const agentsMax = 8;

export function weekPlot({ outcome, estimates }: Week): string {
  const { scenario, trace, score } = outcome;
  const agents = [...trace.agents].sort((a, b) => lastOf(b) - lastOf(a)).slice(0, agentsMax);
  const windowPanels = trace.windows.map(
    ({ key, percentBp }): Panel => ({
      title: key,
      height: 130,
      y: { label: 'used', unit: 'percent', to: 100 },
      series: [
        { name: 'true', colour: 'text', line: percentBp.map(({ at, value }): Sample => [at, value / 100]) },
        { name: 'readings', colour: 1, readings: percentRead(trace, key) },
      ],
      references: [{ value: 100, label: 'full', colour: 'bad' }],
    }),
  );
  return figure({
    title: `A simulated week: ${scenario.name}`,
    subtitle: `${scenario.description} Fairness ${score.jain.toFixed(4)}, furthest off ${fractionText(score.deviation)}, used ${fractionText(score.utilisation)}.`,
    from: trace.start,
    to: trace.end,
    panels: [
      ...windowPanels,
      ...errorPanels(outcome.trace, estimates),
      {
        title: 'Told',
        y: { label: 'interval', unit: 'seconds', scale: 'log' },
        series: agents.map((agent, i) => ({
          name: agent.name,
          colour: i + 2,
          step: true,
          line: toldTo(agent).map(({ at, value }): Sample => [at, value]),
        })),
      },
      {
        title: 'Autonomous use',
        y: { label: 'in all', unit: 'usd' },
        series: agents.map(({ name, autonomy }, i) => ({ name, colour: i + 2, line: dollars(autonomy) })),
      },
    ],
  });
}

/** How far the filter was from the truth of the weekly window, and how far it thought it might be. */
function errorPanels({ windows }: Trace, estimates: readonly Estimate[]): Panel[] {
  const week = windows.find(({ key }) => key === 'week_all');
  const own = estimates.filter(({ key }) => key === 'week_all');
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
