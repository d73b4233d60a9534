/** What the tools ask the daemon. It is looked for at each question, so that one that comes back is found. */
import { hostname } from 'node:os';
import { daemonFinder } from '../../client/address.js';
import { exchange, type HttpAnswer, type HttpRequest } from '../../client/http.js';
import { LedgerChanged } from '../../client/known-ledgers.js';
import type { Resolved } from '../../settings/resolve.js';
import { visible } from '../../text/visible.js';
import { daemonOf } from '../daemon-address.js';

/** Why there is no answer, in words for the model. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  /** Of the problem that the daemon answered with; null where it did not answer. */
  readonly code: string | null;

  constructor(message: string, code: string | null = null) {
    super(message);
    this.code = code;
  }
}

/** Less than clients wait for a tool. */
const answerMsMax = 10_000;

export class Daemon {
  readonly #resolved: Resolved;
  readonly #query: string;

  constructor(resolved: Resolved, pool: string | undefined) {
    this.#resolved = resolved;
    this.#query = pool === undefined ? '' : `?${new URLSearchParams({ pool })}`;
  }

  get(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#ask({ method: 'GET', path, signal });
  }

  /** Records a command of this program. The same key records once. */
  record(type: string, key: string, payload: object, signal: AbortSignal): Promise<unknown> {
    const body = { type, key, source: 'mcp/1', payload: { ...payload, instance: { host: hostname() } } };
    return this.#ask({ method: 'POST', path: 'v1/events', body, signal });
  }

  async #ask(request: Pick<HttpRequest, 'method' | 'path' | 'body' | 'signal'>): Promise<unknown> {
    const { status, text } = await this.#exchange(request);
    const body = parsed(text);
    if (status >= 200 && status < 300 && body !== null) return body;
    const { code = null, detail, title } = body ?? {};
    throw new ToolError(
      `The daemon answered ${status}: ${detail ?? title ?? 'no reason given'}.`,
      code === null ? null : String(code),
    );
  }

  async #exchange(request: Pick<HttpRequest, 'method' | 'path' | 'body' | 'signal'>): Promise<HttpAnswer> {
    try {
      const to = daemonFinder(daemonOf(this.#resolved))();
      return await exchange({ ...request, path: request.path + this.#query, to, timeoutMs: answerMsMax });
    } catch (error) {
      if (error instanceof LedgerChanged)
        throw new ToolError(`${visible(error.message)}. Nothing was decided: somebody has to look.`);
      throw new ToolError(
        `The daemon of Resource-Share does not answer: ${(error as Error).message}. Nothing was decided. Call again later; whoever runs it starts it with \`resource-share serve\`.`,
      );
    }
  }
}

/** Null where it is no JSON object. */
function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
