/** What the daemon does with an open engine: from the start of its ledger to the drain. */
import { resolve } from 'node:path';
import { type RunningServer, startServer } from '../api/listen.js';
import type { LogSettings } from '../api/logging.js';
import { isServer, redacted } from '../engines/database.js';
import type { Engine } from '../engines/engine.js';
import type { UnknownAgents } from '../events/decision.js';
import type { PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { exitCodes, failure } from './exit.js';
import { ledgerOn, settingsOf } from './ledger.js';
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

/** Until a signal asks for the end; then finishes what is under way. The ledger has the engine from now on. */
export async function serve(engine: Engine, settings: DaemonSettings): Promise<void> {
  const { database, timeZone, unknownAgents } = settings;
  const ledger = await ledgerOn(engine, settingsOf(database, { timeZone, unknownAgents }));
  const server = await start(ledger, settings);
  const asked = signal();
  printLine(`Serving ${placeOf(settings.database)} at ${server.url}`);
  rebuildOutdated(ledger, server.app.log).catch((error: unknown) => {
    server.app.log.error(
      { err: error },
      'the outdated tables could not be rebuilt; `resource-share replay` tries again',
    );
  });
  const sweep = expireTurns(ledger, server.app.log);
  const checkpoints = keepCheckpoints(ledger, server.app.log);
  const end = await Promise.race([asked, ledger.outdated]);
  if (typeof end === 'string') server.app.log.info(`${end}: finishing what is under way`);
  else server.app.log.fatal(end.message);
  clearInterval(sweep);
  clearInterval(checkpoints);
  await server.stop();
  // A rebuild that is still running goes on where it was at the next start.
  process.exit(typeof end === 'string' ? exitCodes.ok : exitCodes.newer);
}

const placeOf = (database: string): string => (isServer(database) ? redacted(database) : resolve(database));

async function start(ledger: Ledger, settings: DaemonSettings): Promise<RunningServer> {
  const { host, port, logLevel, timeZone } = settings;
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

/** What questions about the past start from is kept up while the log grows. */
function keepCheckpoints(ledger: Ledger, log: RunningServer['app']['log']): NodeJS.Timeout {
  const keep = () =>
    ledger.keepCheckpoints().catch((error: unknown) => {
      log.warn({ err: error }, 'checkpoints could not be kept; the next round tries again');
    });
  return setInterval(keep, limits.checkpointSweepMs);
}

/** The first signal drains; a second one ends the process at once, as no handler is left. */
function signal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve);
  });
}
