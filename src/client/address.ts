/**
 * Where the daemon is. A port is not the daemon's: while it is away, any program of the machine may listen there and take what was
 * meant for it. A Unix socket is its account's, which is looked at before anything is sent; over TCP the ledger proves its key first.
 */
import { lstatSync, readFileSync, type Stats, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { LedgerName } from './known-ledgers.js';

/** Where one request goes. */
export interface DaemonAddress {
  /** Routes are relative to it. */
  readonly base: URL;
  /** Over which it is sent; over TCP when left out. */
  readonly socketPath?: string | undefined;
  /** The API key that is shown there. */
  readonly key?: string | undefined;
  /** The ledger that is to prove its key there before anything is sent. */
  readonly ledger?: LedgerName | undefined;
}

/** How the daemon is named; where it is by both, `data` counts. */
export interface DaemonName {
  /** `http://…`, `https://…`, or `unix:` with the absolute path of its socket. */
  readonly url?: string | undefined;
  /**
   * The data directory of a daemon on this machine that runs under this account: it says there where it listens. While it is away,
   * nothing is sent to anybody.
   */
  readonly data?: string | undefined;
  /**
   * An API key for it, which is not sent over a socket: whoever is there is this account. Over TCP it is shown to the ledger that is
   * known, once that has proved its key.
   */
  readonly key?: string | undefined;
  readonly pool?: string | undefined;
  /** File in which it is kept which ledger is known. */
  readonly knownLedgers?: string | undefined;
  /** Key of the ledger, as `name+id+base64`. Without it, the one that is shown at the first contact is trusted. */
  readonly ledgerKey?: string | undefined;
}

/** Says for each request where it goes. Throws an `AddressError` where nothing may be sent. */
export type DaemonFinder = () => DaemonAddress;

/** Nothing may be sent. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  /** Whether the daemon may be found later; else somebody has to look. */
  readonly transient: boolean;

  constructor(message: string, transient: boolean) {
    super(message);
    this.transient = transient;
  }
}

/** Throws a `TypeError` when the daemon is not named, or by something that is no URL. */
export function daemonFinder(daemon: DaemonName): DaemonFinder {
  const { url, data } = daemon;
  if (url === undefined && data === undefined) throw new TypeError('where is the daemon? Give its `url` or its `data`');
  if (data !== undefined) return () => withKey(recordedAddress(data), daemon);
  const address = withKey(addressOf(url as string), daemon);
  return () => safe(address);
}

/** Of a text that names it. Throws a `TypeError` when it does not. */
export function addressOf(url: string): DaemonAddress {
  const base = new URL(url.startsWith(unix) ? 'http://localhost/' : url);
  if (!url.startsWith(unix)) return { base: base.href.endsWith('/') ? base : new URL(`${base.href}/`) };
  const socketPath = url.slice(unix.length).replace(/^\/\/(?=\/)/, '');
  if (!socketPath.startsWith('/')) throw new TypeError(`${url} names no absolute path of a socket`);
  return { base, socketPath };
}

/** The one place where a key is given to an address: to the ledger there that proves itself. Throws a `TypeError` where none is known by. */
export function withKey(
  address: DaemonAddress,
  { url, data, key, pool, knownLedgers, ledgerKey }: DaemonName,
): DaemonAddress {
  if (address.socketPath !== undefined) return address;
  if (knownLedgers !== undefined) {
    const ledger = { path: knownLedgers, name: data ?? (url as string), pool, key: ledgerKey };
    return { ...address, key, ledger };
  }
  if (key === undefined) return address;
  throw new TypeError('a key is shown to a ledger that is known: give `knownLedgers`');
}

/** For people. */
export const addressText = ({ base, socketPath }: DaemonAddress): string =>
  socketPath === undefined ? base.origin : `${unix}${socketPath}`;

const unix = 'unix:';

/** Why nothing may be sent over a socket: it is not there, or of somebody else. Null: nothing is wrong with it. */
export function socketFault(path: string): AddressError | null {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return new AddressError(`nothing listens at ${unix}${path}`, true);
    if (!found.isSocket()) return new AddressError(`${path} is no socket`, false);
    if (!isOwn(found)) return new AddressError(`the socket ${path} belongs to another account`, false);
    return folderFault(dirname(path));
  } catch (error) {
    return new AddressError(`the socket ${path} cannot be looked at: ${(error as Error).message}`, false);
  }
}

function folderFault(folder: string): AddressError | null {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return new AddressError(`there is no folder ${folder}`, true);
  if (!isOwn(found)) return new AddressError(`${folder} belongs to another account`, false);
  if ((found.mode & 0o022) === 0) return null;
  return new AddressError(`other accounts can write to ${folder}`, false);
}

const isOwn = ({ uid }: Stats): boolean => uid === process.getuid?.();

function safe(address: DaemonAddress): DaemonAddress {
  const fault = address.socketPath === undefined ? null : socketFault(address.socketPath);
  if (fault !== null) throw fault;
  return address;
}

/** What a daemon writes into its data directory, for as long as it has it. */
interface Recorded {
  readonly pid?: unknown;
  readonly host?: unknown;
  readonly url?: unknown;
  readonly socket?: unknown;
}

function recordedAddress(folder: string): DaemonAddress {
  const fault = folderFault(folder);
  if (fault !== null) throw fault;
  const { pid, host, url, socket } = readRecorded(folder);
  if (typeof socket === 'string') return safe(addressOf(`${unix}${socket}`));
  if (typeof url !== 'string') throw new AddressError(`the program that has ${folder} takes no requests`, true);
  // Without a socket: it was turned off. What a daemon left behind that died leads to whoever took its port.
  if (host === hostname() && !isAlive(Number(pid))) throw away(folder);
  return addressOf(url);
}

function readRecorded(folder: string): Recorded {
  let text: string;
  try {
    text = readFileSync(join(folder, 'writer.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw away(folder);
    throw new AddressError(`where the daemon of ${folder} listens cannot be read: ${(error as Error).message}`, false);
  }
  try {
    return JSON.parse(text) as Recorded;
  } catch {
    // It is being written.
    throw away(folder);
  }
}

const away = (folder: string): AddressError => new AddressError(`no daemon serves ${folder}`, true);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // It is gone, or of another account by now.
    return false;
  }
}
