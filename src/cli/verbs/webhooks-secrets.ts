/** `webhooks secrets`: secrets with which incoming webhooks are signed. */
import type { Command } from 'commander';
import { webhookSecretFault } from '../../settings/secret.js';
import { visible } from '../../text/visible.js';
import { negativeResult, usageError } from '../exit.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import { intoFile, textInFile } from '../secret-file.js';
import { printTable } from '../table.js';
import { parseDuration } from '../times.js';

interface SecretText {
  readonly id: string;
  readonly source: string;
  readonly pool: string;
  readonly identity: string | null;
  readonly label: string | null;
  readonly status: string;
  readonly uses: number;
  readonly created_at: string;
  readonly last_used_at: string | null;
  readonly replaced_by: string | null;
  readonly overlap_until: string | null;
}
type Made = SecretText & { readonly secret: string };

interface MakeOptions {
  readonly identity?: string;
  readonly name?: string;
  readonly overlap?: number;
  readonly fromFile?: string;
  readonly toFile?: string;
  readonly json?: true;
}

const path = 'v1/webhook-secrets';

export function define(webhooks: Command): void {
  const secrets = webhooks
    .command('secrets')
    .description('Secrets with which webhooks are signed that come in at /v1/webhooks/SOURCE.');
  defineCreate(secrets);
  defineRotate(secrets);
  defineList(secrets);
  defineRevoke(secrets);
  addExamples(secrets, 'webhooks secrets create events --to-file ./build.secret', 'webhooks secrets list');
}

function defineCreate(secrets: Command): void {
  const create = secrets
    .command('create <source>')
    .description(
      'Make a secret for webhooks of a source: a format of `sources list`, or `events` for commands as POST /v1/events takes them. It is for one pool, default when --pool is left out; up to three work at once.',
    )
    .option('--identity <name>', 'whose use it is, whatever the data says')
    .option('--name <text>', 'what people call it');
  addMaking(create);
  create.action(async (source: string, options: MakeOptions) => {
    const { identity, name: label } = options;
    await make(create, path, { source, pool: globalsOf(create).pool, identity, label }, options);
  });
  addExamples(
    create,
    'webhooks secrets create events --identity Ada --to-file ./build.secret',
    'webhooks secrets create cloudevents --from-file ./secret-of-the-sender',
  );
}

function defineRotate(secrets: Command): void {
  const rotate = secrets
    .command('rotate <source> [id]')
    .description('Make a secret in the place of another one, which works for a while beside it.')
    .option('--overlap <duration>', 'for how long both work (default: 24h)', parseDuration);
  addMaking(rotate);
  rotate.action(async (source: string, id: string | undefined, options: MakeOptions) => {
    const old = await chosen(rotate, source, id, ({ replaced_by: successor }) => successor === null);
    const { overlap } = options;
    const body = overlap === undefined ? {} : { overlap_s: Math.round(overlap / 1_000) };
    await make(rotate, `${path}/${old}/rotate`, body, options);
    remark(
      `Give it to the sender, then revoke ${old} once it is used no more: \`resource-share webhooks secrets list\` counts the uses.`,
    );
  });
  addExamples(rotate, 'webhooks secrets rotate events', 'webhooks secrets rotate events 4c8nq0xv --overlap 1h');
}

function defineList(secrets: Command): void {
  const list = secrets
    .command('list [source]')
    .description('List all secrets there ever were, how often each was used, and without the secrets themselves.')
    .addOption(jsonOption());
  list.action(async (source: string | undefined, { json }: { json?: true }) => {
    const rows = (await listed(list)).filter((each) => source === undefined || each.source === source);
    if (json === true) return printJson(rows);
    printSecrets(rows);
  });
  addExamples(list, 'webhooks secrets list', 'webhooks secrets list events --json');
}

