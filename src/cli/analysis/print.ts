/** How fair a time was, as tables and sentences. */
import type { AnalysedMember, AnalysedWindow, Analysis } from '../../fairness/analysis.js';
import { duration } from '../../fairness/reason.js';
import type { WindowReset } from '../../fairness/window-record.js';
import { shownDollars, shownPoints } from '../figures.js';
import { printHeading, printLine, printText } from '../output.js';
import { printTable } from '../table.js';
import { shownTime } from '../times.js';

/** Envy and transfers below this part of what one is entitled to go without saying. */
const notablePart = 0.05;
const linesMax = 8;

export function printAnalysis(analysis: Analysis): void {
  const { from, until, autonomy, collaboration, jain, members } = analysis;
  printLine(`From ${shownTime(from)} to ${shownTime(until)} (${duration((until - from) / 1_000)}).`);
  printText(
    `Agents used ${shownDollars(autonomy)} on their own, and ${shownDollars(collaboration)} together with people.`,
  );
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
      { head: 'there', value: (row) => `${Math.round(100 * row.presentPart)} %`, right: true },
      { head: 'used', value: (row) => shownDollars(row.used), right: true },
      { head: 'entitled', value: (row) => shownDollars(row.entitled), right: true },
      {
        head: 'used / entitled',
        value: (row) => (row.entitled > 0 ? (row.used / row.entitled).toFixed(2) : null),
        right: true,
      },
      { head: 'by weight', value: (row) => shownDollars(row.nominal), right: true },
      { head: 'lent', value: (row) => amount(row.lent), right: true },
      { head: 'borrowed', value: (row) => amount(row.borrowed), right: true },
      { head: 'asked for', value: (row) => (row.demandLimited ? 'less' : 'all') },
    ],
    members,
    'Nobody took part.',
  );
}

const amount = (usd: number): string | null => (usd < 0.005 ? null : shownDollars(usd));

function printPeriods({ periods }: Analysis): void {
  if (periods.length < 2) return;
  printHeading('Fairness periods');
  printTable(
    [
      { head: 'from', value: ({ from }) => shownTime(from) },
      { head: 'to', value: ({ until }) => shownTime(until) },
      { head: 'used', value: (row) => shownDollars(row.autonomy), right: true },
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
    printText(`${name(from)} left ${shownDollars(usd)} of its part by weight to ${name(to)}.`);
  }
  printRest(notable.length);
}

function printEnvies({ envies, members }: Analysis): void {
  const entitled = new Map(members.map((member) => [member.key, member.entitled]));
  const name = namesOf(members);
  const notable = envies.filter(
    ({ from, amount: usd }) => usd >= Math.max(0.01, notablePart * (entitled.get(from) ?? 0)),
  );
  if (notable.length === 0) printText(`Nobody, by more than ${100 * notablePart} % of what it was entitled to.`);
  for (const { from, to, amount: usd } of notable.slice(0, linesMax)) {
    const part =
      (entitled.get(from) ?? 0) > 0
        ? ` (${Math.round((100 * usd) / (entitled.get(from) ?? 1))} % of its entitlement)`
        : '';
    printText(`${name(from)} would have had ${shownDollars(usd)} more${part} with as much per weight as ${name(to)}.`);
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
        value: (row) => (row.fullHours > 0 ? duration(row.fullHours * 3_600) : 'never'),
        right: true,
      },
      { head: 'told to wait', value: (row) => `${row.blockedAnswers} times`, right: true },
      {
        head: 'agents waited',
        value: (row) => (row.blockedAgentHours > 0 ? duration(row.blockedAgentHours * 3_600) : null),
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
  return resets.length === 1 ? `${mean.toFixed(1)} ± ${(resets[0]?.deviation ?? 0).toFixed(1)} %` : shownPoints(mean);
}

const least = (resets: readonly WindowReset[]): string | null =>
  resets.length < 2 ? null : shownPoints(Math.min(...resets.map(({ unused }) => unused)));

function unusedCost(resets: readonly WindowReset[]): string | null {
  const known = resets.flatMap(({ unusedCost: cost }) => cost ?? []);
  return known.length === 0 ? null : shownDollars(known.reduce((total, cost) => total + cost, 0));
}

function printRogues({ rogues }: Analysis): void {
  if (rogues.length === 0) printText('None: all kept to what they were told.');
  for (const { name, from, until, reports, used, gap, ratio } of rogues) {
    const when = until === null ? `since ${shownTime(from)}` : `from ${shownTime(from)} to ${shownTime(until)}`;
    printText(
      `${name}, ${when}: every ${duration(gap)}, ${Math.round(100 * ratio)} % of what it was told; ${reports} reports, ${shownDollars(used)}.`,
    );
  }
}
