/** How much room is left where the data directory is; undefined for a server, whose disk is its own. */
import { statfs } from 'node:fs/promises';
import { isServer } from '../settings/database.js';
import type { OperationSources } from './operation.js';

export function watchDisk(database: string): OperationSources['disk'] {
  if (isServer(database)) return undefined;
  return async () => {
    const { bavail, bsize } = await statfs(database);
    return { folder: database, freeBytes: bavail * bsize };
  };
}
