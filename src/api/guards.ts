/** What is checked and set for every request, before its route sees it. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../problems.js';
import { isCsrfToken } from '../trust/sessions.js';
import { authenticated, authorize, type Door, hasKey } from './authentication.js';
import type { Authorities } from './authorities.js';
import { isGzip } from './bodies.js';
import type { Api } from './context.js';
import { setCommonHeaders } from './headers.js';
import { cameBySocket } from './local-socket.js';
import { local } from './principal.js';
import { sessionIdIn } from './session-cookie.js';
import { isNavigation, redirectToLogin } from './sign-in.js';

/** Why a request is refused, whatever its route; undefined where it is not. */
export type Refusal = (request: FastifyRequest) => Problem | undefined;

export interface GuardSettings {
  /** Whatever comes in comes from this process itself. */
  readonly isPrivate: boolean;
  readonly isProxied: boolean;
}

/**
 * Hooks with callbacks: every request would wait for a promise of each of them. What the router refuses by itself does not come by
 * them, and is to be put to what this returns.
 */
export function guard(app: FastifyInstance, api: Api, { isPrivate, isProxied }: GuardSettings): Refusal {
  const bound = () => app.server.address() as AddressInfo | null;
  const door: Door = { keys: api.keys, attempts: api.attempts, isPrivate, isProxied, bound };
  const refuse: Refusal = (request) => refusal(request, api, door);
  app.decorateRequest('principal');
  app.decorateRequest('session');
  app.addHook('onRequest', (request, reply, done) => {
    request.principal = local;
    request.session = undefined;
    setCommonHeaders(request, reply);
    const goOn = () => {
      const problem = refuse(request);
      if (problem?.code === 'key_required' && isNavigation(request)) redirectToLogin(request, reply);
      else done(problem);
    };
    const id = cookieOf(request);
    if (id === null) goOn();
    else findSession(id, request, api).then(goOn, done);
  });
  // Connections must not idle on when the server waits for them to end.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (api.draining) reply.header('connection', 'close');
    done();
  });
  return refuse;
}

/** What names a session, where nothing else says who sends the request. */
const cookieOf = (request: FastifyRequest): string | null =>
  cameBySocket(request.raw) || hasKey(request) ? null : sessionIdIn(request);

/** A cookie of no session is as none; of an address that sends many of them no more are looked up for a while. */
async function findSession(id: string, request: FastifyRequest, { sessions, attempts }: Api): Promise<void> {
  if (attempts.isLimited(request.ip)) return;
  const found = await sessions.find(id);
  if (found === null) attempts.note(request.ip);
  else request.session = found;
}

function refusal(request: FastifyRequest, api: Api, door: Door): Problem | undefined {
  const { authorities } = api;
  try {
    const byPort = !cameBySocket(request.raw);
    if (byPort) checkHost(request, authorities);
    checkSingle(request);
    if (byPort) checkSite(request, authorities);
    if (api.draining) throw new Problem('draining');
    checkEncoding(request);
    request.principal = authenticated(request, door);
    authorize(request, request.principal);
    if (isRead(request)) return undefined;
    checkCompression(request);
    checkSignature(request);
    checkToken(request);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

const isRead = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD';

/** HTTP/1.0 need not name a host; browsers do not speak it. */
function checkHost({ headers, raw }: FastifyRequest, authorities: Authorities): void {
  const { host } = headers;
  const { url = '/' } = raw;
  const target = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1];
  if (target !== undefined && (!authorities.hasHost(target) || target.toLowerCase() !== (host ?? target).toLowerCase()))
    throw new Problem('request_invalid', 'the target of the request is of another server');
  if (host !== undefined && !authorities.hasHost(host)) throw new Problem('host_unknown');
}

/**
 * A page from elsewhere may neither write nor read here: browsers let it send simple requests to this machine, and show
 * it more of the answers than one would think. Programs send neither `Origin` nor `Sec-Fetch-Site`. A link is followed,
 * as the page it comes from does not see where it leads.
 */
function checkSite(request: FastifyRequest, authorities: Authorities): void {
  const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest } = request.headers;
  if (origin !== undefined && !authorities.hasOrigin(origin)) throw new Problem('cross_site');
  if (site !== 'cross-site' && site !== 'same-site') return;
  const isPage = isRead(request) && mode === 'navigate' && dest === 'document';
  if (!isPage || request.routeOptions.url === '/v1/stream') throw new Problem('cross_site');
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
  'x-api-key',
  'x-csrf-token',
  'x-resource-share-agent',
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

function checkCompression({ headers, routeOptions }: FastifyRequest): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return;
  if (routeOptions.config?.takesGzip === true && isGzip(encoding)) return;
  throw new Problem('unsupported_media_type', 'compressed bodies are not accepted');
}

/** A browser sends the cookie whoever made it send the request: a page of ours knows the token, too. */
function checkToken({ session, headers, routeOptions }: FastifyRequest): void {
  if (session === undefined || routeOptions.config?.checksToken === true) return;
  if (!isCsrfToken(session, String(headers['x-csrf-token'] ?? ''))) throw new Problem('csrf_refused');
}

const signature = /(^|-)signature(-|$)/;
const webhookSignature = 'webhook-signature';

/** Whoever signs a report believes that it is verified: one header is, by routes that take nothing without it. */
function checkSignature({ headers, routeOptions }: FastifyRequest): void {
  const isVerified = routeOptions.config?.access?.scope === 'signed';
  const name = Object.keys(headers).find((each) => signature.test(each) && !(isVerified && each === webhookSignature));
  if (name !== undefined) throw new Problem('signature_unverified', `the header ${name} cannot be verified`);
  if (isVerified && headers[webhookSignature] === undefined) throw new Problem('signature_required');
}
