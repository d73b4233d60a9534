/** Scores and verdicts as tables. */
import type { Score } from '../../src/simulate/score.js';
import { type ContenderName, contenders } from './contenders.js';
import { meanOf, type Result, type ScenarioResult } from './results.js';
import { markdownTable } from './table.js';
import { decimals, figures, type Verdict } from './verdicts.js';

export const percent = (value: number, digits = 1): string => (100 * value).toFixed(digits);

const scoreHead = [
  'Jain',
  'deviation %',
  'net %',
  'used %',
  'locked out h',
  'blocked h',
  'refused %',
  'volatility',
  'longest wait',
] as const;

function scoreCells(score: Score): string[] {
  return [
    score.jain.toFixed(4),
    percent(score.deviation),
    percent(score.deviationNet),
    percent(score.utilisation),
    score.lockedOutHours.toFixed(1),
    score.blockedHours.toFixed(2),
    percent(score.refused),
    score.volatility.toFixed(3),
    score.longestWait.toFixed(1),
  ];
}

export function meansTable<Name extends ContenderName>(
  results: readonly ScenarioResult<Name>[],
  names: readonly Name[],
): string {
  const row = (name: Name) => [contenders[name].title, ...scoreCells(meanOf(results, name))];
  return markdownTable(['', ...scoreHead], names.map(row));
}

export function scenarioTable(results: readonly Result[]): string {
  const rows = results.map(({ scenario, summaries }) => {
    const ours = scoreCells(summaries.ours.mean);
    const original = scoreCells(summaries.original.mean);
    return [scenario.name, ...ours.map((cell, i) => `${cell} / ${original[i]}`)];
  });
  return markdownTable(['scenario', ...scoreHead], rows);
}

/** One row per scenario; each cell is what was measured and its bound, in bold where it is missed. */
export function targetsTable(verdicts: readonly Verdict[]): string {
  const bound = figures.filter((name) => verdicts.some(({ figure }) => figure === name));
  const scenarios = [...new Set(verdicts.map(({ scenario }) => scenario))];
  const rows = scenarios.map((name) => {
    const cells = bound.map((figure) => {
      const found = verdicts.find(({ scenario, figure: of }) => scenario === name && of === figure);
      return found === undefined ? '' : cellOf(found);
    });
    return [name, ...cells];
  });
  return markdownTable(['scenario', ...bound], rows);
}

function cellOf({ figure, measured, atLeast, atMost, met }: Verdict): string {
  const bound = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  const text = `${measured.toFixed(decimals(figure))} (${bound})`;
  return met ? text : `**${text}**`;
}

export function conclusion(verdicts: readonly Verdict[]): string {
  const missed = verdicts.filter(({ met }) => !met);
  const of = `${verdicts.length - missed.length} of ${verdicts.length} targets are met`;
  if (missed.length === 0) return `${of}.`;
  return `${of}. Missed: ${missed.map((each) => `${each.scenario}, ${each.figure} ${cellOf(each)}`).join('; ')}.`;
}
