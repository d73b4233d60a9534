/** `aggregate`: closes a day, so that its totals are a fact. A day that late reports changed is restated by closing it again. */
import { type Command, Option } from 'commander';
import type { LedgerView } from '../../ledger/view.js';
import type { LedgerClient } from '../ledger-client.js';
import { withPoolClient } from '../open-client.js';
import { withView } from '../open-view.js';
import { addExamples, type Globals, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine } from '../output.js';
import { type DateText, parseDate } from '../times.js';

interface Options {
  readonly date: DateText;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .description(
      'Close a day: its totals become a fact of the log. Closing it again after late reports restates it; without a change nothing is recorded.',
    )
    .addOption(
      new Option('--date <date>', "day to close, in the pool's zone: 2026-01-05, yesterday, or 3d for three days ago")
        .argParser(parseDate)
        .default(parseDate('yesterday'), 'yesterday'),
    )
    .addOption(jsonOption());
  command.action(async (options: Options) => {
    const globals = globalsOf(command);
    await withPoolClient(globals, (client) => closeDay(client, globals, options));
  });
  addExamples(command, 'aggregate', 'aggregate --date 2026-01-05', 'aggregate --date 3d --json');
}

async function closeDay(client: LedgerClient, globals: Globals, { date, json }: Options): Promise<void> {
  const { day, closed } = await withView(globals, async (view) => {
    const day = date.on(Date.now(), await view.timeZone());
    return { day, closed: await wasClosed(view, day) };
  });
  const { status, seq } = await client.record({ type: 'day.closed', payload: { date: day } });
  const outcome = status === 'repeated' ? 'unchanged' : closed ? 'restated' : 'closed';
  if (json === true) return printJson({ date: day, outcome, seq });
  printLine(seq === undefined ? `${day} is ${outcome}.` : `${day} is ${outcome} (seq ${seq}).`);
}

async function wasClosed(view: LedgerView, day: string): Promise<boolean> {
  const { limits } = await import('../../limits.js');
  const closings = await view.events({ types: ['day.closed'], backwards: true, limit: limits.closedDaysKept });
  return closings.some((event) => event.type === 'day.closed' && event.payload.date === day);
}
