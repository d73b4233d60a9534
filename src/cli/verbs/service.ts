/** `service`: the daemon, and what runs beside it, as a service of this machine. */
import { type Command, Option } from 'commander';
import type { Manager, PartName, Scope } from '../../service/plan.js';
import { partNames } from '../../service/plan.js';
import { processEnvironment } from '../../settings/environment.js';
import { usageError } from '../exit.js';
import { addExamples, configFlag, jsonOption, settingFlags, wholeNumber } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import type { Service } from '../service/enabling.js';
import { gatherSettings } from '../service/set-option.js';
import { parsePastTime, type TimeText } from '../times.js';

interface Scoped {
  readonly user?: true;
  readonly system?: true;
  readonly manager?: Manager;
}

interface EnableFlags extends Scoped {
  readonly dryRun?: true;
  readonly set?: ReadonlyMap<string, string>;
  readonly runAs?: string;
  readonly linger?: true;
  readonly socket?: boolean;
}

const partsText = `${partNames.join(', ')}; the daemon alone (serve) where none is named`;

export function define(command: Command): void {
  defineEnable(command);
  defineRemoval(command);
  for (const [name, description, done] of [
    ['start', 'Start it, and wait until it is ready; where that fails, show the last of its log.', 'is started'],
    ['stop', 'Stop it until the next start of the machine, or `service start`.', 'is stopped'],
    [
      'restart',
      'Start it again, such as by a new release; with --socket, connections wait meanwhile.',
      'is started again',
    ],
  ] as const) {
    const verb = scoped(command.command(`${name} [parts...]`).description(description));
    verb.action(async (words: readonly string[], options: Scoped) => {
      const service = await opened(options);
      const parts = partsOr(words, service);
      await withLastLines(service, parts, () => service.manager[name](parts));
      printLine(`${parts.join(', ')} ${done}.`);
    });
    addExamples(verb, `service ${name}`, `service ${name} --system`);
  }
  defineLooking(command);
  addExamples(command, 'service enable --linger', 'service status', 'service logs -f', 'service enable --system');
}

function scoped(command: Command): Command {
  return command
    .addOption(new Option('--user', 'a service of this account (the default)').conflicts('system'))
    .addOption(new Option('--system', 'a service of the machine, as root enables it'))
    .addOption(
      new Option('--manager <name>', 'which files and tools (default: those of this system)').choices([
        'systemd',
        'launchd',
      ]),
    );
}

function defineEnable(command: Command): void {
  const verb = scoped(command.command('enable [parts...]'))
    .description(
      `Write the files of the service, start it now and at boot. Parts: ${partsText}. Called again, it writes what has drifted and starts that again; what was chosen before stays chosen.`,
    )
    .option('--dry-run', 'write nothing, and print the files')
    .addOption(
      new Option(
        '--set <key=value>',
        'write a setting into its environment file; may be repeated; empty takes it out',
      ).argParser(gatherSettings),
    )
    .option(
      '--run-as <user[:group]>',
      'with --system: an account that is there, so that people of it can open the ledger',
    )
    .option('--linger', 'with --user: it runs without a session of the account, too')
    .option('--socket', 'systemd holds the port, so that connections wait while the daemon starts again')
    .option('--no-socket', 'the daemon holds it by itself');
  verb.action((words: readonly string[], options: EnableFlags) => runEnable(verb, words, options));
  addExamples(
    verb,
    'service enable --linger',
    'service enable --dry-run --set service.memory_max=1G',
    'service enable daily-aggregate backup --set backup.folder=/mnt/elsewhere/ledger',
    'service enable --system --run-as ledger:people --socket',
  );
}

async function runEnable(verb: Command, words: readonly string[], options: EnableFlags): Promise<void> {
  const { enable, prepare } = await import('../service/enabling.js');
  const { resolve } = await import('node:path');
  const scope = scopeOf(options);
  if (options.runAs !== undefined && (scope === 'user' || !/^[\w.-]+(:[\w.-]+)?$/.test(options.runAs)))
    throw usageError('--run-as takes USER or USER:GROUP, and goes with --system.');
  if (options.linger === true && scope === 'system')
    throw usageError('--linger goes with --user: the system is always there.');
  const service = await opened(options);
  const data = settingFlags(verb).get('data');
  const config = configFlag(verb);
  const wanted = {
    parts: partsNamed(words),
    set: options.set ?? new Map<string, string>(),
    socket: socketFlag(verb, options),
    runAs: options.runAs,
    linger: options.linger,
    data: data === undefined ? undefined : resolve(data),
    config: config === undefined ? undefined : resolve(config),
  };
  if (settingFlags(verb).has('database'))
    throw usageError(
      'everybody on the machine sees a command line: set RESOURCE_SHARE_DATABASE_FILE with --set, or the configuration file.',
    );
  if (options.dryRun === true) {
    for (const { path, text } of prepare(service, wanted).files) printLine(`==> ${path} <==\n${text}`);
    return;
  }
  tellUnseen(service, wanted.set);
  const { changed, parts } = await withLastLines(service, ['serve'], () => enable(service, wanted));
  for (const path of changed) printLine(`${path} is written.`);
  printLine(
    `${parts.join(', ')} ${parts.length === 1 ? 'is' : 'are'} enabled${changed.length === 0 ? ', as before' : ''}.`,
  );
}

