/** The daemon: the ledger of one database behind HTTP, from start to drain. */
import { resolve } from 'node:path';
import { type RunningServer, startServer } from '../api/listen.js';
import type { LogSettings } from '../api/logging.js';
import { isServer, redacted } from '../engines/database.js';
import { timeZone as timeZoneSchema } from '../events/catalogue/pool.js';
import { parseWith } from '../events/command.js';
import type { UnknownAgents } from '../events/decision.js';
import type { PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { exitCodes, failure } from './exit.js';
import { openLedger } from './ledger.js';
import { defaultPool } from './options.js';
import { printLine } from './output.js';

export interface DaemonSettings {
  readonly database: string;
  readonly host: string;
  readonly port: number;
  /** For the default pool: taken when it is opened, or changed to when it has another one. */
  readonly timeZone?: string | undefined;
  readonly unknownAgents: UnknownAgents;
  readonly logLevel: LogSettings['level'];
}

/** Serves until a signal asks for the end; then finishes what is under way. */
export async function runDaemon(settings: DaemonSettings): Promise<void> {
  refusePublicHost(settings.host);
  const timeZone =
    settings.timeZone === undefined ? undefined : parseWith(timeZoneSchema, settings.timeZone, 'time-zone');
  const ledger = await openLedger(settings.database, {
    timeZone,
    unknownAgents: settings.unknownAgents,
    threads: true,
  });
  const server = await start(ledger, settings, timeZone);
  const asked = signal();
  printLine(`Serving ${placeOf(settings.database)} at ${server.url}`);
  rebuildOutdated(ledger, server.app.log).catch((error: unknown) => {
    server.app.log.error(
      { err: error },
      'the outdated tables could not be rebuilt; `resource-share replay` tries again',
    );
  });
  const sweep = expireTurns(ledger, server.app.log);
  const end = await Promise.race([asked, ledger.outdated]);
  if (typeof end === 'string') server.app.log.info(`${end}: finishing what is under way`);
  else server.app.log.fatal(end.message);
  clearInterval(sweep);
  await server.stop();
  // A rebuild that is still running goes on where it was at the next start.
  process.exit(typeof end === 'string' ? exitCodes.ok : exitCodes.newer);
}

const placeOf = (database: string): string => (isServer(database) ? redacted(database) : resolve(database));

async function start(ledger: Ledger, settings: DaemonSettings, timeZone: string | undefined): Promise<RunningServer> {
  const { host, port, logLevel } = settings;
  try {
    await openDefaultPool(ledger, timeZone);
    return await startServer(ledger, { host, port, log: { level: logLevel, destination: process.stderr } });
  } catch (error) {
    await ledger.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw failure(`port ${port} of ${host} is taken by another program; choose one with --port, or 0 for any.`);
  }
}

async function openDefaultPool(ledger: Ledger, timeZone: string | undefined): Promise<void> {
  const pool = defaultPool as PoolId;
  if (!ledger.hasPool(pool)) await ledger.addPool(pool);
  else if (timeZone !== undefined && ledger.state(pool).timeZone !== timeZone)
    await ledger.configurePool(pool, timeZone);
}

/** Tables built by the rules of another release are not to be trusted before they are rebuilt. */
async function rebuildOutdated(ledger: Ledger, log: RunningServer['app']['log']): Promise<void> {
  const projections = await ledger.outdatedProjections();
  if (projections.length === 0) return;
  log.warn(
    { projections },
    'these tables were built by other rules and are being rebuilt; until then they may be wrong',
  );
  try {
    for await (const { events, total } of ledger.replay({ projections })) log.debug({ events, total }, 'rebuilding');
    log.info({ projections }, 'the tables are rebuilt');
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'replay_running')) throw error;
    log.info({ projections }, 'another process rebuilds the tables');
  }
}

/** Turns whose time is up end also while nothing else happens in their pool. */
function expireTurns(ledger: Ledger, log: RunningServer['app']['log']): NodeJS.Timeout {
  const sweep = () =>
    ledger.expireTurns().catch((error: unknown) => {
      log.error({ err: error }, 'turns whose time is up could not be ended; the next round tries again');
    });
  void sweep();
  return setInterval(sweep, limits.turnSweepMs);
}

/** Nobody is asked for a key yet, so nobody else's machine may get here. */
function refusePublicHost(host: string): void {
  if (host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)) return;
  throw failure(
    `${host} is not loopback, and without API keys anybody who can reach it could write: bind to 127.0.0.1, ::1 or localhost.`,
  );
}

/** The first signal drains; a second one ends the process at once, as no handler is left. */
function signal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve);
  });
}
