/** `fair analyse`: how fair a time was. */
import { type Command, Option } from 'commander';
import { withView } from '../open-view.js';
import { addExamples, globalsOf, jsonOption, plotOption } from '../options.js';
import { printJson } from '../output.js';
import { parsePastTime, type TimeText } from '../times.js';
import { writePlot } from '../write-plot.js';

interface Options {
  readonly since?: TimeText;
  readonly until?: TimeText;
  readonly plot?: string;
  readonly json?: true;
}

const definitions = `
What the words mean:
  entitled   The autonomous use of a fairness period (from reset to reset of the longest window that
             counts all models), shared by weighted max-min: by weight x multiplier x the part of the
             period in which one took part, but to nobody more than it could use. That is what it did
             use if it asked for less than it was offered (by most of its reports), else what fits at
             the shortest interval into the time it was there. Entitlements add up to what was used.
             A window of some models only that was used at 90 % of an even pace or more is a limit
             as well: those it counts share what was used of it. A period that is cut by --since or
             --until is judged by the piece that is left.
  by weight  The same shared by weight alone. Who used less lent the rest, in proportion, to those
             who used more.
  prefer     One would rather have another's use per weight, as far as it could have used it.
  full       From a reading of 100 % or a refusal until the reset, or until a reading is below.
  unused     Percent left at a reset, as the filter estimates it; in dollars by the budget it knows.`;

export function define(fair: Command): void {
  const command = fair
    .command('analyse')
    .description('How fair was it? Use against entitlement, loans, envy, full windows, unused quota, from the log.')
    .addOption(
      new Option('--since <time>', 'from this time on').argParser(parsePastTime).default(parsePastTime('28d'), '28d'),
    )
    .option('--until <time>', 'before this time (default: now)', parsePastTime)
    .addOption(plotOption('use against entitlement'))
    .addOption(jsonOption());
  command.action(async ({ since, until, plot, json }: Options) =>
    withView(globalsOf(command), async (view) => {
      const { analyse } = await import('../../analysis/analyse.js');
      const analysis = await analyse(view, { since, until });
      if (plot !== undefined) await writePlot(plot, (await import('../analysis/plot.js')).analysisPlot(analysis));
      if (json === true) return printJson(analysis);
      const { printAnalysis } = await import('../analysis/print.js');
      printAnalysis(analysis);
    }),
  );
  command.addHelpText('after', definitions);
  addExamples(
    command,
    'fair analyse --since 7d',
    'fair analyse --since 2026-01-01 --until 2026-02-01 --json',
    'fair analyse --plot fairness.svg',
  );
}
