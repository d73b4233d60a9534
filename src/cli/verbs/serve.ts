/** `serve`: the daemon. Every flag is also an environment variable. */
import { type Command, Option } from 'commander';
import type { LogSettings } from '../../api/logging.js';
import type { UnknownAgents } from '../../events/decision.js';
import { unknownAgentsChoices } from '../../settings/ledger-settings.js';
import { addExamples, globalsOf, wholeNumber } from '../options.js';

interface Options {
  readonly port: number;
  readonly host: string;
  readonly timeZone?: string;
  readonly unknownAgents: UnknownAgents;
  readonly logLevel: LogSettings['level'];
}

const levels = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
  'silent',
] as const satisfies readonly LogSettings['level'][];

export function define(command: Command): void {
  addServeOptions(command).action(async (options: Options) => {
    const { runDaemon } = await import('../run-daemon.js');
    await runDaemon({ ...options, database: globalsOf(command).database });
  });
  addExamples(
    command,
    'serve',
    'serve --port 0 --data /var/lib/resource-share',
    'serve --time-zone Europe/Berlin --unknown-agents quarantine',
    'serve --database postgres://ledger@db1.example,db2.example/ledger',
  );
}

export function addServeOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--port <port>', '0 picks a free one')
        .argParser(wholeNumber(0, 65_535))
        .default(8_765)
        .env('RESOURCE_SHARE_PORT'),
    )
    .addOption(
      new Option('--host <host>', 'address to bind to; loopback only').default('127.0.0.1').env('RESOURCE_SHARE_HOST'),
    )
    .addOption(
      new Option('--time-zone <zone>', "IANA zone that days are cut in (default: the system's)").env(
        'RESOURCE_SHARE_TIME_ZONE',
      ),
    )
    .addOption(
      new Option('--unknown-agents <policy>', 'what becomes of reports under an unknown name')
        .choices(unknownAgentsChoices)
        .default('auto')
        .env('RESOURCE_SHARE_UNKNOWN_AGENTS'),
    )
    .addOption(
      new Option('--log-level <level>', 'how much is logged, to stderr')
        .choices(levels)
        .default('info')
        .env('RESOURCE_SHARE_LOG_LEVEL'),
    );
}
