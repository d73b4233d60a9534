/** `simulate`: what another policy would have said, and how policies do in made weeks. */
import { type Command, Option } from 'commander';
import type { PolicyChange } from '../../fairness/policy.js';
import { usageError } from '../exit.js';
import { withView } from '../open-view.js';
import { addExamples, gather, globalsOf, jsonOption, plotOption, wholeNumber } from '../options.js';
import { printJson, remark } from '../output.js';
import { policyArguments } from '../policy-input.js';
import { ProgressLine } from '../progress.js';
import { parsePastTime, type TimeText } from '../times.js';
import { writePlot } from '../write-plot.js';

interface Options {
  readonly policy?: readonly string[];
  readonly since?: TimeText;
  readonly until?: TimeText;
  readonly scenario?: string;
  readonly seeds: number;
  readonly list?: true;
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
on answers are compared.

With --scenario, a world of agents, people and a provider is made up, in which agents do react. The
product with the policy, the static method and the controller this product replaced are tried in it,
and measured against the fairest use there could have been, which takes full knowledge to work out.`;

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
    .addOption(
      new Option('--scenario <name>', 'try a made week instead of the log; `all` tries every one').conflicts([
        'since',
        'until',
      ]),
    )
    .option('--seeds <count>', 'how often a made week is tried, with other luck', wholeNumber(1, 1_000), 3)
    .option('--list', 'list the made weeks')
    .addOption(plotOption('intervals told and would-be; of a made week, its windows, intervals and use'))
    .addOption(jsonOption());
  command.action(async (options: Options) => {
    if (options.list === true) return list(options.json);
    const change = options.policy === undefined ? null : await policyArguments(options.policy);
    if (options.scenario !== undefined) return tryOut(options, options.scenario, change);
    if (change === null) throw usageError('simulate what? Give --policy with a file or KEY=VALUE, or --scenario.');
    return replay(command, options, change);
  });
  command.addHelpText('after', notes);
  addExamples(
    command,
    'simulate --policy horizon_h=24 --since 7d',
    'simulate --policy policy.json --plot compared.svg',
    'simulate --list',
    'simulate --scenario three-equal --plot week.svg',
    'simulate --scenario human-bursts --policy horizon_h=24 --policy boost_max=2 --seeds 10',
  );
}

async function replay(command: Command, { since, until, plot, json }: Options, change: PolicyChange): Promise<void> {
  await withView(globalsOf(command), async (view) => {
    const { spanOf } = await import('../../analysis/analyse.js');
    const { counterfactual } = await import('../../analysis/counterfactual.js');
    const { compare } = await import('../../analysis/compare.js');
    const run = await counterfactual(view, await spanOf(view, { since, until }), change);
    if (plot !== undefined) await writePlot(plot, (await import('../simulate/plot-comparison.js')).comparisonPlot(run));
    const comparison = compare(run);
    if (json === true) return printJson(comparison);
    const { printComparison } = await import('../simulate/print-comparison.js');
    printComparison(comparison);
  });
}

async function list(json: true | undefined): Promise<void> {
  const { scenarios } = await import('../../simulate/scenarios.js');
  if (json === true)
    return printJson(scenarios.map(({ number, name, description }) => ({ number, name, description })));
  const { printScenarios } = await import('../simulate/print-trials.js');
  printScenarios(scenarios);
}

async function tryOut({ seeds, plot, json }: Options, name: string, change: PolicyChange | null): Promise<void> {
  const { scenarios } = await import('../../simulate/scenarios.js');
  const { contendersOf, trials, weekOf } = await import('../simulate/trial.js');
  const chosen = name === 'all' ? scenarios : scenarios.filter((scenario) => scenario.name === name);
  if (change?.windows !== undefined) remark('A made week has windows of its own: those of the policy are left out.');
  const [first] = chosen;
  if (first === undefined)
    throw usageError(`there is no made week ${name}; \`resource-share simulate --list\` lists them.`);
  if (plot !== undefined) {
    if (chosen.length > 1) throw usageError('--plot shows one made week: name it.');
    await writePlot(plot, (await import('../simulate/plot-week.js')).weekPlot(weekOf(first, change)));
  }
  const contenders = contendersOf(change);
  const line = new ProgressLine('runs');
  const steps = trials(chosen, contenders, seeds);
  for (;;) {
    const step = steps.next();
    if (step.done !== true) {
      line.show('simulating', step.value, chosen.length * contenders.length * seeds);
      continue;
    }
    line.end();
    if (json === true) return printJson(step.value);
    const { printTrials } = await import('../simulate/print-trials.js');
    return printTrials(step.value, chosen);
  }
}
