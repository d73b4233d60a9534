/** Who sends a request: by the Unix socket this account; with a key, what the key is for; without one, only this machine may. */
import type { AddressInfo } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { defaultPool } from '../events/scalars.js';
import { Problem } from '../problems.js';
import type { Attempts } from '../trust/attempts.js';
import type { KeyFault, KeyRecord, Keys } from '../trust/keys.js';
import { cameBySocket } from './local-socket.js';
import { hasScope, local, localReporter, type Principal, principalOfKey } from './principal.js';
import { isKeyless, type RouteAccess } from './route.js';

export interface Door {
  readonly keys: Keys;
  readonly attempts: Attempts;
  /** Whatever comes in comes from this process itself. */
  readonly isPrivate: boolean;
  /** A proxy on this machine may hand on what comes from anywhere, without a word of it. */
  readonly isProxied: boolean;
  readonly bound: () => AddressInfo | null;
}

const keyParameters = ['key', 'api_key', 'apikey', 'api-key', 'token', 'access_token'];
/** A key, or what was one before somebody mistyped its id: the secret is all the same. */
const inUrl = /rs_[0-9a-z]{8}_[\w-]{8}|(?:[/?&=]|%[0-9a-f]{2})rs_[^&=?/]{40}/i;
const forwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip'];
const principals = new WeakMap<KeyRecord, Principal>();

/** Throws a `Problem` where the key is refused, or there is none and one is needed. */
export function authenticated(request: FastifyRequest, door: Door): Principal {
  refuseKeyInUrl(request);
  if (door.isPrivate || cameBySocket(request.raw)) return local;
  const { access } = request.routeOptions?.config ?? {};
  const text = keyIn(request);
  // Programs send other servers' tokens along to what they take for a collector of their own; where there never was a key, so they may.
  if (text !== null && (door.keys.anyEver || text.startsWith('rs_'))) return principalOf(text, request, door);
  if (request.session !== undefined) return principalOfRecord(request.session.key);
  if (isOpen(request, door)) return door.keys.hadAdmin ? localReporter : local;
  if (access === undefined || isKeyless(access.scope)) return localReporter;
  throw new Problem('key_required');
}

/** What a principal may do on a route. Throws `scope_missing`, `pool_forbidden`. */
export function authorize(request: FastifyRequest, principal: Principal): void {
  const { access } = request.routeOptions?.config ?? {};
  if (access === undefined || isKeyless(access.scope) || principal.scopes === 'all') return;
  checkScope(access, principal);
  if (principal.pool !== null) checkPool(request, access, principal);
}

function checkScope({ scope }: RouteAccess, principal: Principal): void {
  if (scope === 'any' || hasScope(principal, scope)) return;
  if (principal.key === undefined)
    throw new Problem('key_required', `there are keys of the scope ${scope}, so this needs one`);
  throw new Problem('scope_missing', `this needs the scope ${scope}, which the key ${principal.key} does not have`);
}

/** A request that names no pool is about the pool of its key, and one that is about all pools is not for such a key. */
function checkPool(request: FastifyRequest, { scope, pools }: RouteAccess, { pool, key }: Principal): void {
  if (pools === 'each' || (pools === 'none' && scope === 'any')) return;
  if (pools === 'none')
    throw new Problem('pool_forbidden', `this is about all pools, and the key ${key} is for ${pool}`);
  const query = request.query as Record<string, unknown>;
  if (query.pool === undefined) query.pool = pool ?? defaultPool;
  if (query.pool !== pool) throw new Problem('pool_forbidden', `the key ${key} is for the pool ${pool}`);
}

function refuseKeyInUrl({ url, query }: FastifyRequest): void {
  if (url.includes('rs_') && inUrl.test(url)) throw new Problem('key_in_url', 'there is a key in the URL');
  if (!url.includes('?')) return;
  const found = keyParameters.find((name) => Object.hasOwn((query ?? {}) as object, name));
  if (found !== undefined) throw new Problem('key_in_url', `the query has \`${found}\`: keys are not taken from there`);
}

/** Other schemes than `Bearer` are of whatever stands before this server. Throws where two keys are sent. */
function keyIn({ headers }: FastifyRequest): string | null {
  const bearer = /^bearer(?:\s+(.*))?$/i.exec(headers.authorization ?? '');
  const own = headers['x-api-key'];
  if (bearer === null) return own === undefined ? null : String(own).trim();
  const text = (bearer[1] ?? '').trim();
  if (own === undefined || String(own).trim() === text) return text;
  throw new Problem('request_invalid', 'Authorization and X-API-Key hold two keys: send one', [
    { field: 'x-api-key', message: 'is another key than that of Authorization' },
  ]);
}

function principalOf(text: string, request: FastifyRequest, { keys, attempts }: Door): Principal {
  const checked = keys.check(text);
  if ('key' in checked) return principalOfRecord(checked.key);
  if (attempts.note(request.ip)) throw new Problem('too_many_attempts');
  throw new Problem(checked.fault === 'malformed' ? 'key_malformed' : 'key_refused', keyFaultText(checked.fault));
}

function principalOfRecord(key: KeyRecord): Principal {
  const known = principals.get(key) ?? principalOfKey(key);
  principals.set(key, known);
  return known;
}

/** Whether a request brings a key along, so that nothing else says who sends it. */
export const hasKey = ({ headers }: FastifyRequest): boolean =>
  headers['x-api-key'] !== undefined || /^bearer(\s|$)/i.test(headers.authorization ?? '');

export const keyFaultText = (fault: KeyFault): string => faultTexts[fault];

const faultTexts: Readonly<Record<KeyFault, string>> = {
  malformed: 'this is no whole API key',
  unknown: 'the API key is not known here',
  expired: 'the API key has expired',
  revoked: 'the API key was revoked',
  replaced: 'the API key was replaced, and the time is over in which both worked',
};

/**
 * Whether a request without a key may come in: from this machine, to a server that no other one reaches. What something on this machine
 * handed on may come from anywhere, which matters once there are keys; where a proxy is known to do so, it always does.
 */
function isOpen({ ip, headers }: FastifyRequest, { keys, bound, isProxied }: Door): boolean {
  if (isProxied) return false;
  const address = bound();
  if (!isLoopback(ip) || (address !== null && !isLoopback(address.address))) return false;
  return !keys.anyEver || forwarded.every((name) => headers[name] === undefined);
}

export const isLoopback = (address: string): boolean =>
  address === 'localhost' || address === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(address);
