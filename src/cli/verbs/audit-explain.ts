/** `audit explain`: as `fair explain`, for a report of the past: by its eventRef in the log, or the last one of an identity. */
import type { Command } from 'commander';
import { usageError } from '../exit.js';
import { withView } from '../open-view.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { show } from './fair-explain.js';

interface Options {
  readonly identity?: string;
  readonly json?: true;
}

export function define(audit: Command): void {
  const command = audit
    .command('explain [event]')
    .description('Why was this interval given? Of a report by seq or id, or of the last report of an identity.')
    .option('--identity <name>', 'the last report of this identity')
    .addOption(jsonOption());
  command.action(async (eventRef: string | undefined, { identity, json }: Options) => {
    if ((eventRef === undefined) === (identity === undefined)) {
      throw usageError('explain what? Give a seq, an event id, or --identity NAME.');
    }
    await withView(globalsOf(command), async (view) => {
      const question = await import('../../analysis/explain.js');
      const explained =
        eventRef === undefined
          ? await question.explainNewest(view, identity ?? '')
          : await question.explainEventRef(view, eventRef);
      await show(explained, json);
    });
  });
  addExamples(
    command,
    'audit explain 4711',
    'audit explain 01JGV3M9Q8ZJ4X7W2K5T6R8N1P',
    'audit explain --identity Ada --json',
  );
}
