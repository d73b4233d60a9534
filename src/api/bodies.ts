/** Reading request bodies: JSON in UTF-8, and nothing else unless a route asks for it. */
import { isUtf8 } from 'node:buffer';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../problems.js';

type Check = (value: unknown, bytes: number) => void;
type Done = (error: Error | null, value?: unknown) => void;

/** Accepts `application/json`. `check` may refuse a body by what it is and how long it is. */
export function acceptJson(app: FastifyInstance, check: Check = () => undefined): void {
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    finish(done, () => {
      const value = parseJson(body);
      check(value, body.length);
      return value;
    });
  });
}

/** Accepts a body that does not say what it is, as JSON. What says that it is something else is refused as it is elsewhere. */
export function acceptUntyped(app: FastifyInstance): void {
  app.addContentTypeParser('*', { parseAs: 'buffer' }, ({ headers }, body: Buffer, done) => {
    finish(done, () => {
      if (headers['content-type'] !== undefined) throw new Problem('unsupported_media_type');
      return parseJson(body);
    });
  });
}

/** Accepts any body as it is. */
export function acceptBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/** The body of a request whose scope takes bytes; none is an empty one. */
export const bytesOf = ({ body }: FastifyRequest): Uint8Array => (body instanceof Uint8Array ? body : new Uint8Array());

/** As `acceptBytes`, for routes that take gzip (`takesGzip`), too: what is compressed is opened, as far as `bytesMax`. */
export function acceptGzip(app: FastifyInstance, bytesMax: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, ({ headers }, body: Buffer, done) => {
    if (!isGzip(headers['content-encoding'])) return done(null, body);
    gunzip(body, { maxOutputLength: bytesMax }, (error, opened) =>
      error === null ? done(null, opened) : done(notOpened(error)),
    );
  });
}

export const isGzip = (encoding: string | undefined): boolean => /^(x-)?gzip$/i.test(encoding ?? '');

const notOpened = ({ code }: NodeJS.ErrnoException): Problem =>
  code === 'ERR_BUFFER_TOO_LARGE'
    ? new Problem('too_large')
    : new Problem('request_invalid', 'the body is not what gzip made, or not all of it');

function finish(done: Done, parse: () => unknown): void {
  try {
    done(null, parse());
  } catch (error) {
    done(error as Error);
  }
}

/** Throws `invalid_utf8` or `malformed_json`. */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new Problem('invalid_utf8');
  if (body.length === 0) throw new Problem('malformed_json', 'the body is empty');
  return parseJsonText(body.toString('utf8'));
}

/** Throws `malformed_json`, with the position where there is one. A byte-order mark before the text is no part of it. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    throw new Problem('malformed_json', positionText((error as Error).message, text));
  }
}

/** The parser's own message may quote the body; only the position is taken from it. */
function positionText(message: string, text: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return `no JSON from character ${position} on`;
  return message.includes('end of JSON') ? `the JSON breaks off after ${text.length} characters` : 'this is no JSON';
}
