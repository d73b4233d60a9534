/** A comparison of policies as tables. */

import type { ComparedIdentity, Comparison, Difference, Intervals } from '../../analysis/compare.js';
import { durationText } from '../../text/duration.js';
import { usdText } from '../../text/money.js';
import { countText } from '../../text/number.js';
import { instantText, minuteText } from '../../text/time.js';
import { printHeading, printLine, printText } from '../output.js';
import { printTable } from '../table.js';

export function printComparison(comparison: Comparison): void {
  const { from, until, changed, answers, differing, identities, differences, jain } = comparison;
  printLine(`From ${instantText(from)} to ${instantText(until)}, as it was and as it would have been told.`);
  const changes = changed.map(
    ({ parameter, is, becomes }) => `${parameter} ${parameterText(is)} → ${parameterText(becomes)}`,
  );
  printText(changes.length === 0 ? 'The other policy is the same.' : `Other policy: ${changes.join(', ')}.`);
  printText(`${countText(answers)} answers, of which ${countText(differing)} would have differed by more than 5 %.`);
  printText('What was used stays as recorded: agents did not react to what is worked out here.');

  printHeading('Intervals told, and what they would have been');
  printTable(intervalColumns, identities, 'Nobody was told anything.');
  printHeading('Use, and what was fair for it');
  printTable(
    [
      { head: 'identity', value: ({ name }: ComparedIdentity) => name },
      { head: 'used', value: (row) => usdText(row.used_usd), right: true },
      { head: 'entitled', value: (row) => usdText(row.entitled_usd), right: true },
      { head: 'would be entitled', value: (row) => usdText(row.would_be_entitled_usd), right: true },
    ],
    identities,
    'Nobody took part.',
  );
  if (jain.is !== null && jain.would !== null) {
    printText(
      `Fairness of what was used: ${jain.is.toFixed(4)} by the policy that was, ${jain.would.toFixed(4)} by the other.`,
    );
  }
  printHeading('Largest differences');
  printTable(differenceColumns, differences, 'There is none above 5 %.');
}

const parameterText = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value).slice(0, 40) : String(value);

const range = ({ shortest, longest }: Intervals): string | null =>
  shortest === null || longest === null ? null : `${durationText(shortest)} … ${durationText(longest)}`;
const median = ({ median: seconds }: Intervals): string | null => (seconds === null ? null : durationText(seconds));
const blocked = ({ blocked_hours: hours }: Intervals): string | null =>
  hours > 0 ? durationText(hours * 3_600) : null;

const intervalColumns = [
  { head: 'identity', value: ({ name }: ComparedIdentity) => name },
  { head: 'answers', value: (row: ComparedIdentity) => row.answers, right: true },
  { head: 'told', value: ({ told }: ComparedIdentity) => median(told), right: true },
  { head: 'range', value: ({ told }: ComparedIdentity) => range(told) },
  { head: 'blocked', value: ({ told }: ComparedIdentity) => blocked(told), right: true },
  { head: 'would be', value: ({ would }: ComparedIdentity) => median(would), right: true },
  { head: 'range', value: ({ would }: ComparedIdentity) => range(would) },
  { head: 'blocked', value: ({ would }: ComparedIdentity) => blocked(would), right: true },
];

const differenceColumns = [
  { head: 'time', value: ({ at }: Difference) => minuteText(at) },
  { head: 'seq', value: ({ seq }: Difference) => seq, right: true },
  { head: 'identity', value: ({ name }: Difference) => name },
  { head: 'told', value: (row: Difference) => durationText(row.told_s), right: true },
  { head: 'would be', value: (row: Difference) => durationText(row.would_s), right: true },
  { head: 'why', value: ({ reason }: Difference) => reason, wrap: true },
];
