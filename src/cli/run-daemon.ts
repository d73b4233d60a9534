/** A daemon in this process, from its start until a signal ends it. */
import { resolve } from 'node:path';
import type { DaemonSettings } from '../daemon/daemon.js';
import { startDaemon } from '../daemon/start.js';
import { isServer, redacted } from '../settings/database.js';
import { exitCodes } from './exit.js';
import { printLine } from './output.js';

/** Serves until a signal asks for the end, or a newer release has taken over the database. */
export async function runDaemon(settings: DaemonSettings): Promise<void> {
  const daemon = await startDaemon(settings);
  const asked = signal();
  printLine(`Serving ${describeDatabase(settings.database)} at ${daemon.url}`);
  const end = await Promise.race([asked, daemon.outdated]);
  await daemon.stop(end);
  // A rebuild that is still running goes on where it was at the next start.
  process.exit(typeof end === 'string' ? exitCodes.ok : exitCodes.newer);
}

const describeDatabase = (database: string): string => (isServer(database) ? redacted(database) : resolve(database));

/** The first signal drains; a second one ends the process at once, as no handler is left. */
function signal(): Promise<NodeJS.Signals> {
  return new Promise((done) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, done);
  });
}
