/** `fair status`: the windows, when they run out, and what each identity is entitled to, has used, and is told. */
import type { Command } from 'commander';
import { identityNames } from '../../ledger/identity-names.js';
import type { LedgerView } from '../../ledger/view.js';
import { withView } from '../open-view.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson } from '../output.js';
import { parsePastTime, type TimeText } from '../times.js';

interface Options {
  readonly identity?: string;
  readonly at?: TimeText;
  readonly json?: true;
}

export function define(fair: Command): void {
  const command = fair
    .command('status')
    .description('Windows, run-out, shares and intervals, worked out from the log: now, or as of a time.')
    .option('--identity <name>', 'only this identity, and its reason')
    .option('--at <time>', 'as of this time: what came later is left out', parsePastTime)
    .addOption(jsonOption());
  command.action(async (options: Options) => withView(globalsOf(command), (view) => show(view, options)));
  addExamples(command, 'fair status', 'fair status --identity Ada', 'fair status --at 2d --json');
}

async function show(view: LedgerView, { identity, at: time, json }: Options): Promise<void> {
  const { momentOf } = await import('../../ledger/history.js');
  const { statusOf } = await import('../../status/status.js');
  const name = identity === undefined ? undefined : (await identityNames(view, identity)).name;
  const { state, at } = await momentOf(view, time);
  const status = statusOf(state, at);
  if (json === true) {
    const { statusBody } = await import('../status/body.js');
    return printJson(statusBody(status, name));
  }
  const { printStatus } = await import('../status/print.js');
  printStatus(status, name);
}
