/** What the weeks resulted in: a summary for each contender in each scenario, and means over all scenarios. */
import { meanScore, type Summary, summaryOf } from '../../src/simulate/run.js';
import type { Scenario } from '../../src/simulate/scenario.js';
import type { Score } from '../../src/simulate/score.js';
import { type ContenderName, contenderNames } from './contenders.js';
import type { Week } from './week.js';

export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly summaries: Readonly<Record<ContenderName, Summary>>;
}

export function resultsOf(
  scenarios: readonly Scenario[],
  weeks: readonly Week[],
  scores: readonly Score[],
): ScenarioResult[] {
  return scenarios.map((scenario) => {
    const summary = (contender: ContenderName) =>
      summaryOf(scores.filter((_, i) => weeks[i]?.scenario === scenario.name && weeks[i]?.contender === contender));
    const entries = contenderNames.map((name) => [name, summary(name)]);
    return { scenario, summaries: Object.fromEntries(entries) as ScenarioResult['summaries'] };
  });
}

/** Every scenario counts the same. */
export function meanOf(results: readonly ScenarioResult[], contender: ContenderName): Score {
  return meanScore(results.map(({ summaries }) => summaries[contender].mean));
}
