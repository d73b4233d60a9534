/**
 * The Unix socket beside the port. Whoever listens at a port may be any program of the machine, and whoever calls there, too; at a
 * socket in a folder of this account alone the operating system sees to it that both are this account.
 */
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, type Stats, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { SocketPath } from '../settings/socket-path.js';
import { answerBadConnection } from './errors.js';

/** What the operating system has room for, without the zero at the end. Longer paths are cut without a word. */
const pathBytesMax = process.platform === 'linux' ? 107 : 103;

const bySocket = new WeakSet<IncomingMessage>();

/** Whether a request came by the socket, so that this account has sent it and no browser. */
export const cameBySocket = (request: IncomingMessage): boolean => bySocket.has(request);

interface Listening {
  readonly server: Server;
  readonly path: string;
  readonly file: Pick<Stats, 'dev' | 'ino'>;
}

export class LocalSocket {
  readonly #app: FastifyInstance;
  #paths: readonly SocketPath[] = [];
  /** Those that were removed under their connections are still here until these have ended. */
  readonly #servers = new Set<Server>();
  #listening: Listening | null = null;
  #closed = false;

  constructor(app: FastifyInstance) {
    this.#app = app;
  }

  /** Null while there is none. */
  get path(): string | null {
    return this.#listening?.path ?? null;
  }

  /**
   * Listens at the first path that can be had; where none can, says why in the log, as the port is there in any case. The app must
   * be ready.
   */
  async open(paths: readonly SocketPath[]): Promise<void> {
    this.#paths = paths;
    const reasons: string[] = [];
    for (const path of this.#paths) {
      try {
        this.#listening = await this.#listen(path);
        this.#app.log.info(`Server listening at unix:${this.#listening.path}`);
        return;
      } catch (error) {
        reasons.push((error as Error).message);
      }
    }
    if (reasons.length > 0) this.#app.log.warn(`there is no Unix socket: ${reasons.join('; ')}`);
  }

  /**
   * Listens again where the socket is gone: the folder of a session is removed when its last login ends, while the daemon goes on.
   * True when `path` has changed.
   */
  async renew(): Promise<boolean> {
    const before = this.#listening;
    if (before === null || this.#closed || isFile(before.path, before.file)) return false;
    this.#app.log.warn(`the Unix socket ${before.path} was removed`);
    this.#listening = null;
    before.server.close();
    await this.open(this.#paths);
    if (this.#closed) await this.close();
    return this.path !== before.path;
  }

  /** Removes it, and resolves when its connections have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listening = null;
    await Promise.all([...this.#servers].map((server) => new Promise((done) => server.close(done))));
  }

  closeIdleConnections(): void {
    for (const server of this.#servers) server.closeIdleConnections();
  }

  closeAllConnections(): void {
    for (const server of this.#servers) server.closeAllConnections();
  }

  async #listen({ path, makesFolder }: SocketPath): Promise<Listening> {
    const bytes = Buffer.byteLength(path);
    if (bytes > pathBytesMax) throw new Error(`${path} has ${bytes} bytes, and may have ${pathBytesMax}`);
    prepareFolder(dirname(path), makesFolder);
    await removeAbandoned(path);
    const server = this.#server();
    await new Promise<void>((done, failed) => {
      server.once('error', failed);
      server.listen(path, () => {
        server.off('error', failed);
        done();
      });
    });
    chmodSync(path, 0o600);
    this.#servers.add(server);
    server.on('close', () => this.#servers.delete(server));
    return { server, path, file: lstatSync(path) };
  }

  /** With the limits of the one at the port. */
  #server(): Server {
    const { keepAliveTimeout, requestTimeout, headersTimeout, timeout } = this.#app.server;
    const server = createServer((request, response) => {
      bySocket.add(request);
      this.#app.routing(request, response);
    });
    Object.assign(server, { keepAliveTimeout, requestTimeout, headersTimeout, timeout });
    return server.on('clientError', answerBadConnection);
  }
}

/** Closes the folder to other accounts. Throws where they could have put something in it. */
function prepareFolder(folder: string, makesFolder: boolean): void {
  if (makesFolder && !existsSync(folder)) {
    refuseForeign(dirname(folder));
    // Another daemon may make it at the same moment.
    mkdirSync(folder, { mode: 0o700, recursive: true });
  }
  const { mode } = refuseForeign(folder);
  if ((mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

function refuseForeign(folder: string): Stats {
  const found = statSync(folder);
  if (found.uid !== process.getuid?.()) throw new Error(`${folder} belongs to another account`);
  if ((found.mode & 0o022) !== 0) throw new Error(`other accounts can write to ${folder}`);
  return found;
}

/** Of a daemon that died, a socket stays behind at which nobody answers. Throws where somebody does, or it is none. */
async function removeAbandoned(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} is something else`);
  if (await isAnswered(path)) throw new Error(`another program listens at ${path}`);
  rmSync(path, { force: true });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path, () => {
      socket.destroy();
      done(true);
    });
    // Whatever else goes wrong, somebody may be there.
    socket.on('error', ({ code }: NodeJS.ErrnoException) => done(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}

function isFile(path: string, { dev, ino }: Pick<Stats, 'dev' | 'ino'>): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.dev === dev && found.ino === ino;
}
