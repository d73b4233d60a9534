/** `fair explain`: why an agent is told what it is told, from readings and use to the interval, in steps. */
import { type Command, Option } from 'commander';
import type { Explained } from '../../analysis/explain.js';
import { usageError } from '../exit.js';
import { withView } from '../open-view.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson } from '../output.js';
import { parsePastTime, type TimeText } from '../times.js';

interface Options {
  readonly at?: TimeText;
  readonly seq?: string;
  readonly json?: true;
}

export function define(fair: Command): void {
  const command = fair
    .command('explain [name]')
    .description(
      'Why is this the interval? What an identity would be told now or at a time, or what it was told in answer to a report: step by step, with the figures.',
    )
    .option('--at <time>', 'what it would have been told at this time', parsePastTime)
    .addOption(new Option('--seq <seq|id>', 'what was told by this event').conflicts('at'))
    .addOption(jsonOption());
  command.action(async (name: string | undefined, { at, seq, json }: Options) => {
    if ((name === undefined) === (seq === undefined)) {
      throw usageError('explain what? Give the NAME of an identity, or --seq with a seq or event id.');
    }
    await withView(globalsOf(command), async (view) => {
      const question = await import('../../analysis/explain.js');
      const explained =
        seq === undefined ? await question.explainAt(view, name ?? '', at) : await question.explainEventRef(view, seq);
      await show(explained, json);
    });
  });
  addExamples(
    command,
    'fair explain Ada',
    'fair explain Ada --at 2026-01-05T09:30:00Z',
    'fair explain --seq 4711',
    'fair explain --seq 01JGV3M9Q8ZJ4X7W2K5T6R8N1P --json',
  );
}

export async function show(explained: Explained, json: true | undefined): Promise<void> {
  if (json === true) return printJson(explained);
  const { printExplained } = await import('../explain/print.js');
  printExplained(explained);
}
