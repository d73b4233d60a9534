/** One attempt to send: a POST over a connection of its own, to an address that was looked at, which follows nothing. */
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { limits } from '../limits.js';
import type { Clock } from '../runtime/clock.js';
import { visible } from '../text/visible.js';
import { type Address, TargetRefused, type Targets } from './target.js';

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What came of it. Without a status there was no answer, and the error says why. */
export interface Answer {
  readonly status: number | null;
  readonly error: string | null;
  /** The beginning of its body. */
  readonly reply: string | null;
  readonly retryAfter: string | null;
}

/** Throws only the reason of the signal, when that is aborted. */
export async function post(targets: Targets, clock: Clock, message: Post, signal: AbortSignal): Promise<Answer> {
  const given = new AbortController();
  const ended = new AbortController();
  const giveUp = () => given.abort(signal.reason);
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { signal: ended.signal });
  void clock.sleep(limits.webhookMsMax, ended.signal).then(() => given.abort(new Error('there was no answer in time')));
  try {
    return await Promise.race([send(targets, message, given.signal), rejection(given.signal)]);
  } catch (error) {
    signal.throwIfAborted();
    return { status: null, error: errorText(error as Error), reply: null, retryAfter: null };
  } finally {
    ended.abort();
    given.abort();
  }
}

async function send(targets: Targets, { url: text, headers, body }: Post, signal: AbortSignal): Promise<Answer> {
  const url = targets.parse(text);
  const addresses = await targets.addresses(url);
  const bytes = Buffer.from(body);
  const response = await answerTo(url, bytes, {
    method: 'POST',
    agent: false,
    headers: { ...headers, 'content-length': bytes.length, 'user-agent': 'resource-share' },
    lookup: pinnedTo(addresses),
    signal,
  });
  const status = response.statusCode ?? 0;
  const reply = await beginningOf(response);
  const isFine = status >= 200 && status < 300;
  const error = isFine ? null : `it answered ${status}`;
  return { status, error, reply, retryAfter: response.headers['retry-after'] ?? null };
}

function answerTo(url: URL, body: Buffer, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options);
    request.once('response', resolve);
    request.on('error', reject);
    request.end(body);
  });
}

/** Whatever the name leads to by now, the connection goes to one of these addresses. */
function pinnedTo(addresses: readonly [Address, ...Address[]]): LookupFunction {
  return (_host, { all }, done) => {
    if (all === true) done(null, [...addresses]);
    else done(null, addresses[0].address, addresses[0].family);
  };
}

/** As much as is kept, made safe to show; the rest is not waited for. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length >= limits.webhookReplyBytesMax) break;
  }
  const bytes = Buffer.concat(parts).subarray(0, limits.webhookReplyBytesMax);
  return visible(bytes.toString('utf8')).slice(0, limits.webhookReplyBytesMax);
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function errorText(error: Error): string {
  if (error instanceof TargetRefused) return `the URL ${error.message}`;
  return visible(error.message).slice(0, limits.reasonCharactersMax);
}
