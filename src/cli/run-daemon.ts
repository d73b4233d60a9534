/** A daemon in this process, from its start until a signal ends it. */
import { resolve } from 'node:path';
import type { Daemon } from '../daemon/daemon.js';
import type { Configuration, DaemonSettings } from '../daemon/daemon-settings.js';
import { startDaemon } from '../daemon/start.js';
import { type Supervision, supervisionOf } from '../daemon/supervision.js';
import { isServer, redacted } from '../settings/database.js';
import { processEnvironment } from '../settings/environment.js';
import { StorageError } from '../storage-error.js';
import { CliExit, exitCodes } from './exit.js';
import { printError, printLine } from './output.js';

export interface RunSettings extends Omit<DaemonSettings, 'configuration'> {
  readonly configuration?: Omit<Configuration, 'around'> | undefined;
}

/** Serves until a signal asks for the end, or a newer release has taken over the database. */
export async function runDaemon({ configuration, ...settings }: RunSettings): Promise<void> {
  const supervision = supervisionOf(processEnvironment(), printError);
  const around = <T>(work: () => Promise<T>) => supervision.reloading(work);
  const daemon = await start(
    { ...settings, configuration: configuration && { ...configuration, around } },
    supervision,
  );
  const asked = signal();
  listen(daemon);
  printLine(`Serving ${describeDatabase(settings.database)} at ${daemon.url}`);
  await supervision.ready(daemon.vitals);
  const end = await Promise.race([asked, daemon.outdated]);
  await Promise.all([supervision.stopping(), daemon.stop(end)]);
  // A rebuild that is still running goes on where it was at the next start.
  process.exit(typeof end === 'string' ? exitCodes.ok : exitCodes.newer);
}

async function start(settings: DaemonSettings, supervision: Supervision): Promise<Daemon> {
  supervision.starting();
  try {
    return await startDaemon(settings);
  } catch (error) {
    throw lasting(error);
  }
}

/** Reasons that no later start is without: a service manager is told by the exit code that it need not try again. */
function lasting(error: unknown): unknown {
  if (!(error instanceof StorageError) || (error.reason !== 'foreign' && error.reason !== 'unsafe')) return error;
  return new CliExit(exitCodes.newer, error.message);
}

const describeDatabase = (database: string): string => (isServer(database) ? redacted(database) : resolve(database));

/**
 * Whoever has changed the settings sends SIGHUP, and whoever has renamed the log SIGUSR1, or SIGHUP, too. At a terminal SIGHUP says that
 * this is closed.
 */
function listen(daemon: Daemon): void {
  process.on('SIGUSR1', () => daemon.reopenLog());
  if (process.stderr.isTTY === true) return;
  process.on('SIGHUP', () => {
    daemon.reopenLog();
    void daemon.reload();
  });
}

/** The first signal drains; a second one ends the process at once, as no handler is left. */
function signal(): Promise<NodeJS.Signals> {
  return new Promise((done) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, done);
  });
}
