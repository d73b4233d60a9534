/** `identities`: who takes part, under which names, with which weight, and who is not to run. */

import { type Command, Option } from 'commander';
import { identityNames } from '../../ledger/identity-names.js';
import type { LedgerView } from '../../ledger/view.js';
import type { TableRow } from '../../projections/table-reader.js';
import { instantText } from '../../text/time.js';
import { usageError } from '../exit.js';
import { withView } from '../open-view.js';
import { addExamples, decimal, globalsOf, jsonOption, wholeNumber } from '../options.js';
import { printJson } from '../output.js';
import { printResult } from '../print-result.js';
import { type Column, printTable } from '../table.js';
import { parseDuration, parseTimeAhead, type TimeText } from '../times.js';

interface Attributes {
  readonly model?: string;
  readonly costMultiplier?: number;
  readonly weight?: number;
  readonly collaborativePref?: number;
  readonly ipAddress?: string;
  readonly colour?: string;
  readonly group?: string;
  readonly groupWeight?: number;
  readonly status?: string;
}

export function define(command: Command): void {
  defineList(command);

  const add = withAttributes(mutation(command, 'add <name>', 'Register an identity.'));
  add.action((name: string, options) =>
    send(add, 'identity.registered', { name, ...attributesOf(options) }, `${name} is registered`),
  );
  addExamples(add, 'identities add Ada --model claude-opus-4-5 --weight 2', 'identities add "Grace H." --colour teal');

  const set = withAttributes(
    mutation(command, 'set <name>', 'Change attributes of an identity: those that are given.'),
  );
  set.action((name: string, options) => {
    const attributes = attributesOf(options);
    if (Object.values(attributes).every((value) => value === undefined))
      throw usageError('nothing to set: name an attribute.');
    return send(set, 'identity.changed', { name, ...attributes }, `${name} is changed`);
  });
  addExamples(set, 'identities set Ada --status confirmed', 'identities set Ada --group alice --group-weight 2');

  const alias = mutation(command, 'alias <name> <alias>', 'Let another spelling lead to an identity.');
  alias.action((name: string, other: string) =>
    send(alias, 'identity.aliased', { name, alias: other }, `${other} stands for ${name}`),
  );
  addExamples(alias, 'identities alias Ada ada-laptop');

  const merge = mutation(
    command,
    'merge <from> <into>',
    'Two identities are one: past and future use counts for the second.',
  );
  merge.action((from: string, into: string) =>
    send(merge, 'identity.merged', { from, into }, `${from} is merged into ${into}`),
  );
  addExamples(merge, 'identities merge ada-laptop Ada');

  const pause = mutation(command, 'pause <name>', 'An agent is not to run: until a time, or until it is resumed.')
    .addOption(new Option('--for <duration>', 'how long, e.g. 2h').argParser(parseDuration).conflicts('until'))
    .option('--until <time>', 'until when; 2h is in two hours', parseTimeAhead)
    .option('--reason <text>', 'why');
  pause.action(async (name: string, options: { for?: number; until?: TimeText; reason?: string }) => {
    const { withPoolClient } = await import('../open-client.js');
    await withPoolClient(globalsOf(pause), async (client) => {
      const now = Date.now();
      const until = options.for === undefined ? options.until?.at(now, await client.timeZone()) : now + options.for;
      const done = `${name} is paused${until === undefined ? '' : ` until ${instantText(until)}`}`;
      const payload = { name, until, reason: options.reason };
      printResult(await client.record({ type: 'agent.paused', payload }), done, pause.opts<{ json?: true }>().json);
    });
  });
  addExamples(pause, 'identities pause Ada --for 2h --reason "maintenance"', 'identities pause Ada');

  for (const { verb, type, description, done } of withReason) {
    const one = mutation(command, `${verb} <name>`, description).option('--reason <text>', 'why');
    one.action((name: string, { reason }: { reason?: string }) => send(one, type, { name, reason }, `${name} ${done}`));
    addExamples(one, `identities ${verb} Ada`, `identities ${verb} Ada --reason "project is over"`);
  }

  const history = command
    .command('history [name]')
    .description('Every change of an identity, or of all, oldest first.')
    .option('--limit <rows>', 'the newest rows at most', wholeNumber(1, 10_000), 1_000)
    .addOption(jsonOption());
  history.action(async (name: string | undefined, options: { limit: number; json?: true }) =>
    withView(globalsOf(history), (view) => listHistory(view, name, options)),
  );
  addExamples(history, 'identities history Ada', 'identities history --json');

  addExamples(command, 'identities list', 'identities add Ada --weight 2', 'identities pause Ada --for 2h');
}

