/** Starting a daemon: the ledger of one database behind HTTP, with its background jobs. */
import { openEngine } from '../engines/open.js';
import { timeZone as timeZoneSchema } from '../events/catalogue/pool.js';
import { parseWith } from '../events/command.js';
import type { Daemon } from './daemon.js';
import type { DaemonSettings } from './daemon-settings.js';

/** Throws a `Problem` when the settings make no sense or the port is taken, and a `StorageError` when the database cannot be had. */
export async function startDaemon(settings: DaemonSettings): Promise<Daemon> {
  const timeZone =
    settings.timeZone === undefined ? undefined : parseWith(timeZoneSchema, settings.timeZone, 'time-zone');
  // The storage opens in threads of its own while this one loads the greater part of the program.
  const [engine, { composeDaemon }] = await Promise.all([
    openEngine(settings.database, 'writer', { limits: settings.engineLimits, acceptLoss: settings.acceptLoss }),
    import('./daemon.js'),
  ]);
  return composeDaemon(engine, { ...settings, timeZone });
}
