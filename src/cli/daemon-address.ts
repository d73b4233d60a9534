/** How verbs reach a daemon: by its Unix socket where this account has it, else at its URL. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, type DaemonAddress, type DaemonName, socketFault, withKey } from '../client/address.js';
import { isServer } from '../settings/database.js';
import { databaseOf } from '../settings/ledger.js';
import { type LayeredValue, type Resolved, requireSettings } from '../settings/resolve.js';
import { socketPaths } from '../settings/socket-path.js';
import { apiKeyOf } from './api-key.js';

/** Of the process that has a data directory, which is alive: nobody else listens at its URL. */
export function addressOfWriter(url: string, socket: string | undefined, access: DaemonAccess): DaemonAddress {
  const address = addressOf(socket !== undefined && socketFault(socket) === null ? `unix:${socket}` : url);
  return withKey(address, { url, ...access });
}

/** The key that this account shows, and the ledger that it shows it to. */
export type DaemonAccess = Pick<DaemonName, 'key' | 'pool' | 'knownLedgers' | 'ledgerKey'>;

/** Without a key, whoever answers is asked. */
export function daemonAccess(resolved: Resolved): DaemonAccess {
  const key = apiKeyOf(resolved);
  if (key === undefined) return {};
  const { pool, ledgerKey, knownLedgers } = knownLedger(resolved);
  return { key, pool, ledgerKey, knownLedgers };
}

function knownLedger(resolved: Resolved) {
  const { spool, pool, ledger_key: ledgerKey } = requireSettings(resolved, 'spool', 'pool', 'ledger_key');
  return { spool: spool as string, pool, ledgerKey, knownLedgers: join(spool as string, 'known-ledgers.json') };
}

/**
 * Of the daemon that reports go to. A URL that somebody has set is the one; else the daemon of the ledger that is set here, by its
 * socket; else the usual URL.
 */
export function daemonOf(resolved: Resolved): DaemonName {
  return { ...placeOfDaemon(resolved), ...daemonAccess(resolved) };
}

function placeOfDaemon(resolved: Resolved): Pick<DaemonName, 'url' | 'data'> {
  const { url } = requireSettings(resolved, 'url');
  // Reports do not depend on the settings of the ledger, and are kept whatever is wrong with those.
  if (resolved.faults.length > 0) return { url };
  const database = databaseOf(resolved);
  if (isServer(database)) return { url: socketOfServer(database, url) ?? url };
  const layerOf = (key: string) => (resolved.given.get(key) as LayeredValue).layer;
  if (layerOf('url') !== 'default') return { url };
  const isHere = hasOwnLedger(database) ?? layerOf('data') === 'flag';
  return isHere ? { data: database } : { url };
}

/** Where the daemon is, and where reports wait for it. */
export interface ReportingTo extends DaemonName {
  readonly spool: string;
  readonly pool: string | undefined;
  readonly ledgerKey: string | undefined;
  /** What is known of the ledger. */
  readonly knownLedgers: string;
}

export function reportingTo(resolved: Resolved): ReportingTo {
  return { ...daemonOf(resolved), ...knownLedger(resolved) };
}

/** The socket of the node at this port of this machine, where there is one that is safe. */
function socketOfServer(database: string, url: string): string | undefined {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'http:' || !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return undefined;
  const path = socketPaths(database, Number(port || 80)).find((each) => socketFault(each.path) === null)?.path;
  return path === undefined ? undefined : `unix:${path}`;
}

/** Null where there is no ledger yet. Of another account's, the socket is closed to this one. */
function hasOwnLedger(data: string): boolean | null {
  try {
    return lstatSync(join(data, 'resource_tracking.db')).uid === process.getuid?.();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : false;
  }
}
