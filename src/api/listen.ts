/** A server that listens, and its graceful end. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { ItemFailure } from '../ledger/halves.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { nextTurn } from '../runtime/clock.js';
import type { SocketPath } from '../settings/socket-path.js';
import { LocalSocket } from './local-socket.js';
import { buildServer, type ServerOptions } from './server.js';

export interface ListenOptions extends ServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** A socket that listens already, in the place of both. */
  readonly fd?: number | undefined;
  /** Where its Unix socket may be, best first, once the port is known; left out, it has none. */
  readonly socketPaths?: ((port: number) => readonly SocketPath[]) | undefined;
  /** How long requests under way may take once the server stops. */
  readonly drainMsMax?: number | undefined;
}

export interface RunningServer {
  readonly app: FastifyInstance;
  readonly url: string;
  /** Path of its Unix socket; null while it has none. */
  readonly socketPath: string | null;
  /** How long requests under way may take once it stops. */
  drainMsMax: number;
  /**
   * Stops accepting, ends the live feeds, lets requests under way finish as long as the limit allows, and closes the
   * ledger, after what still works with it has ended, and the `last` thing is done. Calling it again waits for the same end.
   */
  stop(worksWithLedger?: Promise<void>, last?: () => Promise<void>): Promise<void>;
}

export async function startServer(ledger: Ledger, options: ListenOptions): Promise<RunningServer> {
  const app = buildServer(ledger, options);
  ledger.itemFailures$.subscribe((failure) => app.log.error(lineOf(failure), 'an item failed'));
  const socket = new LocalSocket(app);
  const stopping = new AbortController();
  app.addHook('onResponse', (_request, _reply, done) => {
    if (stopping.signal.aborted) void nextTurn().then(() => socket.closeIdleConnections());
    done();
  });
  await listen(app, options);
  const address = app.server.address() as AddressInfo;
  const url = urlOf(address, options.tls === undefined ? 'http' : 'https');
  await socket.open(options.socketPaths?.(address.port) ?? []);
  const announce = () => ledger.announce({ url, socket: socket.path });
  await announce();
  ledger.clock.every(limits.socketWatchMs, stopping.signal, async () => {
    if (await socket.renew()) await announce();
  });
  let stopped: Promise<void> | null = null;
  const server: RunningServer = {
    app,
    url,
    drainMsMax: options.drainMsMax ?? limits.drainMsMax,
    get socketPath() {
      return socket.path;
    },
    stop: (worksWithLedger, last) => {
      stopping.abort();
      stopped ??= drain(app, socket, ledger, server.drainMsMax, async () => {
        await worksWithLedger;
        await last?.();
      });
      return stopped;
    },
  };
  return server;
}

/** What fastify knows of listening has no socket that is there already; that of Node.js is the same. */
async function listen(app: FastifyInstance, { host, port, fd }: ListenOptions): Promise<void> {
  if (fd === undefined) {
    await app.listen({ host, port });
    return;
  }
  await app.ready();
  await new Promise<void>((resolve, reject) => {
    app.server.once('error', reject);
    app.server.listen({ fd }, () => {
      app.server.off('error', reject);
      resolve();
    });
  });
  app.log.info(`Server listening at a socket of systemd, port ${(app.server.address() as AddressInfo).port}`);
}

async function drain(
  app: FastifyInstance,
  socket: LocalSocket,
  ledger: Ledger,
  msMax: number,
  lastWork: () => Promise<void>,
): Promise<void> {
  const drained = new AbortController();
  void ledger.clock.sleep(msMax, drained.signal).then(() => {
    if (drained.signal.aborted) return;
    app.log.warn('requests were still under way at the end of the drain; their connections are closed');
    app.server.closeAllConnections();
    socket.closeAllConnections();
  });
  try {
    await Promise.all([app.close(), socket.close()]);
  } finally {
    drained.abort();
    await lastWork();
    await ledger.close();
  }
}

/** As a client on this machine reaches it: an address that stands for all of them is reached by the local one. */
function urlOf({ address, family, port }: AddressInfo, scheme: string): string {
  if (address === '0.0.0.0' || address === '::') return `${scheme}://127.0.0.1:${port}`;
  return family === 'IPv6' ? `${scheme}://[${address}]:${port}` : `${scheme}://${address}:${port}`;
}

/** Where it failed, and nothing of what was sent: the message of an error may quote it. */
function lineOf({ command, error }: ItemFailure): object {
  const at = (error.stack ?? '').split('\n').filter((line) => /^ +at /.test(line));
  return { code: 'item_failed', type: command.type, error: error.name, at: at.map((line) => line.trim()) };
}
