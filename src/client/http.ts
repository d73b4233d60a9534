/**
 * One HTTP request over node's own client, with a limit on how long it may take. Nothing is retried here. Where a ledger is to prove
 * its key, nothing is sent before it has: that throws a `LedgerChanged`.
 */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { addressText, type DaemonAddress } from './address.js';
import { agentFor } from './proven-connection.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly to: DaemonAddress;
  /** Relative to the address, with its query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly accept?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Until the headers of the answer are here, and between two parts of its body. */
  readonly timeoutMs: number;
  /** Aborted: the answer is not waited for any longer. */
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const answerCharactersMax = 16_777_216;

/** The answer, read to its end within `timeoutMs`. Throws when there is none: no connection, too slow, broken off. */
export async function exchange(request: HttpRequest): Promise<HttpAnswer> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(timeoutError(request)), request.timeoutMs);
  const { signal } = request;
  // `AbortSignal.any` would leave something behind in a signal that outlives many requests.
  const giveUp = () => abort.abort(signal?.reason);
  signal?.addEventListener('abort', giveUp);
  try {
    if (signal?.aborted === true) giveUp();
    const answer = await openExchange(request, abort.signal);
    let text = '';
    for await (const part of answer.setEncoding('utf8')) {
      text += part;
      if (text.length > answerCharactersMax) throw new Error(`${addressText(request.to)} sent an answer without end`);
    }
    return { status: answer.statusCode ?? 0, headers: answer.headers, text };
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
    clearTimeout(timer);
  }
}

/** The answer as soon as its headers are here; its body is the caller's to read. */
export function openExchange(request: HttpRequest, signal?: AbortSignal): Promise<IncomingMessage> {
  const { method, to, path, body, accept = 'application/json', timeoutMs } = request;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    ...request.headers,
    ...(to.key === undefined ? {} : { authorization: `Bearer ${to.key}` }),
    accept,
    ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  };
  const url = new URL(path, to.base);
  const { socketPath } = to;
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = send(url, {
      method,
      headers,
      timeout: timeoutMs,
      agent: agentFor(to),
      ...(signal === undefined ? {} : { signal }),
      ...(socketPath === undefined ? {} : { socketPath }),
    });
    outgoing.on('response', resolve);
    outgoing.on('timeout', () => outgoing.destroy(timeoutError(request)));
    outgoing.on('error', (error) => reject(readableError(error, addressText(to))));
    outgoing.end(text);
  });
}

function timeoutError({ to, timeoutMs }: HttpRequest): Error {
  return new Error(`${addressText(to)} did not answer within ${timeoutMs / 1_000} s`);
}

/** A refused connection to a name with several addresses comes as an error without a message. */
function readableError(error: Error, address: string): Error {
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  const code = (first as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return new Error(`nothing listens at ${address}`, { cause: error });
  return error.message === '' ? new Error(`${address}: ${code ?? 'no connection'}`, { cause: error }) : error;
}
