/** The part of the page about weeks that are told response by response. */
import type { Score } from '../../src/simulate/score.js';
import { contenders, contendersByResponse } from './contenders.js';
import type { ResultByResponse } from './results.js';
import { conclusion, meansTable, percent, targetsTable } from './score-tables.js';
import { markdownTable } from './table.js';
import type { Verdict } from './verdicts.js';

export function byResponsePart(results: readonly ResultByResponse[], verdicts: readonly Verdict[]): string {
  return `## Told response by response

Agents do not report once a run. They report every response, seconds apart, from several sub-agents at once; people report each
answer they get; some reporters never pause, and logs of months are told within seconds. In these weeks the same runs are told like
that:

${results.map(({ scenario: { name, description } }) => `- **${name}**: ${description}`).join('\n')}

Beside the others stands **${contenders['by-report'].title}**: ${contenders['by-report'].description}.

${meansTable(results, contendersByResponse)}

By scenario, in this order: ${contendersByResponse.map((name) => contenders[name].title).join(' / ')}.

${responseTable(results)}

In deviation alone another one is ahead in ${nearerThanOurs(results).join(', ')}.

![Deviation by scenario and controller, told response by response](images/fairness/deviation-by-response.svg)

The bounds are those of a like week that is told run by run, as how a run is told should cost nothing; and nobody is to be told to
wait for more than four times what is usual.

${targetsTable(verdicts)}

${conclusion(verdicts)}

What is behind misses: a mistyped name is a newcomer that is due a part until it is seen to be away, and what was kept for it is in
part unused at the reset. Where a person takes a five-hour window, its agents wait for its reset, many times their usual interval;
nobody can know before how long a person will stay, and with a handful of such days in a world one agent more or one less run before
shows. In worlds of two days what is kept free, which is measured by the whole week, is a larger part of what is left.`;
}

/** Weeks in which somebody else ends nearer to the ideal, and who. */
function nearerThanOurs(results: readonly ResultByResponse[]): string[] {
  return results.flatMap(({ scenario, summaries }) => {
    const [best] = contendersByResponse.toSorted((a, b) => summaries[a].mean.deviation - summaries[b].mean.deviation);
    if (best === undefined || best === 'ours') return [];
    return [`${scenario.name} (${contenders[best].title}: ${percent(summaries[best].mean.deviation)} %)`];
  });
}

interface Column {
  readonly head: string;
  readonly cell: (score: Score) => string;
}

const columns: readonly Column[] = [
  { head: 'deviation %', cell: ({ deviation }) => percent(deviation) },
  { head: 'used %', cell: ({ utilisation }) => percent(utilisation) },
  { head: 'locked out h', cell: ({ lockedOutHours }) => lockedOutHours.toFixed(1) },
  { head: 'blocked h', cell: ({ blockedHours }) => blockedHours.toFixed(1) },
  { head: 'refused %', cell: ({ refused }) => percent(refused) },
  { head: 'longest wait', cell: ({ longestWait }) => longestWait.toFixed(1) },
];

export function responseTable(results: readonly ResultByResponse[]): string {
  const rows = results.map(({ scenario, summaries }) => [
    scenario.name,
    ...columns.map(({ cell }) => contendersByResponse.map((name) => cell(summaries[name].mean)).join(' / ')),
  ]);
  return markdownTable(['scenario', ...columns.map(({ head }) => head)], rows);
}
