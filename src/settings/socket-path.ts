/** Where the Unix socket of a daemon is: the same place for the daemon and for whoever looks for it. */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { isServer, redacted } from './database.js';
import { type Environment, processEnvironment } from './environment.js';

export interface SocketPath {
  readonly path: string;
  /** Whether its folder is for sockets only, and is made where it is missing. */
  readonly makesFolder: boolean;
}

/**
 * The paths at which it may be, best first: in the folder of this account's session, else in the data directory. Several daemons may
 * serve the database of one server, so that there the port belongs to the name. Empty where the system has no such sockets, or there
 * is no folder for one.
 */
export function socketPaths(
  database: string,
  port: number,
  environment: Environment = processEnvironment(),
): readonly SocketPath[] {
  if (process.platform === 'win32') return [];
  const folder = isServer(database) ? null : realpathSync(database);
  const hash = createHash('sha256').update(folder ?? `${redacted(database)} ${port}`);
  const name = `rs-${hash.digest('hex').slice(0, 8)}.sock`;
  const { XDG_RUNTIME_DIR: session = '' } = environment;
  return [
    ...(isAbsolute(session) ? [{ path: join(session, 'resource-share', name), makesFolder: true }] : []),
    ...(folder === null ? [] : [{ path: join(folder, name), makesFolder: false }]),
  ];
}
