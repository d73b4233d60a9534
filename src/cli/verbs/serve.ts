/** `serve`: the daemon. Every flag is also an environment variable. */
import type { Command } from 'commander';
import type { DaemonSettings } from '../../daemon/daemon.js';
import { databaseOf } from '../../settings/ledger.js';
import { type Resolved, requireSettings } from '../../settings/resolve.js';
import { acceptLossOption, addExamples, ledgerOptions, settingOption, settingsFor } from '../options.js';

export function define(command: Command): void {
  addServeOptions(command).option(
    '--accept-clock',
    'the clock is right, although the newest event lies after it, or a month before it',
  );
  command.addOption(acceptLossOption());
  command.action(async ({ acceptClock, acceptLoss }: { acceptClock?: true; acceptLoss?: true }) => {
    const resolved = settingsFor(command);
    const settings = { ...daemonSettings(resolved, databaseOf(resolved)), acceptClock, acceptLoss };
    const { runDaemon } = await import('../run-daemon.js');
    await runDaemon(settings);
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
  const keys = ['port', 'host', 'server.socket', 'time_zone', 'unknown_agents', 'unknown_agents_per_hour', 'log_level'];
  for (const key of keys) command.addOption(settingOption(key));
  return command;
}

/** With `database`, so that a daemon can serve a ledger that the settings do not name. */
export function daemonSettings(resolved: Resolved, database: string): DaemonSettings {
  const { host, port, public_names, log_level, server } = requireSettings(
    resolved,
    'host',
    'port',
    'public_names',
    'time_zone',
    'unknown_agents',
    'unknown_agents_per_hour',
    'log_level',
    'server',
    'postgres',
    'sqlite',
  );
  return {
    ...ledgerOptions(resolved, database),
    host,
    port,
    unixSocket: server.socket,
    publicNames: public_names,
    logLevel: log_level,
    drainMsMax: server.drain_ms,
    liveFeedsMax: server.live_feeds,
  };
}
