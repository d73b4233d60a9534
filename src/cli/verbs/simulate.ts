/** `simulate`: what would have been said under another policy, and how a policy does in made weeks. */
import { type Command, Option } from 'commander';
import { usageError } from '../exit.js';
import { addExamples, gather, globalsOf, jsonOption, plotOption } from '../options.js';
import { printJson } from '../output.js';
import { policyArguments } from '../policy-input.js';
import { Reading } from '../reading.js';
import { parsePastTime, type TimeText } from '../times.js';
import { writePlot } from '../write-plot.js';

interface Options {
  readonly policy?: readonly string[];
  readonly since?: TimeText;
  readonly until?: TimeText;
  readonly plot?: string;
  readonly json?: true;
}

const notes = `
With --policy alone, the log is replayed: at each report that was answered, the controller is asked
what it would have said with these parameters in place of the log's own. Nothing is recorded or
changed. What agents used stays as recorded, because they did not react to what is worked out here:
this shows what would have been said to them then, not what would have come of it. Whether an agent
keeps to its interval is judged by what it was really told. Parameters that are not named stay as the
log has them at each time. The state is folded from the first event on; --since only says from when
on answers are compared.`;

export function define(command: Command): void {
  command
    .addOption(
      new Option(
        '--policy <file|key=value>',
        'parameters to change: a JSON file or KEY=VALUE; may be repeated',
      ).argParser(gather),
    )
    .option('--since <time>', 'compare answers from this time on (default: the whole log)', parsePastTime)
    .option('--until <time>', 'and before this time (default: now)', parsePastTime)
    .addOption(plotOption('intervals told and would-be, and the windows'))
    .addOption(jsonOption());
  command.action(async (options: Options) => {
    if (options.policy === undefined) throw usageError('simulate what? Give --policy with a file or KEY=VALUE.');
    return replay(command, options, options.policy);
  });
  command.addHelpText('after', notes);
  addExamples(
    command,
    'simulate --policy horizon_h=24 --since 7d',
    'simulate --policy policy.json --plot compared.svg',
    'simulate --policy method=static --json',
  );
}

async function replay(
  command: Command,
  { since, until, plot, json }: Options,
  given: readonly string[],
): Promise<void> {
  const change = await policyArguments(given);
  await Reading.of(globalsOf(command), async (reading) => {
    const { spanOf } = await import('../analysis/run.js');
    const { counterfactual } = await import('../simulate/counterfactual.js');
    const { compare } = await import('../simulate/compare.js');
    const run = await counterfactual(reading, await spanOf(reading, { since, until }), change);
    if (plot !== undefined) await writePlot(plot, (await import('../simulate/plot-comparison.js')).comparisonPlot(run));
    const comparison = compare(run);
    if (json === true) return printJson(comparison);
    const { printComparison } = await import('../simulate/print-comparison.js');
    printComparison(comparison);
  });
}
