/** `replay`: builds the tables again from the log, compares them with the live ones, and puts right what differs. */

import type { Command } from 'commander';
import type { ReplayReport } from '../../replay/replay.js';
import type { ReplayProgress } from '../../replay/replay-run.js';
import { systemClock } from '../../runtime/clock.js';
import { countText } from '../../text/number.js';
import { exitCodes, usageError } from '../exit.js';
import { addExamples, type Globals, gather, globalsOf, jsonOption, settingFlags } from '../options.js';
import { printJson, printLine } from '../output.js';
import { ProgressLine } from '../progress.js';
import { printTable } from '../table.js';

interface Options {
  readonly projection: readonly string[];
  readonly check?: true;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .description(
      'Rebuild the tables from the log, beside live traffic; compare them row by row; swap them where they differ.',
    )
    .option('--projection <name>', 'only this one; may be repeated', gather, [])
    .option('--check', 'only compare; exit 1 when a table differs')
    .addOption(jsonOption());
  command.action(async (options: Options) => {
    if (settingFlags(command).has('pool'))
      throw usageError('replay rebuilds whole tables, of all pools: leave --pool out.');
    const globals = globalsOf(command);
    const report =
      options.check === true ? await check(globals, options.projection) : await rebuild(globals, options.projection);
    if (options.json === true) printJson(report);
    else printReport(report, options.check === true);
    if (options.check === true && !report.identical) process.exitCode = exitCodes.no;
  });
  addExamples(command, 'replay --check', 'replay', 'replay --projection daily_resource_share --json');
}

/** A comparison changes nothing, so it needs no daemon and disturbs none. */
async function check(globals: Globals, projections: readonly string[]): Promise<ReplayReport> {
  await mustExist(globals);
  const { runReplay } = await import('../../replay/replay-thread.js');
  const report = await follow(
    runReplay({ kind: 'replay', database: globals.database, options: { projections, check: true } }, systemClock),
  );
  if (report === null) throw new Error('a replay ended without a report');
  return report;
}

async function rebuild(globals: Globals, projections: readonly string[]): Promise<ReplayReport> {
  await mustExist(globals);
  const { withClient } = await import('../open-client.js');
  return withClient(globals, (client) => follow(client.replay(projections)));
}

/** A mistyped directory must not become a new, empty ledger. */
async function mustExist(globals: Globals): Promise<void> {
  const { withEngine } = await import('../open-view.js');
  await withEngine(globals, async () => undefined);
}

async function follow<R>(steps: AsyncGenerator<ReplayProgress, R>): Promise<R> {
  const line = new ProgressLine('events');
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done === true) return step.value;
      const { phase, events, total, resumedAt } = step.value;
      line.show(phaseTexts[phase], events, total, resumedAt);
    }
  } finally {
    line.end();
  }
}

const phaseTexts: Record<ReplayProgress['phase'], string> = { fold: 'folding', compare: 'comparing', swap: 'swapping' };

function printReport(report: ReplayReport, onlyChecked: boolean): void {
  printTable(
    [
      { head: 'table', value: ({ table }) => table },
      { head: 'live rows', value: ({ liveRows }) => countText(liveRows), right: true },
      { head: 'rebuilt rows', value: ({ shadowRows }) => countText(shadowRows), right: true },
      { head: 'differing', value: ({ differing }) => countText(differing), right: true },
      { head: 'e.g.', value: ({ examples }) => examples.join('; ') },
    ],
    report.tables,
    'There is no table.',
  );
  printLine(`\n${countText(report.events)} events. ${verdict(report, onlyChecked)}`);
}

function verdict({ identical, swapped }: ReplayReport, onlyChecked: boolean): string {
  if (identical)
    return swapped ? 'The tables were as the log says; they were renewed.' : 'The tables are as the log says.';
  return onlyChecked
    ? 'The tables differ from the log; `resource-share replay` puts them right.'
    : 'The tables differed, and were put right.';
}
