/** An explanation as numbered steps that can be followed with a pencil: from the readings to the sentence an agent is told. */

import type { Explained } from '../../analysis/explain.js';
import type { ExplainedWindow, Explanation, Sharer } from '../../fairness/explanation.js';
import { durationText, secondsText } from '../../text/duration.js';
import { usdEstimateText, usdText } from '../../text/money.js';
import { estimateText, fractionText, percentText } from '../../text/percent.js';
import { instantText, relativeText } from '../../text/time.js';
import { printHeading, printLine, printText } from '../output.js';
import { printTable } from '../table.js';
import { stepIndent } from './layout.js';
import { printInterval } from './print-interval.js';
import { printLevels } from './print-levels.js';

export function printExplained(explained: Explained): void {
  const { name, event, at, seq, policy, explanation } = explained;
  const subject =
    event === null ? `What ${name} would be told at ${instantText(at)}` : `Why ${name} was told ${saying(explained)}`;
  printLine(`${subject}${event === null ? '' : ` at ${instantText(at)} (seq ${event.seq})`}`);
  const version = policy.version === 0 ? 'the default policy' : `policy version ${policy.version}`;
  printLine(`By the log up to seq ${seq} and ${version} (method ${policy.method}).`);

  printHeading('1  What was read, and what the filter makes of it');
  printReadings(explanation);
  if (policy.method === 'fair') {
    printHeading('2  What is left until the reset');
    printLeft(explanation);
    printHeading('3  Who shares it');
    printSharers(explanation);
    printHeading('4  Where the level settles');
    printLevels(explanation, policy);
  }
  printHeading(policy.method === 'fair' ? '5  From the rate to the interval' : '2  The interval');
  printInterval(explanation, policy);
  printHeading(policy.method === 'fair' ? '6  The answer' : '3  The answer');
  printAnswer(explained);
}

const saying = ({ told, advice }: Explained): string =>
  `to run every ${durationText(told?.payload.issued_interval_s ?? advice.interval_s)}`;

function printReadings({ windows, at }: Explanation): void {
  printTable(
    [
      { head: 'window', value: ({ key }) => key },
      { head: 'last reading', value: (row) => lastReading(row, at) },
      { head: 'used by now', value: (row) => usedByNow(row), right: true },
      { head: 'budget', value: (row) => budgetText(row), right: true },
      { head: 'by the ledger', value: ({ ledgerCost }) => usdText(ledgerCost), right: true },
      {
        head: 'outside it',
        value: (row) => (row.unattributedCost === null ? null : usdText(row.unattributedCost)),
        right: true,
      },
    ],
    windows,
    'No window is known.',
    stepIndent,
  );
  for (const { key, known, contract, lastRead, suspicious, full } of windows) {
    if (lastRead === null && !contract) printText(`${key}: nobody has read it yet, so it limits nothing.`, stepIndent);
    else if (!known) printText(`${key}: what a dollar is of it is not known well enough yet to plan with.`, stepIndent);
    if (contract) printText(`${key}: its budget is set in the policy, so no readings are needed.`, stepIndent);
    if (suspicious)
      printText(
        `${key}: the last reading is far off what was expected; it counts when a second one agrees.`,
        stepIndent,
      );
    if (full) printText(`${key}: the provider says that it is full.`, stepIndent);
  }
}

const budgetText = ({ budget, budgetDeviation }: ExplainedWindow): string | null =>
  budget === null ? null : usdEstimateText(budget, budgetDeviation);

function lastReading({ lastRead, lastPercent }: ExplainedWindow, at: number): string | null {
  return lastRead === null ? null : `${percentText(lastPercent ?? 0)}, ${relativeText(lastRead, at)}`;
}

const usedByNow = ({ lastRead, contract, percent, deviation }: ExplainedWindow): string | null =>
  lastRead === null && !contract ? null : estimateText(percent, deviation);

