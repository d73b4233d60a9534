/** `webhooks add`, `list`, `remove`, `enable`, `test`: endpoints of others, which are told of events. */
import { type Command, Option } from 'commander';
import { negativeResult } from '../exit.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import { intoFile } from '../secret-file.js';
import { printTable } from '../table.js';

interface EndpointText {
  readonly id: string;
  readonly url: string;
  readonly types: readonly string[];
  readonly pool: string | null;
  readonly format: string;
  readonly label: string | null;
  readonly status: string;
  readonly created_at: string;
  readonly disabled_why: string | null;
}
type Made = EndpointText & { readonly secret: string };

interface AddOptions {
  readonly types?: string;
  readonly format?: string;
  readonly name?: string;
  readonly toFile?: string;
  readonly json?: true;
}

interface Attempt {
  readonly arrived: boolean;
  readonly status: number | null;
  readonly error: string | null;
  readonly reply: string | null;
}

const path = 'v1/webhook-endpoints';

export function define(webhooks: Command): void {
  defineAdd(webhooks);
  defineList(webhooks);
  defineTest(webhooks);
  const about = (name: string, description: string, said: (endpoint: EndpointText) => string) => {
    const verb = webhooks.command(`${name} <id>`).description(description).addOption(jsonOption());
    verb.action(async (id: string, { json }: { json?: true }) => {
      const endpoint = (await ask(verb, `${path}/${encodeURIComponent(id)}/${name}`, {})) as EndpointText;
      if (json === true) return printJson(endpoint);
      printLine(said(endpoint));
    });
    addExamples(verb, `webhooks ${name} ep_5f0c2a91be`);
  };
  about(
    'remove',
    'Tell an endpoint nothing any more. What waits for it is forgotten.',
    ({ id }) => `${id} is removed.`,
  );
  about(
    'enable',
    'Send to an endpoint again that answered 410, from where that ended.',
    ({ id, url }) => `${id} (${url}) is told of events.`,
  );
}

function defineAdd(webhooks: Command): void {
  const add = webhooks
    .command('add <url>')
    .description(
      'Have an endpoint told of events, from now on; with --pool of that pool alone. The secret that messages are signed with is shown once.',
    )
    .option(
      '--types <list>',
      'types of events, separated by commas; alert.* stands for all that begin so (default: alert.*,maintenance.*)',
    )
    .addOption(
      new Option('--format <format>', 'what a message is written as (default: json)').choices([
        'json',
        'slack',
        'discord',
        'ntfy',
      ]),
    )
    .option('--name <text>', 'what people call it')
    .option('--to-file <file>', 'write the secret to a new file, closed to other accounts, instead of showing it')
    .addOption(jsonOption());
  add.action(async (url: string, { types, format, name: label, toFile, json }: AddOptions) => {
    const { pool } = globalsOf(add);
    const body = { url, types: types?.split(',').map((type) => type.trim()), pool, format, label };
    const made = await intoFile(toFile, async () => (await ask(add, path, body)) as Made, secretOf);
    const { secret, ...rest } = made;
    if (json === true) return printJson(toFile === undefined ? made : { ...rest, file: toFile });
    if (toFile === undefined) printLine(secret);
    else printLine(`The secret of ${made.id} is in ${toFile}.`);
    const where = made.pool === null ? 'all pools' : `the pool ${made.pool}`;
    remark(`${made.id}: ${made.types.join(', ')} of ${where} to ${made.url}, as ${made.format}.`);
    remark(
      `${toFile === undefined ? 'The secret is not shown again. ' : ''}Try it: \`resource-share webhooks test ${made.id}\`.`,
    );
  });
  addExamples(
    add,
    'webhooks add https://alerts.example/in --to-file ./alerts.secret',
    "webhooks add https://hooks.slack.com/services/T0/B0/x --format slack --types 'alert.*,policy.set'",
    'webhooks add https://ntfy.sh/my-topic --format ntfy --name phone',
  );
}

const secretOf = ({ secret }: Made): string => secret;

function defineList(webhooks: Command): void {
  const list = webhooks
    .command('list')
    .description('List who is told of events. Of a URL only the host is shown: what is behind it may be a secret.')
    .addOption(jsonOption());
  list.action(async ({ json }: { json?: true }) => {
    const { endpoints } = (await ask(list, path)) as { endpoints: readonly EndpointText[] };
    if (json === true) return printJson(endpoints);
    printTable(
      [
        { head: 'endpoint', value: (row) => row.id },
        { head: 'url', value: (row) => row.url },
        { head: 'types', value: (row) => row.types.join(', ') },
        { head: 'pool', value: (row) => row.pool ?? 'all' },
        { head: 'format', value: (row) => row.format },
        { head: 'name', value: (row) => row.label },
        {
          head: 'status',
          value: (row) => (row.disabled_why === null ? row.status : `${row.status}: ${row.disabled_why}`),
        },
      ],
      endpoints,
      'Nobody is told of events.',
    );
  });
  addExamples(list, 'webhooks list', 'webhooks list --json');
}

function defineTest(webhooks: Command): void {
  const test = webhooks
    .command('test <id>')
    .description('Send a message of the type test at once, and say what came of it.')
    .addOption(jsonOption());
  test.action(async (id: string, { json }: { json?: true }) => {
    const attempt = (await ask(test, `${path}/${encodeURIComponent(id)}/test`, {})) as Attempt;
    const { arrived, status, error, reply } = attempt;
    if (json === true) printJson(attempt);
    else if (arrived) printLine(`It arrived: ${id} answered ${status}.`);
    if (arrived) return;
    const said = reply === null || reply === '' ? '' : ` It said: ${reply}`;
    throw negativeResult(`It did not arrive: ${error}.${said}`);
  });
  addExamples(test, 'webhooks test ep_5f0c2a91be');
}

async function ask(command: Command, to: string, body?: object): Promise<unknown> {
  const { withPoolClient } = await import('../open-client.js');
  return withPoolClient(globalsOf(command), (client) => client.ask(to, body));
}
