/** `audit events`: the log itself, filtered. */

import type { Command } from 'commander';
import type { StoredEvent } from '../../events/envelope.js';
import { identityNames } from '../../ledger/identity-names.js';
import type { LedgerView } from '../../ledger/view.js';
import { instantText } from '../../text/time.js';
import { usageError } from '../exit.js';
import { withView } from '../open-view.js';
import { addExamples, gather, globalsOf, jsonOption, wholeNumber } from '../options.js';
import { printLine, remark } from '../output.js';
import { type Column, printTable } from '../table.js';
import { parsePastTime, type TimeText } from '../times.js';

interface Options {
  readonly type: readonly string[];
  readonly identity?: string;
  readonly source?: string;
  readonly since?: TimeText;
  readonly until?: TimeText;
  readonly afterSeq?: number;
  readonly limit: number;
  readonly json?: true;
}

export function define(audit: Command): void {
  const command = audit
    .command('events')
    .description('List events in the order of the log: the newest, or with --after-seq the first after it.')
    .option('--type <type>', 'only this type; may be repeated', gather, [])
    .option('--identity <name>', 'only about this identity, under any name it ever had')
    .option('--source <source>', 'only from this source, e.g. coop/1')
    .option('--since <time>', 'recorded from this time on', parsePastTime)
    .option('--until <time>', 'recorded before this time', parsePastTime)
    .option('--after-seq <seq>', 'only after this seq', wholeNumber(0))
    .option('--limit <events>', 'events at most', wholeNumber(1, 10_000), 100)
    .addOption(jsonOption());
  command.action(async (options: Options) => withView(globalsOf(command), (view) => list(view, options)));
  addExamples(
    command,
    'audit events',
    'audit events --identity Ada --since 2h',
    'audit events --type usage.corrected --type identity.merged --json',
    'audit events --after-seq 1000 --limit 50',
  );
}

async function list(view: LedgerView, options: Options): Promise<void> {
  const { type: types, identity, source, since, until, afterSeq, limit, json } = options;
  await checkTypes(types);
  const from = await view.instant(since);
  const to = await view.instant(until);
  const backwards = afterSeq === undefined;
  const found = await view.engine.readEvents(view.pool, {
    after: Math.max(afterSeq ?? 0, from === undefined ? 0 : await view.engine.seqAt(view.pool, from - 1)),
    upTo: to === undefined ? undefined : await view.engine.seqAt(view.pool, to - 1),
    types: types.length === 0 ? undefined : types,
    names: identity === undefined ? undefined : (await identityNames(view, identity)).all,
    source,
    limit: limit + 1,
    backwards,
  });
  const shown = found.slice(0, limit);
  if (backwards) shown.reverse();
  if (json === true) await printEvents(shown);
  else printTable(columns, shown, 'No such event.');
  if (found.length > limit) remark(`There are ${backwards ? 'older' : 'more'} ones; --limit shows them.`);
}

async function checkTypes(types: readonly string[]): Promise<void> {
  const { eventTypes, isEventType } = await import('../../events/catalogue.js');
  const unknown = types.find((type) => !isEventType(type));
  if (unknown !== undefined) throw usageError(`there is no type ${unknown}; there are ${eventTypes.join(', ')}.`);
}

async function printEvents(events: readonly StoredEvent[]): Promise<void> {
  const { eventText } = await import('../../events/event-text.js');
  printLine(`[${events.map((event) => `\n${eventText(event)}`).join(',')}\n]`);
}

const columns: readonly Column<StoredEvent>[] = [
  { head: 'seq', value: ({ seq }) => seq, right: true },
  { head: 'recorded', value: ({ recorded_at: at }) => instantText(at) },
  { head: 'type', value: ({ type }) => type },
  { head: 'identity', value: (event) => event.claude_name },
  { head: 'payload', value: ({ payload }) => payload },
  { head: 'source', value: ({ source }) => source },
];
