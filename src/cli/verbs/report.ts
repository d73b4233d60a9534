/** `report`: an agent's own verb. It spools, sends, and prints when to run again; it needs no access to the data directory. */

import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { daemonFinder } from '../../client/address.js';
import {
  type FlushOutcome,
  type ReportOutcome,
  type SendFailure,
  SpoolError,
  UsageReporter,
} from '../../client/index.js';
import type { Usage } from '../../client/usage.js';
import { defaultPoolName } from '../../settings/default-pool.js';
import { secondsText } from '../../text/duration.js';
import { type ReportingTo, reportingTo } from '../daemon-address.js';
import { exitCodes, failure, negativeResult, usageError } from '../exit.js';
import { addExamples, jsonOption, settingOption, settingsFor } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import { poolTimeZone } from '../pool-time-zone.js';
import { parseDuration, parsePastTime, type TimeText } from '../times.js';
import { addUsageOptions, usageOf, warnOfNothing } from '../usage-options.js';

type Options = Parameters<typeof usageOf>[1] & {
  readonly timeout: number;
  readonly flush?: true;
  readonly print?: 'interval';
  readonly json?: true;
  readonly at?: TimeText;
};

export function define(command: Command): void {
  addUsageOptions(command.argument('[name]', 'the identity that used it'))
    .option('--at <time>', 'when it was used (default: now)', parsePastTime)
    .addOption(settingOption('url'))
    .addOption(settingOption('spool'))
    .addOption(settingOption('ledger_key'))
    .addOption(
      new Option('--timeout <duration>', 'how long to try before the report is left in the spool')
        .argParser(parseDuration)
        .default(10_000, '10s'),
    )
    .option('--flush', 'only send what is in the spool')
    .addOption(
      new Option('--print <what>', 'print nothing but the seconds until the next run, for scripts').choices([
        'interval',
      ]),
    )
    .addOption(jsonOption());
  command.action(async (name: string | undefined, options: Options) => {
    const client = reportingTo(settingsFor(command));
    const reporter = reporterOf(client, options.timeout);
    if (options.flush === true) return flush(reporter, name, options);
    if (name === undefined) throw usageError('who used it? Name the identity: `resource-share report NAME`.');
    return report(reporter, client, await usageOf(name, options, command), options);
  });
  command.addHelpText('after', '\nExit code 75: the report is safe in the spool, and not delivered yet.');
  addExamples(
    command,
    'report Ada --cost 0.125 --tokens input=1200,cache-read=80000,output=340',
    'report Ada --session 7f3c --total-cost-usd 4.71',
    'report Ada --mode collaboration --cost 0.4 --json',
    'report Ada --cost 0.125 --print interval',
    'report --flush',
  );
}

const reporterOf = (client: ReportingTo, timeoutMs: number): UsageReporter =>
  new UsageReporter({
    ...client,
    timeoutMs,
    requestTimeoutMs: Math.min(timeoutMs, 10_000),
    source: 'report/1',
  });

/** Which instants a date means, only the daemon knows: its pool has a time zone. */
async function usedAt({ pool, ...daemon }: ReportingTo, { at, timeout }: Options): Promise<number> {
  const now = Date.now();
  if (at === undefined) return now;
  return at.at(
    now,
    at.needsZone ? await poolTimeZone(daemonFinder(daemon), pool ?? defaultPoolName, Math.min(timeout, 10_000)) : 'UTC',
  );
}

async function report(reporter: UsageReporter, client: ReportingTo, usage: Usage, options: Options): Promise<void> {
  const at = new Date(await usedAt(client, options));
  warnOfNothing(usage);
  const outcome = await keeping(reporter.report(usage, at));
  const isQuiet = options.json === true || options.print !== undefined;
  if (options.json === true) printJson(shownOutcome(outcome));
  switch (outcome.status) {
    case 'rejected':
      throw negativeResult(
        `the report was rejected (${outcome.code}): ${outcome.detail}. It lies in ${join(client.spool, 'rejected')}.`,
      );
    case 'spooled': {
      const { cause, waiting } = outcome;
      if (!cause.transient)
        throw endOf(cause)(`${cause.message}. The report is kept in the spool; ${waiting} wait there.`);
      const text = `Spooled, and safe: ${cause.message}. ${waiting} waiting; the next report takes them along.`;
      if (isQuiet) remark(text);
      else printLine(text);
      if (client.data !== undefined) remark(`Reports go to the daemon of ${client.data}; --url names another one.`);
      process.exitCode = exitCodes.spooled;
      return;
    }
    default:
      if (options.print === 'interval' && outcome.advice !== undefined) printLine(String(outcome.advice.interval_s));
      if (!isQuiet) printAccepted(outcome);
  }
}

function printAccepted({ status, seq, advice }: Extract<ReportOutcome, { status: 'recorded' | 'repeated' }>): void {
  printLine(
    seq === undefined ? 'Recorded.' : `${status === 'recorded' ? 'Recorded' : 'Recorded before'} as seq ${seq}.`,
  );
  if (advice === undefined) return;
  printLine(
    advice.quota_paused
      ? `Pause for ${secondsText(advice.interval_s)}.`
      : `Run again in ${secondsText(advice.interval_s)}.`,
  );
  remark(advice.reason);
}

const endOf = ({ isOtherLedger }: SendFailure) => (isOtherLedger ? negativeResult : failure);

async function flush(reporter: UsageReporter, name: string | undefined, { json }: Options): Promise<void> {
  if (name !== undefined) throw usageError('--flush reports nothing new: leave the name out.');
  const outcome = await keeping(reporter.flush());
  if (json === true) printJson({ ...outcome, cause: outcome.cause?.message ?? null });
  else printLine(flushText(outcome));
  if (outcome.cause !== null && !outcome.cause.transient) throw endOf(outcome.cause)(`${outcome.cause.message}.`);
  if (outcome.rejected > 0) process.exitCode = exitCodes.no;
}

function flushText({ accepted, rejected, waiting, cause }: FlushOutcome): string {
  const sent = `${accepted} delivered, ${rejected} rejected, ${waiting} waiting.`;
  return cause === null ? sent : `${sent} ${cause.message}.`;
}

async function keeping<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SpoolError) throw failure(`${error.message}.`);
    throw error;
  }
}

const shownOutcome = (outcome: ReportOutcome): object =>
  outcome.status === 'spooled' ? { ...outcome, cause: outcome.cause.message } : outcome;
