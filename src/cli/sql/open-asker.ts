/** Whom `sql` asks: the database itself, where this account may open it, or the daemon. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { isServer } from '../../settings/database.js';
import { databaseOf } from '../../settings/ledger.js';
import { type Resolved, requireSettings } from '../../settings/resolve.js';
import { globalsOf, settingsFor } from '../options.js';
import type { SqlAsker } from './asker.js';

export async function withAsker<T>(command: Command, work: (asker: SqlAsker) => Promise<T>): Promise<T> {
  const resolved = settingsFor(command);
  const database = databaseOf(resolved);
  const { viewer } = requireSettings(resolved, 'viewer');
  if (asksDaemon(resolved, database, viewer.database_url)) {
    const { DaemonAsker } = await import('./daemon-asker.js');
    return work(new DaemonAsker(resolved));
  }
  const { LocalAsker } = await import('./local-asker.js');
  const ask = async () => {
    const asker = new LocalAsker(database, viewer.database_url);
    try {
      return await work(asker);
    } finally {
      await asker.close();
    }
  };
  if (isServer(database)) return ask();
  // It knows whether the ledger is there, of this release, and whole.
  const { withEngine } = await import('../open-view.js');
  return withEngine(globalsOf(command), ask);
}

/** A URL that is given is asked. Else who may open the database does, and on a server that is who has its role that only reads. */
function asksDaemon(resolved: Resolved, database: string, readerUrl: string | undefined): boolean {
  const layer = resolved.given.get('url')?.layer;
  if (layer === 'flag') return true;
  if (isServer(database)) return readerUrl === undefined;
  const readable = readableFile(join(database, 'resource_tracking.db'));
  return readable === false || (readable === null && layer !== 'default');
}

/** Null where there is none. */
function readableFile(path: string): boolean | null {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : false;
  }
}
