/**
 * What the server logs: at level debug, one line per request with its id, route and status. Never a body, a header or the values of a
 * query: they may hold names, keys and prompts.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import type { DestinationStream, LevelWithSilent } from 'pino';
import type { LogArea } from '../settings/schema.js';
import { visible, visibleLines } from '../text/visible.js';

export interface LogSettings {
  readonly level: LevelWithSilent;
  /** Standard output when left out. */
  readonly destination?: DestinationStream | undefined;
}

const pathCharactersMax = 200;

/** In a line there may be text of others, as in the message of a database: whoever shows the log is safe from it. */
export function loggerOf(
  { level, destination = process.stdout }: LogSettings,
  isChangeable: boolean,
): FastifyServerOptions['logger'] {
  if (level === 'silent' && !isChangeable) return false;
  return { level, stream: { write: (line: string) => void destination.write(visibleLines(line)) } };
}

type Level = LevelWithSilent;

/** The logs of a daemon by area, each with a level that may change while it runs. */
export class LogAreas {
  readonly #logs = new Map<LogArea, FastifyBaseLogger>();
  #root: FastifyBaseLogger | null = null;
  #level: Level;
  #levels: Partial<Record<LogArea, Level>>;

  constructor(level: Level, levels: Partial<Record<LogArea, Level>> = {}) {
    this.#level = level;
    this.#levels = levels;
  }

  attach(root: FastifyBaseLogger): void {
    this.#root = root;
  }

  /** One logger for all of an area: a child of pino per request costs 1.7 µs, and most requests say nothing or one line. */
  of(area: LogArea): FastifyBaseLogger {
    const found = this.#logs.get(area);
    if (found !== undefined) return found;
    if (this.#root === null) throw new Error('the logs are attached to none');
    const made = this.#root.child({}, { level: this.#levels[area] ?? this.#level });
    this.#logs.set(area, made);
    return made;
  }

  change(level: Level, levels: Partial<Record<LogArea, Level>>): void {
    this.#level = level;
    this.#levels = levels;
    if (this.#root !== null) this.#root.level = level;
    for (const [area, log] of this.#logs) log.level = levels[area] ?? level;
  }
}

/** For what is said about a request: its id is in every line. */
export const logOf = ({ log, id }: FastifyRequest): FastifyBaseLogger => log.child({ request_id: id });

/** In place of the lines of fastify, which show the whole URL. Errors are logged where they are answered. */
export class RequestLog extends LogController {
  override incomingRequest(): void {}

  override routeNotFound(): void {}

  override defaultErrorLog(): void {}

  override requestCompleted(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const route = request.routeOptions.url ?? visible((request.url.split('?', 1)[0] ?? '').slice(0, pathCharactersMax));
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    const line = { request_id: request.id, method: request.method, route, status: reply.statusCode, ms };
    request.log.debug(line, 'request');
  }

  override streamError(error: Error & { code?: string }, request: FastifyRequest): void {
    if (error.code === 'ERR_STREAM_PREMATURE_CLOSE')
      logOf(request).info('the client went away before the answer ended');
    else logOf(request).error({ err: error }, 'an answer broke off');
  }
}

const wellFormed = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;

/** The client's `x-request-id` where it is harmless to log and repeat, else a new one. */
export function requestId(request: { readonly headers: IncomingMessage['headers'] }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && wellFormed.test(given) ? given : nextId();
}

/** Unique per request and process: a random UUID for each request costs 1.6 µs. */
function nextId(): string {
  count += 1;
  return `${processId}-${count.toString(36)}`;
}

const processId = randomUUID().slice(0, 13);
let count = 0;
