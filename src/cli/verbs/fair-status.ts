/** `fair status`: the windows, when they run out, and what each identity is entitled to, has used, and is told. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { missedReports } from '../../client/known-ledgers.js';
import { identityNames } from '../../ledger/identity-names.js';
import type { LedgerView } from '../../ledger/view.js';
import { type Resolved, requireSettings } from '../../settings/resolve.js';
import { withView } from '../open-view.js';
import { addExamples, globalsOf, jsonOption, settingsFor } from '../options.js';
import { printJson, remark } from '../output.js';
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
  command.action(async (options: Options) => {
    await withView(globalsOf(command), (view) => show(view, options));
    await warnOfMissed(settingsFor(command));
  });
  addExamples(command, 'fair status', 'fair status --identity Ada', 'fair status --at 2d --json');
}

/** Reports of this account that a ledger acknowledged, and did not keep. */
async function warnOfMissed(resolved: Resolved): Promise<void> {
  const { spool } = requireSettings(resolved, 'spool');
  const missed = await missedReports(join(spool as string, 'known-ledgers.json'));
  if (missed.length === 0) return;
  remark(
    `${missed.length} acknowledged reports are in no checkpoint that was signed since: \`resource-share report --flush\` says more. They are in ${join(spool as string, 'pending')}.`,
  );
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
  if (status.identities.length === 0) await (await import('../first-run.js')).printFirstRun(view);
}
