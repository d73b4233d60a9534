/** Step 4 of an explanation: the level rises for all alike until a window holds no more, and what that is for each. */

import type { Explanation, RateStep, Sharer } from '../../fairness/explanation.js';
import type { Policy } from '../../fairness/policy.js';
import { durationText } from '../../text/duration.js';
import { usdText } from '../../text/money.js';
import { printText } from '../output.js';
import { printTable } from '../table.js';
import { stepIndent } from './layout.js';

export function printLevels(explanation: Explanation, policy: Policy): void {
  const { levels, sharers, name, rate } = explanation;
  if (sharers.length === 0) return printText('Nobody has a share yet.', stepIndent);
  printText(
    "Everybody's level rises alike until a window is used at its rate per hour; those it counts stay there.",
    stepIndent,
  );
  for (const { window, level, names, rate: limit } of levels) {
    const who = names.join(', ');
    if (window === null)
      printText(`- No window holds ${who}: only what it asks for, and the limits of the policy.`, stepIndent);
    else
      printText(
        `- ${window} (${usdText(limit ?? 0)} per hour) holds ${who} at ${usdText(level ?? 0)} per unit of weight.`,
        stepIndent,
      );
  }
  printTable(
    [
      { head: 'identity', value: (row) => (row.name === name ? `${row.name} *` : row.name) },
      { head: 'held by', value: ({ heldBy }) => heldBy ?? 'itself' },
      { head: 'planned per hour', value: (row) => usdText(row.rate), right: true },
      { head: 'told per hour', value: (row) => usdText(row.recommended), right: true },
      { head: 'equal share', value: (row) => usdText(row.proportional), right: true },
      { head: 'told / equal', value: shownFactor, right: true },
    ],
    sharers,
    'Nobody has a share yet.',
    stepIndent,
  );
  if (rate !== null) printText(rateText(rate, name ?? '', policy), stepIndent);
}

const shownFactor = ({ recommended, proportional }: Sharer): string | null =>
  proportional > 0 ? (recommended / proportional).toFixed(2) : null;

function rateText(
  { level, omega, used, hours, byLevel, floor, cap, rate, limit }: RateStep,
  name: string,
  policy: Policy,
): string {
  if (level === null || byLevel === null) {
    return `${name} may use ${usdText(rate)} per hour while it runs: as fast as it may, or ${policy.boost_max} times its equal share.`;
  }
  const formula = `(${omega.toFixed(1)} × ${usdText(level)} − ${usdText(used)}) / ${durationText(hours * 3_600)}`;
  const result = `${name}: ${formula} = ${usdText(byLevel)} per hour while it runs`;
  if (limit === 'cap')
    return `${result}; more than it may, so ${usdText(cap)} (the shortest interval, or ${policy.boost_max} times its equal share).`;
  if (limit === 'floor')
    return `${result}; everybody present gets ${policy.floor_fraction} of an equal share at least, so ${usdText(floor)}.`;
  return `${result}.`;
}
