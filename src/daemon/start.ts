/** Starting a daemon: the ledger of one database behind HTTP, with its background jobs. */
import { openEngine } from '../engines/open.js';
import { timeZone as timeZoneSchema } from '../events/catalogue/pool.js';
import { parseWith } from '../events/command.js';
import { Problem } from '../problems.js';
import type { Daemon, DaemonSettings } from './daemon.js';

/** Throws a `Problem` when the settings make no sense or the port is taken, and a `StorageError` when the database cannot be had. */
export async function startDaemon(settings: DaemonSettings): Promise<Daemon> {
  refusePublicHost(settings.host);
  const timeZone =
    settings.timeZone === undefined ? undefined : parseWith(timeZoneSchema, settings.timeZone, 'time-zone');
  // The storage opens in threads of its own while this one loads the greater part of the program.
  const [engine, { composeDaemon }] = await Promise.all([
    openEngine(settings.database, 'writer', { limits: settings.engineLimits, acceptLoss: settings.acceptLoss }),
    import('./daemon.js'),
  ]);
  return composeDaemon(engine, { ...settings, timeZone });
}

/** No key is asked for yet, so no other machine may get here. */
function refusePublicHost(host: string): void {
  if (host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)) return;
  throw new Problem(
    'host_not_loopback',
    `${host} is not loopback, and without API keys anybody who can reach it could write: bind to 127.0.0.1, ::1 or localhost.`,
  );
}