const withReason = [
  { verb: 'resume', type: 'agent.resumed', description: 'End a pause.', done: 'may run again' },
  {
    verb: 'retire',
    type: 'identity.retired',
    description: 'An identity leaves; what it used stays.',
    done: 'is retired',
  },
  { verb: 'reinstate', type: 'identity.reinstated', description: 'A retired identity comes back.', done: 'is back' },
] as const;

function mutation(command: Command, usage: string, description: string): Command {
  return command.command(usage).description(description).addOption(jsonOption());
}

function withAttributes(command: Command): Command {
  return command
    .option('--model <model>', 'model it runs on')
    .option('--cost-multiplier <factor>', 'price factor for clients that report tokens in the older form', decimal(0))
    .option('--weight <weight>', 'its part of the shares', decimal(0))
    .option('--collaborative-pref <percent>', 'how much collaboration it prefers', wholeNumber(0, 100))
    .option('--ip-address <address>', 'where it runs')
    .option('--colour <colour>', 'its colour on pages')
    .option('--group <owner>', "whose it is: owners share first, then their agents ('' for nobody's)")
    .option('--group-weight <weight>', "its owner's part of the shares", decimal(0))
    .addOption(new Option('--status <status>', 'how sure it is').choices(['confirmed', 'unconfirmed', 'quarantined']));
}

function attributesOf(options: Attributes): Record<string, string | number | undefined> {
  return {
    model: options.model,
    cost_multiplier: options.costMultiplier,
    weight: options.weight,
    collaborative_pref: options.collaborativePref,
    ip_address: options.ipAddress,
    colour: options.colour,
    group: options.group,
    group_weight: options.groupWeight,
    status: options.status,
  };
}

async function send(command: Command, type: string, payload: object, done: string): Promise<void> {
  const { withPoolClient } = await import('../open-client.js');
  const result = await withPoolClient(globalsOf(command), (client) => client.record({ type, payload }));
  printResult(result, done, command.opts<{ json?: true }>().json);
}

function defineList(command: Command): void {
  const list = command.command('list').description('List the identities.').addOption(jsonOption());
  list.action(async ({ json }: { json?: true }) =>
    withView(globalsOf(list), async (view) => {
      const rows: TableRow[] = [];
      for await (const row of view.rows('identities', {})) rows.push(row);
      if (json === true) return printJson(rows.map((row) => ({ ...row, aliases: JSON.parse(String(row.aliases)) })));
      return printTable(listColumns, rows, 'Nobody takes part yet.');
    }),
  );
  addExamples(list, 'identities list', 'identities list --json');
}

const listColumns: readonly Column<TableRow>[] = [
  { head: 'name', value: (row) => row.name },
  { head: 'state', value: stateOf },
  { head: 'weight', value: (row) => row.weight, right: true },
  { head: 'model', value: (row) => row.model },
  { head: 'aliases', value: ({ aliases }) => JSON.parse(String(aliases)).join(', ') },
  { head: 'first seen', value: (row) => instantText(String(row.first_seen)) },
  { head: 'last seen', value: ({ last_seen: lastSeen }) => (lastSeen === null ? null : instantText(String(lastSeen))) },
];

function stateOf({ merged_into: mergedInto, active, paused, pause_until: until, status }: TableRow): string {
  if (mergedInto !== null) return `merged into ${mergedInto}`;
  if (active === 0) return 'retired';
  if (paused === 1 && until === null) return 'paused';
  if (paused === 1 && Date.parse(String(until)) > Date.now()) return `paused until ${instantText(String(until))}`;
  return String(status);
}

async function listHistory(
  view: LedgerView,
  name: string | undefined,
  { limit, json }: { limit: number; json?: true },
): Promise<void> {
  const { eventTypes } = await import('../../events/catalogue.js');
  const types = eventTypes.filter((type) => type.startsWith('identity.') || type.startsWith('agent.'));
  const names = name === undefined ? undefined : (await identityNames(view, name)).all;
  const events = (await view.events({ types, names, backwards: true, limit })).reverse();
  const rows = events.map(({ seq, recorded_at: at, type, source, payload }) => ({
    seq,
    recorded_at: at,
    type,
    source,
    payload,
  }));
  if (json === true) return printJson(rows);
  printTable(
    [
      { head: 'seq', value: ({ seq }) => seq, right: true },
      { head: 'time', value: ({ recorded_at: at }) => instantText(at) },
      { head: 'what', value: ({ type }) => type },
      { head: 'details', value: ({ payload }) => JSON.stringify(payload) },
      { head: 'source', value: ({ source }) => source },
    ],
    rows,
    'Nothing has happened yet.',
  );
}
