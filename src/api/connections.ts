/**
 * The connections of a server: how long one may take to say what it wants, and how many there may be. Node looks at them; what it
 * finds too slow is answered or closed here.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { Clock } from '../runtime/clock.js';
import { openFilesMax } from '../runtime/open-files.js';
import { answerBadConnection } from './errors.js';

export interface ConnectionLimits {
  /** From the connection, or the first byte on one that is kept, to the end of the headers. */
  readonly headersMsMax: number;
  /** To the end of the body. */
  readonly bodyMsMax: number;
  /** How often both are looked at. */
  readonly checkMsEvery: number;
  readonly connectionsMax: number;
}

export const connectionLimits = (): ConnectionLimits => ({
  headersMsMax: limits.headersMsMax,
  bodyMsMax: limits.bodyMsMax,
  checkMsEvery: limits.connectionCheckMs,
  connectionsMax: connectionsWithin(openFilesMax()),
});

/** Of the files that may be open some are left for the database, its threads, and reading; where few may be, half of them. */
export function connectionsWithin(filesMax: number | null): number {
  if (filesMax === null) return limits.connectionsMaxUnknown;
  return filesMax - Math.min(limits.filesReserved, Math.ceil(filesMax / 2));
}

export class Connections {
  readonly #allowed: ConnectionLimits;
  readonly #clock: Clock;
  /** The answer to the newest request of a connection. */
  readonly #answers = new WeakMap<Socket, ServerResponse>();
  readonly #streams = new WeakSet<Socket>();

  constructor(allowed: ConnectionLimits, clock: Clock) {
    this.#allowed = allowed;
    this.#clock = clock;
  }

  watch(server: Server): void {
    server.maxConnections = this.#allowed.connectionsMax;
    server.on('request', ({ socket }: IncomingMessage, answer: ServerResponse) => this.#answers.set(socket, answer));
  }

  /** The body of this request may take as long as it likes: whoever reads it sees to it that it goes on. */
  isStream({ socket }: IncomingMessage): void {
    this.#streams.add(socket);
  }

  /** The stream has ended; what comes next on its connection is a request as any other. */
  isNoStream({ socket }: IncomingMessage): void {
    this.#streams.delete(socket);
  }

  /** Bytes that are no request, and requests that take too long. Node names each of them once. */
  refuse(error: Error & { code?: string }, socket: Socket): void {
    if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT') {
      answerBadConnection(error, socket);
      void this.#closeLater(socket);
    } else if (!this.#streams.has(socket)) this.#end(socket);
  }

  /** Whoever was told why, and does not close its end, is not waited for. */
  async #closeLater(socket: Socket): Promise<void> {
    const closed = new AbortController();
    socket.once('close', () => closed.abort());
    if (!socket.destroyed) await this.#clock.sleep(this.#allowed.headersMsMax, closed.signal);
    socket.destroy();
  }

  #end(socket: Socket): void {
    const answer = this.#answers.get(socket);
    const isOfHeaders = answer === undefined || answer.req.complete;
    // The answer to an earlier request on the connection may be under way: another text in it would be taken for its own.
    const isFree = isOfHeaders
      ? answer === undefined || answer.writableFinished
      : answer.socket === socket && !answer.headersSent;
    if (isFree) answerBadConnection(this.#problem(isOfHeaders), socket);
    socket.destroySoon();
  }

  #problem(isOfHeaders: boolean): Problem {
    const { headersMsMax, bodyMsMax } = this.#allowed;
    const what = isOfHeaders ? 'the headers of a request' : 'the body';
    return new Problem(
      'request_slow',
      `${what} did not end within ${(isOfHeaders ? headersMsMax : bodyMsMax) / 1_000} s`,
    );
  }
}

/** Connections beyond the maximum are closed at once. Tells the operator how many: now, and then once a minute. */
export function tellDropped(server: Server, log: FastifyBaseLogger, clock: Clock): void {
  const closed = new AbortController();
  server.once('close', () => closed.abort());
  let dropped = 0;
  let isTelling = false;
  const tell = async () => {
    isTelling = true;
    while (dropped > 0) {
      log.warn({ dropped, open_max: server.maxConnections }, 'connections were dropped: as many are open as may be');
      dropped = 0;
      await clock.sleep(limits.droppedToldMs, closed.signal);
    }
    isTelling = false;
  };
  server.on('drop', () => {
    dropped += 1;
    if (!isTelling) void tell();
  });
}
