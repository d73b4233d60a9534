/** The composition root: builds the ledger, the jobs and the server on an open engine, and stops them in reverse order. */
import { startServer } from '../api/listen.js';
import type { LogSettings } from '../api/logging.js';
import type { Engine } from '../engines/engine.js';
import { defaultPool } from '../events/scalars.js';
import type { Job } from '../jobs/job.js';
import { jobs } from '../jobs/registry.js';
import { runJobs } from '../jobs/runner.js';
import type { Ledger } from '../ledger/ledger.js';
import { Problem } from '../problems.js';
import { socketPaths } from '../settings/socket-path.js';
import type { StorageError } from '../storage-error.js';
import { logDestination } from './log-destination.js';
import { type LedgerOptions, ledgerOn, settingsOf } from './open-ledger.js';

/** The default pool changes to the time zone, when one is set and the pool has another one. */
export interface DaemonSettings extends LedgerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Whether it listens at a Unix socket, too. */
  readonly unixSocket?: boolean | undefined;
  /** Names under which it is reached from elsewhere, separated by commas. */
  readonly publicNames?: string | undefined;
  readonly logLevel: LogSettings['level'];
  readonly drainMsMax?: number | undefined;
  readonly liveFeedsMax?: number | undefined;
  /** Somebody says that the clock is right, wherever the log stands. */
  readonly acceptClock?: boolean | undefined;
  /** A ledger that has lost events is served all the same, and says so in its log. */
  readonly acceptLoss?: boolean | undefined;
  /** Beside those of every daemon. */
  readonly moreJobs?: readonly Job<object>[] | undefined;
}

export interface Daemon {
  readonly url: string;
  /** Resolves when a newer release has taken over the database: this daemon is to be stopped then. */
  readonly outdated: Promise<StorageError>;
  /** Says in the log why the daemon ends, finishes what is under way, and closes the engine. */
  stop(reason: string | StorageError): Promise<void>;
}

/** The ledger has the engine from now on. */
export async function composeDaemon(engine: Engine, settings: DaemonSettings): Promise<Daemon> {
  const ledger = await ledgerOn(engine, settingsOf(settings));
  const server = await serve(ledger, settings);
  const { log } = server.app;
  const stopped = new AbortController();
  const jobsEnded = runJobs([...jobs, ...(settings.moreJobs ?? [])], { ledger, log }, ledger.clock, stopped.signal);
  return {
    url: server.url,
    outdated: ledger.outdated,
    async stop(reason) {
      if (typeof reason === 'string') log.info(`${reason}: finishing what is under way`);
      else log.fatal(reason.message);
      stopped.abort();
      await server.stop(jobsEnded());
    },
  };
}

async function serve(ledger: Ledger, settings: DaemonSettings) {
  const { database, host, port, unixSocket, publicNames, logLevel, timeZone, drainMsMax, liveFeedsMax } = settings;
  try {
    if (settings.acceptClock === true) await ledger.acceptClock('said at the start');
    await openDefaultPool(ledger, timeZone);
    await ledger.tellLosses();
    await ledger.adoptMethod().catch(leaveToJob);
    return await startServer(ledger, {
      host,
      port,
      ...(unixSocket === true ? { socketPaths: (bound: number) => socketPaths(database, bound) } : {}),
      publicNames,
      log: { level: logLevel, destination: await logDestination() },
      drainMsMax,
      streamConnectionsMax: liveFeedsMax,
    });
  } catch (error) {
    await ledger.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Problem(
      'address_in_use',
      `port ${port} of ${host} is taken by another program; choose one with --port, or 0 for any.`,
    );
  }
}

/** A storage that takes no writes now is no reason not to start: the job of that name tries again. */
function leaveToJob(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
}

async function openDefaultPool(ledger: Ledger, timeZone: string | undefined): Promise<void> {
  if (!ledger.hasPool(defaultPool)) await ledger.addPool(defaultPool);
  else if (timeZone !== undefined && ledger.state(defaultPool).timeZone !== timeZone)
    await ledger.configurePool(defaultPool, timeZone);
}
