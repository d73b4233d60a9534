/**
 * Files that are written from the sources and committed, so that people can read them without running anything. The
 * script `scripts/generate.mjs` writes them; a test compares.
 */
import { homedir } from 'node:os';
import Database from 'better-sqlite3';
import type { Command } from 'commander';
import { buildServer } from '../../src/api/server.js';
import { exitCodes } from '../../src/cli/exit.js';
import { buildProgram } from '../../src/cli/program.js';
import { createMissingProjections, dumpSchema, migrate } from '../../src/engines/sqlite/schema.js';
import { catalogue, eventTypes } from '../../src/events/catalogue.js';
import { jsonSchemas, schemaText } from '../../src/events/json-schema.js';
import type { Ledger } from '../../src/ledger/ledger.js';
import { limits } from '../../src/limits.js';
import { problems } from '../../src/problems.js';
import { shippedFiles } from '../../src/service/files.js';
import { defaultOf, expectedOf, settings } from '../../src/settings/schema.js';

/** Text by path from the root of the repository. */
export async function generatedFiles(ledger: Ledger): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const [name, document] of jsonSchemas()) files.set(`schema/events/${name}`, schemaText(document));
  files.set('schema/sqlite/dump.sql', sqliteDump());
  files.set('schema/openapi.json', await openApi(ledger));
  files.set('docs/reference/errors.md', errors());
  files.set('docs/reference/events.md', events());
  files.set('docs/reference/limits.md', limitsPage());
  files.set('docs/reference/settings.md', settingsPage());
  files.set('docs/reference/cli.md', await commandLine());
  for (const [path, text] of shippedFiles()) files.set(path, text);
  return files;
}

function sqliteDump(): string {
  const db = new Database(':memory:');
  migrate(db);
  createMissingProjections(db);
  const dump = dumpSchema(db);
  db.close();
  return dump;
}

async function openApi(ledger: Ledger): Promise<string> {
  const server = buildServer(ledger, { log: { level: 'silent' } });
  const response = await server.inject({ method: 'GET', url: '/openapi.json' });
  await server.close();
  return `${JSON.stringify(response.json(), null, 2)}\n`;
}

function errors(): string {
  const rows = Object.entries(problems).map(
    ([code, { status, title, remedy, retry, exit, log }]) =>
      `| \`${code}\` | ${status} | ${title} | ${remedy} | ${retry} | ${exitCodes[exit]} | ${log} |`,
  );
  return page(
    'Errors',
    `Replies that refuse something are problem documents (RFC 9457) with one of these codes. A code keeps its meaning for ever.

*Again* is the member \`retry\` of the document, whether a program may try again by itself: \`never\`, the answer would be the same; \`later\`, with a new request; \`same-key\`, with the same request under the same idempotency key, whether or not the first one was recorded. Where it is not \`never\`, \`Retry-After\` says after how many seconds. *Exit* is the exit code of a command that ends with it, *log* the level at which the server logs it.`,
    ['| code | status | what | what to do | again | exit | log |', '|---|---|---|---|---|---|---|', ...rows],
  );
}

function events(): string {
  const rows = eventTypes.map((type) => {
    const { version, summary, outside } = catalogue[type];
    const schema = `[payload](../../schema/events/${type}.v${version}.json)`;
    const command = outside ? `[command](../../schema/events/${type}.command.json)` : 'by the product only';
    return `| \`${type}\` | ${version} | ${summary} | ${schema} | ${command} |`;
  });
  return page(
    'Events',
    'Every type of event, with the schema of what is stored and of what may be sent (`POST /v1/events`).',
    ['| type | version | meaning | stored | sent |', '|---|---|---|---|---|', ...rows],
  );
}

function limitsPage(): string {
  const rows = Object.entries(limits).map(([name, value]) => `| \`${name}\` | ${value.toLocaleString('en')} |`);
  return page(
    'Limits',
    'The unit is the last word of the name, before `Max`. Why each is what it is, and which are only defaults of [settings](settings.md): `src/limits.ts`.',
    ['| limit | value |', '|---|---|', ...rows],
  );
}

function settingsPage(): string {
  const rows = [...settings.values()].map((setting) => {
    const { key, variable, flag, unset, description, isSecret, isReloadable } = setting;
    const fallback = defaultOf(setting);
    const cells = [
      `\`${key}\``,
      `\`${variable}\``,
      flag === undefined ? '–' : `\`${flag.split(' ')[0]}\``,
      fallback === undefined
        ? (unset as string)
        : `\`${typeof fallback === 'object' ? JSON.stringify(fallback) : fallback}\``,
      isReloadable === true ? 'yes' : 'no',
      `${description}${isSecret === true ? '; shown without its password' : ''}`,
      expectedOf(setting),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return page('Settings', settingsLead, [
    '| key | variable | flag | default | reloadable | meaning | takes |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ]);
}

const settingsLead = `A flag beats a variable, a variable beats the configuration file, and the file beats the default. An empty variable counts as
not set. \`resource-share config show --origins\` says what is set and by whom, \`config check\` says every fault.

The file is JSON; a dot in a key is an object in it: \`{"port": 8765, "server": {"drain_ms": 5000}}\`. It is the file that
\`--config\` names, else \`RESOURCE_SHARE_CONFIG\`, else \`resource-share/config.json\` below \`XDG_CONFIG_HOME\` (\`~/.config\`), else
\`/etc/resource-share/config.json\`. Paths in it are relative to its folder. A key that no setting has is refused.

\`data\` and \`database\` both say where the ledger is: the one in the higher layer counts, and in one layer \`database\`. \`pool\` is
the pool of verbs about one pool; \`verify\` and \`import\` are limited by the flag only.

Reloadable are settings that a running daemon takes over, when it is told to by \`resource-share config reload\` or SIGHUP. The others it reads when it
starts, and says so where they have changed. Where anything cannot be used, nothing changes.`;

async function commandLine(): Promise<string> {
  const names = (await buildProgram([])).commands.map((command) => command.name());
  const parts: string[] = [];
  for (const name of names) {
    const verb = (await buildProgram([name])).commands.find((command) => command.name() === name);
    if (verb === undefined) throw new Error(`there is no verb ${name}`);
    parts.push(`## ${name}`, '', ...helpOf(verb));
    for (const inner of verb.commands) parts.push(`### ${name} ${inner.name()}`, '', ...helpOf(inner));
  }
  return page('Command line', 'What `resource-share VERB --help` says.', parts);
}

function helpOf(command: Command): string[] {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 100,
  });
  command.outputHelp();
  return ['```', text.trim().replaceAll(homedir(), '~'), '```', ''];
}

function page(title: string, lead: string, lines: readonly string[]): string {
  return `# ${title}\n\n${lead}\n\n${lines.join('\n').trim()}\n`;
}
