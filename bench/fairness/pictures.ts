/** Pictures of telling weeks, and of all deviations, as files below docs/images/fairness. */

import { bars } from '../../src/plot/bars.js';
import { figure } from '../../src/plot/figure.js';
import type { Panel } from '../../src/plot/panel.js';
import { notableTimes } from '../../src/simulate/notable-times.js';
import type { ScenarioAgent } from '../../src/simulate/scenario.js';
import { scenarioNamed } from '../../src/simulate/scenarios.js';
import type { Trace } from '../../src/simulate/trace.js';
import { weekStart } from '../../src/simulate/world.js';
import { budgetCut, windowLife } from './beliefs.js';
import { type ContenderName, contenders, contendersByResponse, contendersByRun } from './contenders.js';
import { intervalsShown, told, used } from './lines.js';
import type { ResultByResponse, ResultByRun, ScenarioResult } from './results.js';
import { play } from './week.js';

export interface Picture {
  readonly file: string;
  readonly svg: string;
}

/** The weeks that are shown, with what there is to see in them. */
export const tellingWeeks: Readonly<Record<string, string>> = {
  'three-equal':
    'Three equal agents. The original brakes too little, fills the week on its sixth day, and stops everybody until the reset.',
  'human-bursts':
    'People work with Ada and Ben (shaded). Ours makes the agents wait while they are there, and sets aside what they usually need. The first session, which nobody could foresee, fills a five-hour window under either.',
  'idle-returns':
    'Cleo is away for three days (shaded). The original slows the others down to the use of one who is not there, then lets them rush, and never makes up for it. Ours keeps what she is expected to need: when she is back, she runs every five minutes, then more and more slowly until she is level, and the others hardly notice.',
  'ignores-the-interval':
    'Rogue runs every 700 seconds whatever it is told. Ours tells it to wait for hours, counts on its going on all the same, and shares out the rest among the others, so that the week lasts.',
};

export function pictures(byRun: readonly ResultByRun[], byResponse: readonly ResultByResponse[]): Picture[] {
  return [
    { file: 'deviation.svg', svg: deviations(byRun, contendersByRun) },
    { file: 'deviation-by-response.svg', svg: deviations(byResponse, contendersByResponse) },
    ...Object.keys(tellingWeeks).map((name) => ({ file: `${name}.svg`, svg: comparison(name) })),
    { file: 'window-life.svg', svg: windowLife() },
    { file: 'budget-cut.svg', svg: budgetCut() },
  ];
}

function deviations<Name extends ContenderName>(
  results: readonly ScenarioResult<Name>[],
  names: readonly Name[],
): string {
  return bars({
    title: 'How far agents end from what is fair for them',
    subtitle: 'Largest deviation of any agent from its ideal use, mean of all seeds.',
    unit: 'percent',
    series: names.map((name) => ({ name: contenders[name].title, pale: name !== 'ours' })),
    groups: results.map(({ scenario, summaries }) => ({
      name: scenario.name,
      values: names.map((name) => 100 * summaries[name].mean.deviation),
    })),
  });
}

/** One week under the original, and the same week under ours. */
function comparison(name: string): string {
  const { description, agents, lengthMs } = scenarioNamed(name);
  const panels = (['original', 'ours'] as const).flatMap((contender) => {
    const { trace } = play({ scenario: name, contender, seed: '0' });
    return [quotaPanel(trace, contender), intervalPanel(trace, contender, agents)];
  });
  return figure({
    title: `The week “${name}”`,
    subtitle: description,
    from: weekStart,
    to: weekStart + lengthMs,
    panels,
  });
}

function quotaPanel({ windows }: Trace, contender: ContenderName): Panel {
  return {
    title: `${contenders[contender].title}: quota`,
    y: { label: 'used', unit: 'percent', from: 0, to: 110 },
    series: windows
      .toReversed()
      .map((window, i) => ({ name: window.key, colour: i + 4, step: true, line: used(window) })),
    references: [{ value: 100, label: 'full', colour: 'bad' }],
  };
}

function intervalPanel({ agents }: Trace, contender: ContenderName, about: readonly ScenarioAgent[]): Panel {
  return {
    title: `${contenders[contender].title}: intervals`,
    y: { label: 'told to wait', unit: 'seconds', scale: 'log', ...intervalsShown },
    series: agents.map((agent, i) => ({ name: agent.name, colour: i, step: true, line: told(agent) })),
    spans: notableTimes({ agents: about }, weekStart),
  };
}