/** Undefined where neither was said. */
function socketFlag(verb: Command, { socket }: EnableFlags): boolean | undefined {
  return verb.getOptionValueSource('socket') === 'cli' ? socket === true : undefined;
}

/** What this shell sets is no part of the service. */
function tellUnseen({ environment }: Service, set: ReadonlyMap<string, string>): void {
  const names = Object.keys(environment).filter(
    (name) => /^RESOURCE_SHARE_(?!TEST_)/.test(name) && environment[name] !== '' && !set.has(name),
  );
  if (names.length > 0)
    remark(
      `The service does not see what this shell sets: ${names.join(', ')}. --set KEY=VALUE, or the configuration file, is for that.`,
    );
}

function defineRemoval(command: Command): void {
  const disable = scoped(command.command('disable [parts...]')).description(
    'Stop it, and start it no more. Its files stay.',
  );
  disable.action(async (words: readonly string[], options: Scoped) => {
    const { disable } = await import('../service/enabling.js');
    const service = await opened(options);
    await disable(service, partsNamed(words));
    printLine(service.record === null ? 'It was not enabled.' : 'It is disabled.');
  });
  addExamples(disable, 'service disable', 'service disable backup');

  const uninstall = scoped(command.command('uninstall'))
    .description(
      'Disable it, and remove what `service enable` has written. The ledger stays, and drop-ins of your own.',
    )
    .option('--purge', 'remove the ledger, too: nothing brings it back');
  uninstall.action(async ({ purge, ...options }: Scoped & { purge?: true }) => {
    const { uninstall } = await import('../service/enabling.js');
    const { removed, kept, data } = await uninstall(await opened(options), purge === true);
    for (const path of removed) printLine(`${path} is removed.`);
    for (const path of kept) printLine(`${path} was edited by hand, and stays.`);
    if (data !== null) printLine(`The ledger stays at ${data}.`);
    if (removed.length === 0 && kept.length === 0) printLine('There was nothing to remove.');
  });
  addExamples(uninstall, 'service uninstall', 'service uninstall --system --purge');
}

function defineLooking(command: Command): void {
  const status = scoped(command.command('status [parts...]'))
    .description('How it is. Exit code 0: well, 1: it runs, and something is to be looked after, 2: it does not run.')
    .addOption(jsonOption());
  status.action(async (words: readonly string[], { json, ...options }: Scoped & { json?: true }) => {
    const { serviceStatus, statusExits } = await import('../service/status.js');
    const found = await serviceStatus(await opened(options), partsNamed(words));
    process.exitCode = statusExits[found.state];
    if (json === true) return printJson(found);
    const { printStatus } = await import('../service/print.js');
    printStatus(found, Date.now());
  });
  addExamples(status, 'service status', 'service status --system --json');

  const logs = scoped(command.command('logs [parts...]'))
    .description('What it has said, from the journal, or the file that it logs to.')
    .option('-f, --follow', 'go on as it says more')
    .option('-n, --lines <n>', 'so many of the last lines', wholeNumber(1, 1_000_000), 50)
    .addOption(new Option('--since <time>', 'all since then: 1h, 2026-01-05').argParser(parsePastTime));
  logs.action(async (words: readonly string[], options: Scoped & LogFlags) => {
    const { showLogs } = await import('../service/logs.js');
    const { systemTimeZone } = await import('../../runtime/time-zone.js');
    const service = await opened(options);
    const since = options.since === undefined ? null : options.since.at(Date.now(), systemTimeZone());
    await showLogs(service, {
      parts: partsOr(words, service),
      follow: options.follow === true,
      lines: options.lines,
      since,
    });
  });
  addExamples(logs, 'service logs', 'service logs -f', 'service logs backup --since 1d');
}

interface LogFlags {
  readonly follow?: true;
  readonly lines: number;
  readonly since?: TimeText;
}

const scopeOf = ({ system }: Scoped): Scope => (system === true ? 'system' : 'user');

async function opened(options: Scoped): Promise<Service> {
  const { openService } = await import('../service/enabling.js');
  const { managerHere } = await import('../service/open-manager.js');
  return openService(scopeOf(options), options.manager ?? managerHere(), processEnvironment());
}

function partsNamed(words: readonly string[]): readonly PartName[] {
  return words.map((word) => {
    const name = word.replace(/^resource-share-/, '').replace(/\.(service|timer)$/, '');
    const part = name === 'resource-share' ? 'serve' : name;
    if ((partNames as readonly string[]).includes(part)) return part as PartName;
    throw usageError(`"${word}" is no part of the service: ${partNames.join(', ')}.`);
  });
}

/** All that are enabled, where none is named. */
function partsOr(words: readonly string[], { record }: Service): readonly PartName[] {
  if (words.length > 0) return partsNamed(words);
  const parts = record?.choices.parts ?? [];
  return parts.length > 0 ? parts : ['serve'];
}

async function withLastLines<T>(service: Service, parts: readonly PartName[], act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const { lastLines } = await import('../service/logs.js');
    if (/^(systemctl|launchctl) .*(start|restart|kickstart|bootstrap)/.test((error as Error).message)) {
      const said = await lastLines(service, parts[0] ?? 'serve', 20);
      if (said !== '') remark(said);
    }
    throw error;
  }
}
