/** `fair status`: the windows, when they run out, and what each identity is entitled to, has used, and is told. */
import type { Command } from 'commander';
import { identityNames } from '../../ledger/identity-names.js';
import type { LedgerView } from '../../ledger/view.js';
import { limits } from '../../limits.js';
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
    .description('Windows, run-out, shares and intervals, worked out from the log: as of now, or of a time.')
    .option('--identity <name>', 'only this identity, and its reason')
    .option('--at <time>', 'as of this time: what came later is left out', parsePastTime)
    .addOption(jsonOption());
  command.action(async (options: Options) => withView(globalsOf(command), (view) => show(view, options)));
  addExamples(command, 'fair status', 'fair status --identity Ada', 'fair status --at 2d --json');
}

async function show(view: LedgerView, { identity, at: time, json }: Options): Promise<void> {
  const { momentOf } = await import('../../ledger/history.js');
  const { overviewOf } = await import('../status/overview.js');
  const name = identity === undefined ? undefined : (await identityNames(view, identity)).name;
  const { state, at } = await momentOf(view, time);
  const overview = overviewOf(state, at);
  if (json === true) {
    const identities = overview.identities.filter((one) => name === undefined || one.name === name);
    return printJson(withTimes({ ...overview, identities }));
  }
  const { printOverview } = await import('../status/print.js');
  printOverview(overview, name);
}

const timeFields = new Set(['at', 'p10', 'p50', 'p90', 'resets_at', 'last_run_at', 'next_run_at']);

/** Times as the API gives them. Run-outs of a window that is hardly used lie beyond the latest date there is. */
function withTimes(overview: object): unknown {
  return JSON.parse(JSON.stringify(overview), (key, value) =>
    timeFields.has(key) && typeof value === 'number'
      ? new Date(Math.min(value, limits.occurredAtMsMax)).toISOString()
      : value,
  );
}
