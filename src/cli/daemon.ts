/** The daemon: the ledger of one database behind HTTP. */
import { openEngine } from '../engines/open.js';
import { timeZone as timeZoneSchema } from '../events/catalogue/pool.js';
import { parseWith } from '../events/command.js';
import { failure } from './exit.js';
import type { DaemonSettings } from './serving.js';

export async function runDaemon(settings: DaemonSettings): Promise<void> {
  refusePublicHost(settings.host);
  const timeZone =
    settings.timeZone === undefined ? undefined : parseWith(timeZoneSchema, settings.timeZone, 'time-zone');
  // The storage opens in threads of its own while this one loads the greater part of the program.
  const [engine, { serve }] = await Promise.all([openEngine(settings.database, 'writer'), import('./serving.js')]);
  await serve(engine, { ...settings, timeZone });
}

/** Nobody is asked for a key yet, so nobody else's machine may get here. */
function refusePublicHost(host: string): void {
  if (host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)) return;
  throw failure(
    `${host} is not loopback, and without API keys anybody who can reach it could write: bind to 127.0.0.1, ::1 or localhost.`,
  );
}
