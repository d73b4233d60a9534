/** What is checked and set for every request, before its route sees it. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../problems.js';
import type { Api } from './context.js';
import { setCommonHeaders } from './headers.js';
import { local } from './principal.js';

/** Hooks with callbacks: every request would wait for a promise of each of them. */
export function guard(app: FastifyInstance, api: Api): void {
  app.decorateRequest('principal');
  app.addHook('onRequest', (request, reply, done) => {
    request.principal = local;
    setCommonHeaders(request, reply);
    done(refusal(request, api));
  });
  // Connections must not idle on when the server waits for them to end.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (api.draining) reply.header('connection', 'close');
    done();
  });
}

function refusal(request: FastifyRequest, api: Api): Problem | undefined {
  try {
    if (api.draining) throw new Problem('draining');
    checkEncoding(request);
    checkSingle(request);
    if (request.method === 'GET' || request.method === 'HEAD') return undefined;
    checkOrigin(request);
    checkCompression(request);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** The router decodes paths strictly, but a query that is not well encoded would come through as it is. */
function checkEncoding({ url }: FastifyRequest): void {
  const start = url.indexOf('?');
  if (start < 0 || !url.includes('%', start)) return;
  try {
    decodeURIComponent(url.slice(start + 1));
  } catch {
    throw new Problem('request_invalid', 'the query is not well percent-encoded UTF-8');
  }
}

/** Headers that mean something only once: two are joined, or one of them is dropped, before anybody sees them. */
const singleHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
  'last-event-id',
  'origin',
  'webhook-id',
  'webhook-signature',
  'webhook-timestamp',
]);

function checkSingle({ raw: { rawHeaders } }: FastifyRequest): void {
  const seen: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (!singleHeaders.has(name)) continue;
    if (!seen.includes(name)) seen.push(name);
    else throw new Problem('request_invalid', `${name} is there twice`, [{ field: name, message: 'is there twice' }]);
  }
}

/**
 * A page of another origin may not write: browsers let it send simple requests to this machine. Programs send no
 * `Origin`.
 */
function checkOrigin({ headers }: FastifyRequest): void {
  const { origin, host } = headers;
  if (origin === undefined) return;
  if (host === undefined || hostOf(origin) !== host.toLowerCase()) throw new Problem('cross_site');
}

function checkCompression({ headers }: FastifyRequest): void {
  if ((headers['content-encoding'] ?? 'identity') === 'identity') return;
  throw new Problem('unsupported_media_type', 'compressed bodies are not accepted');
}

/** Host and port of an origin; null for the opaque origin `null` and for what is no URL. */
function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}
