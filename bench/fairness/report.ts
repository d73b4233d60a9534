/** The results as a page: docs/fairness-results.md. */
import { byResponsePart } from './by-response.js';
import { contenders, contendersByRun } from './contenders.js';
import { tellingWeeks } from './pictures.js';
import type { Result, ResultByResponse, ResultByRun } from './results.js';
import { conclusion, meansTable, scenarioTable, targetsTable } from './score-tables.js';
import type { Verdict } from './verdicts.js';

export interface Run {
  readonly seeds: number;
  readonly minutes: number;
  readonly machine: string;
  readonly command: string;
}

export interface Findings {
  readonly byRun: readonly ResultByRun[];
  readonly byResponse: readonly ResultByResponse[];
  readonly verdicts: readonly Verdict[];
}

export function report({ byRun, byResponse, verdicts }: Findings, run: Run): string {
  const verdictsOf = (results: readonly Result[]) =>
    verdicts.filter((verdict) => results.some(({ scenario }) => scenario.name === verdict.scenario));
  return `# Fairness in simulated weeks

Written by \`${run.command}\`: ${byRun.length + byResponse.length} scenarios, ${run.seeds} seeds each, in ${run.minutes.toFixed(0)} minutes.
Machine: ${run.machine}.

Agents, people and a provider are simulated event by event: runs take minutes and vary in cost, readings of the quota are
whole percents that come every half hour and are lost now and then, and nobody is told a budget. Each scenario has one
trouble more. The same scenario with the same seed has the same luck whoever controls it. In ${byRun.length} scenarios a run is one report,
at its end; in ${byResponse.length} it is [told response by response](#told-response-by-response).

What is compared:

${contendersByRun.map((name) => `- **${contenders[name].title}**: ${contenders[name].description}.`).join('\n')}

The ideal that all are measured by is worked out afterwards, with full knowledge of budgets, costs and activity: the weighted
max-min of what agents use by themselves.

## Means

${meansTable(byRun, contendersByRun)}

- **Jain**: Jain's index of use over ideal use. 1: everybody got the same fraction of what is fair.
- **deviation**: the largest distance of any agent from its ideal, as a fraction of the ideal.
- **net**: the same after the ideal is scaled to what was used in all: unfairness without what was left unused.
- **used**: of the weekly budget. **locked out**: hours for which a weekly window was full. **blocked**: hours for which the
  five-hour window was full. **refused**: work with people that found a window full.
- **volatility**: mean absolute logarithm of the ratio of one interval to the one before; 0.04 is 4 % up or down.
- **longest wait**: what any agent was told to wait at most while a window had something left, over the mean interval of its ideal
  use, which counts as a quarter of an hour at least.

![Deviation by scenario and controller](images/fairness/deviation.svg)

## By scenario

Ours, and the original after the stroke.

${scenarioTable(byRun)}

## Telling weeks

${Object.entries(tellingWeeks)
  .map(([name, text]) => `${text}\n\n![${name}](images/fairness/${name}.svg)`)
  .join('\n\n')}

${byResponsePart(byResponse, verdictsOf(byResponse))}

## Targets

${targetsTable(verdictsOf(byRun))}

${conclusion(verdictsOf(byRun))}

The targets are in \`bench/fairness/targets.ts\`. They were set from a prototype of the method, with luck of its own, before
this implementation was measured. Worst, lowest and highest are of any single seed. The last two columns compare with the
original: neither may be above 0. In \`plenty\` that is a matter of luck: nobody has to be slowed down there, so what is left of
net deviation is how much runs happen to cost (over 60 seeds 0.99 % for ours and 0.93 % for the original, each ± 0.07).
`;
}
