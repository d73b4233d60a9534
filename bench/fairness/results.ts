/** What the weeks resulted in: a summary for each contender in each scenario, and means over all scenarios. */
import { meanScore, type Summary, summaryOf } from '../../src/simulate/run.js';
import type { Scenario } from '../../src/simulate/scenario.js';
import type { Score } from '../../src/simulate/score.js';
import type { ContenderName, contendersByResponse, contendersByRun } from './contenders.js';
import type { Week } from './week.js';

export interface ScenarioResult<Name extends ContenderName> {
  readonly scenario: Scenario;
  readonly summaries: Readonly<Record<Name, Summary>>;
}

export type ResultByRun = ScenarioResult<(typeof contendersByRun)[number]>;
export type ResultByResponse = ScenarioResult<(typeof contendersByResponse)[number]>;
/** What any scenario has. */
export type Result = ScenarioResult<'static' | 'original' | 'ours'>;

export function resultsOf<Name extends ContenderName>(
  scenarios: readonly Scenario[],
  contenders: readonly Name[],
  weeks: readonly Week[],
  scores: readonly Score[],
): ScenarioResult<Name>[] {
  return scenarios.map((scenario) => {
    const summary = (contender: Name) =>
      summaryOf(scores.filter((_, i) => weeks[i]?.scenario === scenario.name && weeks[i]?.contender === contender));
    const entries = contenders.map((name) => [name, summary(name)]);
    return { scenario, summaries: Object.fromEntries(entries) as ScenarioResult<Name>['summaries'] };
  });
}

/** Every scenario counts the same. */
export function meanOf<Name extends ContenderName>(results: readonly ScenarioResult<Name>[], contender: Name): Score {
  return meanScore(results.map(({ summaries }) => summaries[contender].mean));
}