function defineRevoke(secrets: Command): void {
  const revoke = secrets
    .command('revoke <source> [id]')
    .description(
      'Have a secret work no longer, at once. Which one has to be said where more than one of the source work.',
    )
    .addOption(jsonOption());
  revoke.action(async (source: string, given: string | undefined, { json }: { json?: true }) => {
    const id = await chosen(revoke, source, given);
    const secret = (await ask(revoke, `${path}/${id}/revoke`, {})) as SecretText;
    if (json === true) return printJson(secret);
    printLine(`The secret ${secret.id} works no longer.`);
  });
  addExamples(revoke, 'webhooks secrets revoke events', 'webhooks secrets revoke events 4c8nq0xv');
}

const addMaking = (command: Command): Command =>
  command
    .option('--from-file <file>', 'take the secret in this file, which the sender has made, instead of a new one')
    .option('--to-file <file>', 'write the secret to a new file, closed to other accounts, instead of showing it')
    .addOption(jsonOption());

async function make(command: Command, to: string, asked: object, options: MakeOptions): Promise<void> {
  const { fromFile, toFile, json } = options;
  if (fromFile !== undefined && toFile !== undefined)
    throw usageError('--from-file and --to-file are for two things: a secret is taken, or made.');
  const secret = fromFile === undefined ? undefined : textInFile('--from-file', fromFile, webhookSecretFault);
  const made = await intoFile(
    toFile,
    async () => (await ask(command, to, { ...asked, secret })) as Made,
    (one) => one.secret,
  );
  const { secret: text, ...rest } = made;
  if (json === true)
    return printJson(toFile === undefined && fromFile === undefined ? made : { ...rest, file: toFile });
  if (fromFile !== undefined) printLine(`The secret in ${fromFile} is known as ${made.id}.`);
  else if (toFile !== undefined) printLine(`The secret ${made.id} is in ${toFile}.`);
  else printLine(text);
  remark(`${describe(made)}${toFile === undefined && fromFile === undefined ? ' It is not shown again.' : ''}`);
}

function describe({ id, source, pool, identity }: SecretText): string {
  const whose = identity === null ? '' : `, and is use of ${visible(identity)}`;
  return `Secret ${id}: what it signs goes from /v1/webhooks/${visible(source)} to the pool ${visible(pool)}${whose}.`;
}

/** The id that was given, or that of the only secret of the source that works. */
async function chosen(
  command: Command,
  source: string,
  id: string | undefined,
  may: (secret: SecretText) => boolean = () => true,
): Promise<string> {
  const ofSource = (await listed(command)).filter((each) => each.source === source);
  if (id !== undefined) {
    if (!ofSource.some((each) => each.id === id)) throw negativeResult(`There is no secret ${id} of ${source}.`);
    return id;
  }
  const working = ofSource.filter((each) => each.status === 'works' && may(each));
  const [only] = working;
  if (only === undefined) throw negativeResult(`No secret of ${source} works.`);
  if (working.length === 1) return only.id;
  throw usageError(`Say which secret of ${source}: ${working.map((each) => each.id).join(', ')}.`);
}

async function listed(command: Command): Promise<readonly SecretText[]> {
  return ((await ask(command, path)) as { secrets: readonly SecretText[] }).secrets;
}

async function ask(command: Command, to: string, body?: object): Promise<unknown> {
  const { withPoolClient } = await import('../open-client.js');
  return withPoolClient(globalsOf(command), (client) => client.ask(to, body));
}

function printSecrets(secrets: readonly SecretText[]): void {
  const minute = (time: string | null): string | null => time?.replace(/:\d\d\.\d+Z$/, 'Z') ?? null;
  printTable(
    [
      { head: 'secret', value: (row) => row.id },
      { head: 'source', value: (row) => row.source },
      { head: 'pool', value: (row) => row.pool },
      { head: 'identity', value: (row) => row.identity ?? 'as the data says' },
      { head: 'name', value: (row) => row.label },
      { head: 'status', value: (row) => row.status },
      { head: 'created', value: (row) => minute(row.created_at) },
      { head: 'until', value: (row) => minute(row.overlap_until) },
      { head: 'uses', value: (row) => row.uses },
      { head: 'last used', value: (row) => minute(row.last_used_at) },
    ],
    secrets,
    'There is no secret yet.',
  );
}
