/** `keys`: API keys, by which other machines and accounts reach a daemon. */
import { type Command, Option } from 'commander';
import { visible } from '../../text/visible.js';
import { usageError } from '../exit.js';
import { machineLine } from '../machine-line.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import { intoFile } from '../secret-file.js';
import { printTable } from '../table.js';
import { parseDuration } from '../times.js';

interface KeyText {
  readonly id: string;
  readonly scope: string;
  readonly pool: string | null;
  readonly identity: string | null;
  readonly label: string | null;
  readonly status: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  readonly overlap_until: string | null;
}
type Made = KeyText & { readonly key: string };
const keyOf = ({ key }: Made): string => key;

interface CreateOptions {
  readonly scope?: string;
  readonly identity?: string;
  readonly expires?: number;
  readonly name?: string;
  readonly forMachine?: string;
  readonly url?: string;
  readonly toFile?: string;
  readonly json?: true;
}

export function define(command: Command): void {
  defineCreate(command);
  const list = command
    .command('list')
    .description('List all keys there ever were, without the keys themselves.')
    .addOption(jsonOption());
  list.action(async ({ json }: { json?: true }) => {
    const answer = (await ask(list, 'v1/keys')) as { keys: readonly KeyText[]; refused: number };
    if (json === true) return printJson(answer.keys);
    printKeys(answer.keys);
  });
  addExamples(list, 'keys list', 'keys list --json');

  const rotate = command
    .command('rotate <id>')
    .description('Make a key in the place of another one, which works for a while beside it.')
    .option('--overlap <duration>', 'for how long both work (default: 24h)', parseDuration);
  addOutput(rotate);
  rotate.action(async (id: string, { overlap, toFile, json }: CreateOptions & { readonly overlap?: number }) => {
    const body = overlap === undefined ? {} : { overlap_s: Math.round(overlap / 1_000) };
    const path = `v1/keys/${encodeURIComponent(id)}/rotate`;
    const made = await intoFile(toFile, async () => (await ask(rotate, path, body)) as Made, keyOf);
    show(made, toFile, json);
    remark(`Put it in the place of ${id} where that is used, then revoke that: \`resource-share keys revoke ${id}\`.`);
  });
  addExamples(rotate, 'keys rotate 7m2kq0xv', 'keys rotate 7m2kq0xv --overlap 24h --to-file ./new.key');

  const revoke = command
    .command('revoke <id>')
    .description('Have a key work no longer, at once.')
    .addOption(jsonOption());
  revoke.action(async (id: string, { json }: { json?: true }) => {
    const key = (await ask(revoke, `v1/keys/${encodeURIComponent(id)}/revoke`, {})) as KeyText;
    if (json === true) return printJson(key);
    printLine(`The key ${key.id} works no longer.`);
  });
  addExamples(revoke, 'keys revoke 7m2kq0xv');
  addExamples(command, 'keys create --scope ingest --identity Ada --to-file ./ada.key', 'keys list');
}

function defineCreate(command: Command): void {
  const create = command
    .command('create')
    .description('Make a key. It is shown once, and kept nowhere; with --pool it is for that pool alone.')
    .addOption(
      new Option('--scope <scope>', 'what it is for; admin may all that the others may').choices([
        'ingest',
        'read',
        'admin',
      ]),
    )
    .option('--identity <name>', 'the only identity it reports for; of the scope ingest')
    .option('--expires <duration>', 'how long it works, such as 90d (default: until it is revoked)', parseDuration)
    .option('--name <text>', 'what people call it')
    .option('--for-machine <name>', 'print the line to be pasted on that machine; needs --url')
    .option('--url <url>', 'where that machine reaches the daemon');
  addOutput(create);
  create.action(async (options: CreateOptions) => createKey(create, options));
  addExamples(
    create,
    'keys create --scope admin --to-file ./admin.key',
    'keys create --scope ingest --identity Ada --expires 90d',
    'keys create --for-machine desk --url https://ledger.example:8765',
  );
}

const addOutput = (command: Command): Command =>
  command
    .option('--to-file <file>', 'write the key to a new file, closed to other accounts, instead of showing it')
    .addOption(jsonOption());

async function createKey(command: Command, options: CreateOptions): Promise<void> {
  const { forMachine, url, scope = forMachine === undefined ? undefined : 'ingest', identity, expires } = options;
  if (scope === undefined) throw usageError('Say what the key is for: --scope ingest, read or admin.');
  if ((forMachine === undefined) !== (url === undefined))
    throw usageError('--for-machine and --url belong together: the line for a machine says where the daemon is.');
  if (forMachine !== undefined && options.toFile !== undefined)
    throw usageError('--for-machine prints a line with the key in it: leave --to-file out.');
  const { pool } = globalsOf(command);
  const body = {
    scope,
    pool,
    identity,
    label: options.name ?? forMachine,
    expires_in_s: expires === undefined ? undefined : Math.round(expires / 1_000),
  };
  const made = await intoFile(options.toFile, async () => (await ask(command, 'v1/keys', body)) as Made, keyOf);
  if (forMachine === undefined || url === undefined) return show(made, options.toFile, options.json);
  const line = machineLine({ url, key: made.key, pool });
  if (options.json === true) return printJson({ ...made, line });
  printLine(line);
  remark(`Paste this line on ${visible(forMachine)}: it keeps the key ${made.id} there and says where the daemon is.`);
  if (url.startsWith('http:')) remark('The URL is not HTTPS: whoever sees the traffic between the two sees the key.');
}

function show(made: Made, file: string | undefined, json: true | undefined): void {
  const { key, ...rest } = made;
  if (json === true) return printJson(file === undefined ? made : { ...rest, file });
  if (file === undefined) printLine(key);
  else printLine(`The key ${made.id} is in ${file}.`);
  remark(`${describe(made)}${file === undefined ? ' It is not shown again.' : ''}`);
}

function describe({ id, scope, pool, identity, expires_at: expires }: KeyText): string {
  const whose = identity === null ? '' : ` of ${visible(identity)}`;
  const where = pool === null ? 'all pools' : `the pool ${visible(pool)}`;
  return `Key ${id}: ${scope}${whose}, for ${where}, ${expires === null ? 'until it is revoked' : `until ${expires}`}.`;
}

async function ask(command: Command, path: string, body?: object): Promise<unknown> {
  const { withPoolClient } = await import('../open-client.js');
  return withPoolClient(globalsOf(command), (client) => client.ask(path, body));
}

function printKeys(keys: readonly KeyText[]): void {
  const minute = (time: string | null): string | null => time?.replace(/:\d\d\.\d+Z$/, 'Z') ?? null;
  printTable(
    [
      { head: 'key', value: (row) => row.id },
      { head: 'scope', value: (row) => row.scope },
      { head: 'pool', value: (row) => row.pool ?? 'all' },
      { head: 'identity', value: (row) => row.identity ?? 'all' },
      { head: 'name', value: (row) => row.label },
      { head: 'status', value: (row) => row.status },
      { head: 'created', value: (row) => minute(row.created_at) },
      { head: 'until', value: (row) => minute(row.overlap_until ?? row.expires_at) },
      { head: 'last used', value: (row) => minute(row.last_used_at) },
    ],
    keys,
    'There is no key yet.',
  );
}
