/** Intervals told and would-be over time, one panel per identity, above the percentages of the windows. */

import type { Counterfactual, WindowSample } from '../../analysis/counterfactual.js';
import { figure } from '../../plot/figure.js';
import type { Panel, Sample } from '../../plot/panel.js';

/** More panels than this make a chart that nobody reads: those with the most answers are shown. */
const identitiesMax = 8;

export function comparisonPlot(run: Counterfactual): string {
  const { from, until, answers, names } = run;
  const counts = new Map<string, number>();
  for (const { key } of answers) counts.set(key, (counts.get(key) ?? 0) + 1);
  const shown = [...counts].sort((a, b) => b[1] - a[1]).slice(0, identitiesMax);
  const panels = shown.map(([key]): Panel => {
    const own = answers.filter((answer) => answer.key === key);
    return {
      title: names.get(key) ?? key,
      height: 120,
      y: { label: 'interval', unit: 'seconds', scale: 'log' },
      series: [
        { name: 'told', step: true, colour: 0, line: own.map(({ at, told }): Sample => [at, told]) },
        {
          name: 'would be',
          step: true,
          colour: 1,
          dashed: true,
          line: own.map(({ at, would }): Sample => [at, would]),
        },
      ],
    };
  });
  return figure({
    title: 'Intervals told, and what they would have been under another policy',
    subtitle: 'What was used stays as recorded: agents did not react to what would have been said.',
    from,
    to: until,
    panels: [...panels, windowPanel(run)],
  });
}

function windowPanel({ estimates, readings }: Counterfactual): Panel {
  const keys = [...new Set([...estimates, ...readings].map(({ key }) => key))];
  const of = (samples: readonly WindowSample[], key: string) => samples.filter((sample) => sample.key === key);
  return {
    title: 'Windows',
    height: 160,
    y: { label: 'used', unit: 'percent' },
    series: keys.map((key, i) => ({
      name: key,
      colour: i + 2,
      line: of(estimates, key).map(({ at, percent }): Sample => [at, percent]),
      readings: of(readings, key).map(({ at, percent }) => ({ at, value: percent })),
    })),
    references: [{ value: 100, label: 'full', colour: 'bad' }],
  };
}