function printLeft({ windows, at }: Explanation): void {
  printTable(
    [
      { head: 'window', value: ({ key }) => key },
      { head: 'unused', value: ({ percent }) => percentText(Math.max(0, 100 - percent)), right: true },
      { head: 'margin', value: ({ margin }) => percentText(margin), right: true },
      { head: 'outside', value: ({ unattributedAhead }) => percentText(unattributedAhead), right: true },
      { head: 'people', value: (row) => usdText(row.humanHabit + row.humanAttached), right: true },
      { head: 'left', value: ({ usable }) => (usable === null ? null : usdText(usable)), right: true },
      { head: 'resets', value: (row) => resetText(row, at) },
      { head: 'per hour', value: ({ rate }) => usdText(rate), right: true },
    ],
    windows,
    'No window limits anything.',
    stepIndent,
  );
  printText(
    'Left = (unused − margin − expected outside the ledger) in dollars, less what people are expected to use.',
    stepIndent,
  );
  for (const { key, known, exhausted, humanAttached, lastRead, contract } of windows) {
    if (exhausted) printText(`${key}: used up, nothing may be used before it resets.`, stepIndent);
    else if (!known && (lastRead !== null || contract))
      printText(
        `${key}: without a budget, everybody runs around the base interval, slower if use runs ahead of time.`,
        stepIndent,
      );
    if (humanAttached > 0)
      printText(
        `${key}: a person works now, ${usdText(humanAttached)} are kept for the rest of the session.`,
        stepIndent,
      );
  }
}

function resetText({ resetAt, lastRead, contract }: ExplainedWindow, at: number): string {
  if (resetAt !== null) return relativeText(resetAt, at);
  return lastRead === null && !contract ? 'unknown' : 'begins with use';
}

function printSharers({ sharers, windows, name, recommendation }: Explanation): void {
  const longest = windows.filter(({ counts }) => counts).sort((a, b) => b.hoursLeft - a.hoursLeft)[0];
  const until = recommendation.bindingWindow ?? longest?.key ?? '';
  const there = ({ expected }: Sharer) => expected[until] ?? Object.values(expected).at(-1);
  printTable(
    [
      { head: 'identity', value: (row) => (row.name === name ? `${row.name} *` : row.name) },
      { head: 'weight', value: ({ weight, multiplier }) => `${plain(weight)} × ${plain(multiplier)}`, right: true },
      { head: 'used', value: ({ used }) => usdText(used), right: true },
      { head: 'level', value: ({ level }) => usdText(level), right: true },
      {
        head: 'there',
        value: (row) => {
          const part = there(row);
          return part === undefined ? null : fractionText(part);
        },
        right: true,
      },
      { head: 'a wake', value: ({ wakeCost }) => usdText(wakeCost), right: true },
      { head: 'conduct', value: conductText },
    ],
    sharers,
    'Nobody has a share yet.',
    stepIndent,
  );
  printText(
    `Level = used / (weight × multiplier) in this fairness period: whoever is lowest is served first. There = part of the time until ${until} resets in which it is expected to run.`,
    stepIndent,
  );
}

const plain = (value: number): string => String(Math.round(value * 1e3) / 1e3);

function conductText({ conduct, gap, pausedUntil, present }: Sharer): string {
  if (pausedUntil !== null) return 'paused';
  if (conduct === 'demand' && gap !== null) return `runs every ${durationText(gap)}: lends`;
  if (conduct === 'rogue' && gap !== null) return `runs every ${durationText(gap)}: rogue`;
  return present ? 'as told' : 'away';
}

function printAnswer({ event, told, advice, explanation }: Explained): void {
  printText(explanation.reason, stepIndent);
  const now = advice.interval_s;
  const stamped = told?.payload.issued_interval_s;
  if (event !== null && stamped === undefined) {
    printText(`Nothing is stamped on event ${event.seq}: whoever reported it did not ask.`, stepIndent);
  } else if (event !== null && stamped === now) {
    printText(`The log has the same: ${secondsText(now)} is stamped on event ${event.seq}.`, stepIndent);
  } else if (event !== null && stamped !== undefined) {
    printText(
      `The log has ${secondsText(stamped)} on event ${event.seq}; worked out again it is ${secondsText(now)}. What was said stays: another release may have said it, or the plan of a moment before was still in use.`,
      stepIndent,
    );
  } else if (told !== null && stamped !== undefined) {
    printText(
      `It was last told ${secondsText(stamped)}, at ${instantText(told.recorded_at)} (seq ${told.seq}).`,
      stepIndent,
    );
  }
}
