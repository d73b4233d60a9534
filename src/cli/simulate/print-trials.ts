/** Scores of controllers in scenarios as tables. */

import { meanScore } from '../../simulate/run.js';
import type { Scenario } from '../../simulate/scenario.js';
import { durationText } from '../../text/duration.js';
import { fractionText } from '../../text/percent.js';
import { printLine, printText } from '../output.js';
import { type Column, printTable } from '../table.js';
import type { Trial } from './trial.js';

export function printScenarios(scenarios: readonly Scenario[]): void {
  printTable(
    [
      { head: 'scenario', value: ({ name }) => name },
      { head: 'days', value: ({ lengthMs }) => Math.round((lengthMs / 86_400_000) * 10) / 10, right: true },
      { head: 'agents', value: ({ agents }) => agents.length, right: true },
      { head: 'what happens', value: ({ description }) => description, wrap: true },
    ],
    scenarios,
    'There is none.',
  );
}

export function printTrials(trials: readonly Trial[], scenarios: readonly Scenario[]): void {
  const [scenario] = scenarios;
  const seeds = trials[0]?.seeds ?? 0;
  if (scenarios.length === 1 && scenario !== undefined) {
    printText(`${scenario.name}: ${scenario.description}`);
    printText(
      `Mean of ${seeds} ${seeds === 1 ? 'run' : 'runs'}, each with other luck, against the fairest use there could have been:`,
    );
    printLine();
    printTable([controllerColumn, ...scoreColumns], trials, 'Nothing was tried.');
  } else {
    printText(
      `${scenarios.length} scenarios, ${seeds} ${seeds === 1 ? 'run' : 'runs'} each, against the fairest use there could have been:`,
    );
    printLine();
    printTable(
      [{ head: 'scenario', value: (row: Trial) => row.scenario }, controllerColumn, ...scoreColumns.slice(0, -1)],
      trials,
      'Nothing was tried.',
    );
    printLine('\nMeans:');
    printTable([controllerColumn, ...scoreColumns], meansOf(trials), 'Nothing was tried.');
  }
  printLine();
  printText(
    'fairness: Jain index of use over ideal. off: largest distance of an agent from its ideal, mean and worst run. used: of the weekly budget. locked, 5-h full: how long a weekly, the 5-hour window was full. refused: work with people. waits: longest wait that was told, over the usual one of the ideal. jumps: mean step between intervals, as a log ratio.',
  );
}

function meansOf(trials: readonly Trial[]): Trial[] {
  return [...new Set(trials.map(({ controller }) => controller))].map((controller) => {
    const own = trials.filter((trial) => trial.controller === controller);
    return {
      scenario: 'all',
      controller,
      seeds: own[0]?.seeds ?? 0,
      mean: meanScore(own.map(({ mean }) => mean)),
      deviation_max: Math.max(...own.map(({ deviation_max: worst }) => worst)),
    };
  });
}

const controllerColumn: Column<Trial> = { head: 'controller', value: ({ controller }) => controller };
const scoreColumns: readonly Column<Trial>[] = [
  { head: 'fairness', value: ({ mean }) => mean.jain.toFixed(4), right: true },
  { head: 'off', value: ({ mean }) => fractionText(mean.deviation), right: true },
  { head: 'worst', value: (row) => fractionText(row.deviation_max), right: true },
  { head: 'used', value: ({ mean }) => fractionText(mean.utilisation), right: true },
  { head: 'locked', value: ({ mean }) => durationText(3_600 * mean.lockedOutHours), right: true },
  { head: '5-h full', value: ({ mean }) => durationText(3_600 * mean.blockedHours), right: true },
  { head: 'refused', value: ({ mean }) => fractionText(mean.refused), right: true },
  { head: 'waits', value: ({ mean }) => `${mean.longestWait.toFixed(1)} ×`, right: true },
  { head: 'jumps', value: ({ mean }) => mean.volatility.toFixed(3), right: true },
];
