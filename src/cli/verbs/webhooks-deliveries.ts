/** `webhooks deliveries`, `replay`: what became of messages, and sending them again. */
import { type Command, Option } from 'commander';
import { isoText } from '../../events/days.js';
import { usageError } from '../exit.js';
import { addExamples, globalsOf, jsonOption, wholeNumber } from '../options.js';
import { printJson, printLine } from '../output.js';
import { printTable } from '../table.js';
import { parsePastTime, type TimeText } from '../times.js';

interface DeliveryText {
  readonly id: string;
  readonly endpoint: string;
  readonly pool: string;
  readonly type: string;
  readonly state: string;
  readonly attempts: number;
  readonly created_at: string;
  readonly next_at: string | null;
  readonly status: number | null;
  readonly error: string | null;
  readonly reply?: string | null;
}

interface ListOptions {
  readonly endpoint?: string;
  readonly state?: string;
  readonly limit?: number;
  readonly json?: true;
}

interface ReplayOptions {
  readonly endpoint?: string;
  readonly since?: TimeText;
  readonly json?: true;
}

const endpointOption = (): Option => new Option('--endpoint <id>', 'of or to this endpoint alone');

export function define(webhooks: Command): void {
  const list = webhooks
    .command('deliveries')
    .description(
      'List messages to endpoints, newest first. What was delivered is known for 7 days, what was not for 30.',
    )
    .addOption(endpointOption())
    .addOption(new Option('--state <state>', 'only those in this state').choices(['waiting', 'delivered', 'dead']))
    .option('--limit <n>', 'so many at most (default: 100)', wholeNumber(1, 1_000))
    .addOption(jsonOption());
  list.action(async ({ endpoint, state, limit, json }: ListOptions) => {
    const given = Object.entries({ endpoint, state, limit }).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    const found = (await ask(list, `v1/webhook-deliveries?${query}`)) as { deliveries: readonly DeliveryText[] };
    if (json === true) return printJson(found.deliveries);
    print(found.deliveries);
  });
  addExamples(list, 'webhooks deliveries', 'webhooks deliveries --endpoint ep_5f0c2a91be --state dead --json');

  const replay = webhooks
    .command('replay [id]')
    .description(
      'Send a message again, under its id; or an endpoint all that it did not get since a time: what ended dead, and what was never kept for it.',
    )
    .addOption(endpointOption())
    .option('--since <time>', 'instead of an id; needs --endpoint', parsePastTime)
    .addOption(jsonOption());
  replay.action((id: string | undefined, options: ReplayOptions) => sendAgain(replay, id, options));
  addExamples(
    replay,
    'webhooks replay 01KE79C9A0T9J7Z5W1XN0V8C4M',
    'webhooks replay --endpoint ep_5f0c2a91be --since 2h',
  );
}

async function sendAgain(command: Command, id: string | undefined, { endpoint, since, json }: ReplayOptions) {
  if ((id === undefined) === (since === undefined))
    throw usageError('Say what is sent again: the id of a message, or --since with --endpoint.');
  if (id !== undefined) {
    const answer = await ask(command, `v1/webhook-deliveries/${encodeURIComponent(id)}/replay`, { endpoint });
    if (json === true) return printJson(answer);
    return printLine(`${id} is on its way again.`);
  }
  if (endpoint === undefined || since === undefined) throw usageError('--since needs --endpoint.');
  const { withPoolClient } = await import('../open-client.js');
  const answer = await withPoolClient(globalsOf(command), async (client) => {
    const zone = since.needsZone ? await client.timeZone() : 'UTC';
    const body = { since: isoText(since.at(Date.now(), zone)) };
    return client.ask(`v1/webhook-endpoints/${encodeURIComponent(endpoint)}/replay`, body);
  });
  if (json === true) return printJson(answer);
  printLine(`What ${endpoint} did not get since then is on its way.`);
}

async function ask(command: Command, to: string, body?: object): Promise<unknown> {
  const { withPoolClient } = await import('../open-client.js');
  return withPoolClient(globalsOf(command), (client) => client.ask(to, body));
}

function print(deliveries: readonly DeliveryText[]): void {
  const second = (time: string | null): string | null => time?.replace(/\.\d+Z$/, 'Z') ?? null;
  printTable(
    [
      { head: 'message', value: (row) => row.id },
      { head: 'endpoint', value: (row) => row.endpoint },
      { head: 'type', value: (row) => row.type },
      { head: 'state', value: (row) => row.state },
      { head: 'attempts', value: (row) => row.attempts, right: true },
      { head: 'kept', value: (row) => second(row.created_at) },
      { head: 'next', value: (row) => second(row.next_at) },
      { head: 'answer', value: (row) => row.error ?? row.status },
    ],
    deliveries,
    'There is no message.',
  );
}
