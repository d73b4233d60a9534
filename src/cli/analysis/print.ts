/** How fair a time was, as tables and sentences. */

import type { AnalysedMember, AnalysedWindow, Analysis } from '../../fairness/analysis.js';
import type { WindowReset } from '../../fairness/window-record.js';
import { durationText } from '../../text/duration.js';
import { usdText } from '../../text/money.js';
import { estimateText, fractionText, percentText } from '../../text/percent.js';
import { instantText } from '../../text/time.js';
import { printHeading, printLine, printText } from '../output.js';
import { printTable } from '../table.js';

/** Envy and transfers below this part of what one is entitled to go without saying. */
const notablePart = 0.05;
const linesMax = 8;

export function printAnalysis(analysis: Analysis): void {
  const { from, until, autonomy, collaboration, jain, members } = analysis;
  printLine(`From ${instantText(from)} to ${instantText(until)} (${durationText((until - from) / 1_000)}).`);
  printText(`Agents used ${usdText(autonomy)} on their own, and ${usdText(collaboration)} together with people.`);
  if (jain !== null)
    printText(`Fairness ${jain.toFixed(4)} of 1 (Jain's index of use over entitlement): ${verdict(jain)}.`);

  printHeading('Use against entitlement');
  printMembers(members);
  printPeriods(analysis);
  printHeading('Who lent to whom');
  printTransfers(analysis);
  printHeading('Who would have preferred the use of whom');
  printEnvies(analysis);
  printHeading('Windows');
  printWindows(analysis.windows);
  printHeading('Agents that ran more often than they were told');
  printRogues(analysis);
}

function verdict(jain: number): string {
  if (jain >= 0.995) return 'as even as it gets';
  if (jain >= 0.97) return 'even, but for small differences';
  return jain >= 0.9 ? 'somebody had clearly more or less than its part' : 'far from even';
}

function printMembers(members: readonly AnalysedMember[]): void {
  printTable(
    [
      { head: 'identity', value: ({ name }) => name },
      { head: 'there', value: (row) => percentText(Math.round(100 * row.presentPart)), right: true },
      { head: 'used', value: (row) => usdText(row.used), right: true },
      { head: 'entitled', value: (row) => usdText(row.entitled), right: true },
      {
        head: 'used / entitled',
        value: (row) => (row.entitled > 0 ? (row.used / row.entitled).toFixed(2) : null),
        right: true,
      },
      { head: 'by weight', value: (row) => usdText(row.nominal), right: true },
      { head: 'lent', value: (row) => amount(row.lent), right: true },
      { head: 'borrowed', value: (row) => amount(row.borrowed), right: true },
      { head: 'asked for', value: (row) => (row.demandLimited ? 'less' : 'all') },
    ],
    members,
    'Nobody took part.',
  );
}

const amount = (usd: number): string | null => (usd < 0.005 ? null : usdText(usd));

function printPeriods({ periods }: Analysis): void {
  if (periods.length < 2) return;
  printHeading('Fairness periods');
  printTable(
    [
      { head: 'from', value: ({ from }) => instantText(from) },
      { head: 'to', value: ({ until }) => instantText(until) },
      { head: 'used', value: (row) => usdText(row.autonomy), right: true },
      { head: 'fairness', value: ({ jain }) => (jain === null ? null : jain.toFixed(4)), right: true },
    ],
    periods,
    'There was none.',
  );
}

function printTransfers({ transfers, members }: Analysis): void {
  const name = namesOf(members);
  const notable = transfers.filter((one) => one.amount >= 0.01);
  if (notable.length === 0) printText('Everybody used its part by weight: nothing was lent.');
  for (const { from, to, amount: usd } of notable.slice(0, linesMax)) {
    printText(`${name(from)} left ${usdText(usd)} of its part by weight to ${name(to)}.`);
  }
  printRest(notable.length);
}

function printEnvies({ envies, members }: Analysis): void {
  const entitled = new Map(members.map((member) => [member.key, member.entitled]));
  const name = namesOf(members);
  const notable = envies.filter(
    ({ from, amount: usd }) => usd >= Math.max(0.01, notablePart * (entitled.get(from) ?? 0)),
  );
  if (notable.length === 0) printText(`Nobody, by more than ${fractionText(notablePart)} of what it was entitled to.`);
  for (const { from, to, amount: usd } of notable.slice(0, linesMax)) {
    const part =
      (entitled.get(from) ?? 0) > 0
        ? ` (${percentText(Math.round((100 * usd) / (entitled.get(from) ?? 1)))} of its entitlement)`
        : '';
    printText(`${name(from)} would have had ${usdText(usd)} more${part} with as much per weight as ${name(to)}.`);
  }
  printRest(notable.length);
}

function printRest(count: number): void {
  if (count > linesMax) printLine(`… and ${count - linesMax} more (--json shows them).`);
}

const namesOf = (members: readonly AnalysedMember[]): ((key: string) => string) => {
  const names = new Map(members.map(({ key, name }) => [key, name]));
  return (key) => names.get(key) ?? key;
};

function printWindows(windows: readonly AnalysedWindow[]): void {
  printTable(
    [
      { head: 'window', value: ({ key }) => key },
      {
        head: 'full for',
        value: (row) => (row.fullHours > 0 ? durationText(row.fullHours * 3_600) : 'never'),
        right: true,
      },
      { head: 'told to wait', value: (row) => `${row.blockedAnswers} times`, right: true },
      {
        head: 'agents waited',
        value: (row) => (row.blockedAgentHours > 0 ? durationText(row.blockedAgentHours * 3_600) : null),
        right: true,
      },
      { head: 'resets', value: ({ resets }) => resets.length, right: true },
      { head: 'unused', value: ({ resets }) => unusedText(resets), right: true },
      { head: 'least', value: ({ resets }) => least(resets), right: true },
      { head: 'in all', value: ({ resets }) => unusedCost(resets), right: true },
    ],
    windows,
    'No window was read.',
  );
}

function unusedText(resets: readonly WindowReset[]): string | null {
  if (resets.length === 0) return null;
  const mean = resets.reduce((total, { unused }) => total + unused, 0) / resets.length;
  return resets.length === 1 ? estimateText(mean, resets[0]?.deviation ?? 0) : percentText(mean);
}

const least = (resets: readonly WindowReset[]): string | null =>
  resets.length < 2 ? null : percentText(Math.min(...resets.map(({ unused }) => unused)));

function unusedCost(resets: readonly WindowReset[]): string | null {
  const known = resets.flatMap(({ unusedCost: cost }) => cost ?? []);
  return known.length === 0 ? null : usdText(known.reduce((total, cost) => total + cost, 0));
}

function printRogues({ rogues }: Analysis): void {
  if (rogues.length === 0) printText('None: all kept to what they were told.');
  for (const { name, from, until, reports, used, gap, ratio } of rogues) {
    const when = until === null ? `since ${instantText(from)}` : `from ${instantText(from)} to ${instantText(until)}`;
    printText(
      `${name}, ${when}: every ${durationText(gap)}, ${percentText(Math.round(100 * ratio))} of what it was told; ${reports} reports, ${usdText(used)}.`,
    );
  }
}
