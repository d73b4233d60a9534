/** `serve`: the daemon. Every flag is also an environment variable. */
import type { Command } from 'commander';
import type { WorkSettings } from '../../daemon/background-work.js';
import type { DaemonSettings } from '../../daemon/daemon-settings.js';
import type { PoolId } from '../../events/scalars.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import { credentialsFolder, processEnvironment, usualCaptures, usualKeys } from '../../settings/environment.js';
import { handedSocket } from '../../settings/handed-over.js';
import { databaseOf } from '../../settings/ledger.js';
import { type Resolved, refuse, requireSettings } from '../../settings/resolve.js';
import type { Settings } from '../../settings/schema.js';
import { apiKeyOf } from '../api-key.js';
import { daemonBackup } from '../backup/places.js';
import { exitCodes } from '../exit.js';
import { acceptLossOption, addExamples, ledgerOptions, settingOption, settingsFor } from '../options.js';

export function define(command: Command): void {
  addServeOptions(command).option(
    '--accept-clock',
    'the clock is right, although the newest event lies after it, or a month before it',
  );
  command.addOption(acceptLossOption());
  command.action(async ({ acceptClock, acceptLoss }: { acceptClock?: true; acceptLoss?: true }) => {
    const resolved = settingsFor(command);
    const backup = daemonBackup(command);
    const settings = {
      ...daemonSettings(resolved, databaseOf(resolved)),
      backup,
      acceptClock,
      acceptLoss,
      configuration: { resolved, read: () => readAgain(command) },
    };
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

/** All of it has to be usable, also what a daemon reads at its start alone. */
function readAgain(command: Command): { readonly resolved: Resolved; readonly settings: DaemonSettings } {
  const resolved = settingsFor(command);
  refuse(resolved.faults);
  return { resolved, settings: daemonSettings(resolved, databaseOf(resolved)) };
}

export function addServeOptions(command: Command): Command {
  const unknown = ['unknown_agents', 'unknown_agents_per_hour'];
  const keys = [
    'port',
    'host',
    'server.socket',
    'server.tls_cert',
    'server.tls_key',
    'time_zone',
    ...unknown,
    'prices.file',
    'jobs.enabled',
    'log_level',
  ];
  for (const key of keys) command.addOption(settingOption(key));
  return command;
}

/** With `database`, so that a daemon can serve a ledger that the settings do not name. */
export function daemonSettings(resolved: Resolved, database: string): DaemonSettings {
  const {
    agent,
    pool,
    host,
    port,
    public_names,
    log_level,
    log,
    server,
    sources,
    checkpoints,
    audit,
    jobs,
    cleanup,
    viewer,
  } = requireSettings(
    resolved,
    'agent',
    'pool',
    'host',
    'port',
    'public_names',
    'time_zone',
    'unknown_agents',
    'unknown_agents_per_hour',
    'log_level',
    'log',
    'server',
    'postgres',
    'sqlite',
    'sources',
    'checkpoints',
    'audit',
    'jobs',
    'cleanup',
    'viewer',
  );
  // It sends no key; but one that is none is found where somebody looks.
  apiKeyOf(resolved);
  const environment = processEnvironment();
  return {
    ...ledgerOptions(resolved, database),
    host,
    port,
    fd: handedSocket(environment) ?? undefined,
    unixSocket: server.socket,
    publicNames: public_names,
    tls: tlsOf(server),
    trustedProxies: server.trusted_proxies,
    logLevel: log_level,
    log,
    drainMsMax: server.drain_ms,
    liveFeedsMax: server.live_feeds,
    sources: { agent, pool, ...sources },
    jobs: workSettings(jobs),
    cleanupOlderMs: cleanupOlderMs(cleanup, jobs),
    quotaCheck:
      sources.quota === undefined
        ? undefined
        : { reader: sources.quota, captures: usualCaptures(environment), pool: pool as PoolId | undefined },
    audit: audit.sinks,
    readerUrl: viewer.database_url,
    checkpoints: {
      ...checkpoints,
      keys: checkpoints.keys ?? usualKeys(environment),
      credentials: credentialsFolder(environment),
    },
  };
}

/** What the settings say of background work. Throws `setting_invalid`. */
export function workSettings(jobs: Settings['jobs']): WorkSettings {
  if (jobs.lease_ms < 4 * jobs.heartbeat_ms && jobs.heartbeat_ms !== limits.jobHeartbeatMs)
    throw new Problem('setting_invalid', 'jobs.lease_ms must be at least four times jobs.heartbeat_ms.');
  return {
    enabled: jobs.enabled,
    workerId: jobs.worker_id,
    pollMs: jobs.poll_ms,
    leaseMs: jobs.lease_ms,
    heartbeatMs: jobs.heartbeat_ms,
    concurrency: jobs.concurrency,
    schedules: jobs.schedules,
    outside: jobs.kinds,
    kill: jobs.kill_stuck ? () => process.exit(exitCodes.failed) : undefined,
  };
}

/** What a holder that lives may still write to is never swept. Throws `setting_invalid`. */
function cleanupOlderMs({ older_than_s: seconds }: Settings['cleanup'], jobs: Settings['jobs']): number {
  const longestMs = Math.max(jobs.lease_ms, ...Object.values(jobs.kinds).map(({ lease_ms: ownMs = 0 }) => ownMs));
  if (seconds * 1_000 >= 2 * longestMs) return seconds * 1_000;
  if (seconds === limits.cleanupOlderSeconds) return 2 * longestMs;
  throw new Problem(
    'setting_invalid',
    `cleanup.older_than_s must be at least twice the longest lease (jobs.lease_ms, jobs.kinds): ${Math.ceil((2 * longestMs) / 1_000)}.`,
  );
}

function tlsOf({ tls_cert: cert, tls_key: key }: Settings['server']): DaemonSettings['tls'] {
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert === key) return undefined;
  throw new Problem('setting_invalid', 'server.tls_cert and server.tls_key belong together: set both, or none.');
}
