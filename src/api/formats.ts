/** The three formats of an answer: a page of JSON, or all rows as NDJSON or CSV, read from the ledger as they are sent. */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems.js';
import type { Content, Contents } from './route.js';

export type Format = 'json' | 'ndjson' | 'csv';

const mediaTypes: Readonly<Record<Format, string>> = {
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

const accepted: readonly (readonly [RegExp, Format])[] = [
  [/application\/(x-ndjson|ndjson|jsonl)/, 'ndjson'],
  [/text\/csv/, 'csv'],
  [/application\/(json|\*)|\*\/\*/, 'json'],
];

/** `?format=` where it is given, else what `Accept` asks for. Throws `not_acceptable`. */
export function formatOf(request: FastifyRequest, asked: Format | undefined): Format {
  if (asked !== undefined) return asked;
  const { accept } = request.headers;
  if (accept === undefined || accept === '') return 'json';
  const found = accepted.find(([pattern]) => pattern.test(accept.toLowerCase()));
  if (found === undefined) throw new Problem('not_acceptable');
  return found[1];
}

export function sendText(reply: FastifyReply, format: Format, text: string | Uint8Array): FastifyReply {
  return reply.header('content-type', mediaTypes[format]).send(text);
}

/** Sends pages of text as fast as the client takes them. The first one is read before, so that its problem has a status. */
export async function sendPages(
  request: FastifyRequest,
  reply: FastifyReply,
  format: Format,
  pages: AsyncGenerator<string | Uint8Array>,
): Promise<FastifyReply> {
  const first = await pages.next();
  if (first.done === true || request.method === 'HEAD') {
    await pages.return(undefined);
    return sendText(reply, format, '');
  }
  reply.header('content-type', mediaTypes[format]);
  return reply.send(Readable.from(withFirst(first.value, pages), { objectMode: false }));
}

async function* withFirst<T>(first: T, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    if (first !== '') yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

/** For the description of the API: an answer in all three formats. */
export function inAllFormats(page: Content['schema'], example?: unknown): Contents {
  return {
    'application/json': example === undefined ? { schema: page } : { schema: page, example },
    'application/x-ndjson': { schema: { type: 'string', description: 'One object per line, all pages.' } },
    'text/csv': { schema: { type: 'string', description: 'A header and one record per row, all pages.' } },
  };
}
