/** The cookie of a session: closed to scripts, and sent by pages of this server alone. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { limits } from '../limits.js';

const name = 'rs_session';

/** Over HTTPS it is bound to this host, and never sent without. Of several nothing is taken: one of them was put there by somebody else. */
export function sessionIdIn(request: FastifyRequest): string | null {
  const { cookie } = request.headers;
  if (cookie === undefined) return null;
  const wanted = `${nameFor(request)}=`;
  const found = cookie
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each.startsWith(wanted));
  return found.length === 1 ? (found[0] as string).slice(wanted.length) : null;
}

export const setSessionCookie = (request: FastifyRequest, reply: FastifyReply, id: string): FastifyReply =>
  setCookie(request, reply, id, limits.sessionMs / 1_000);

export const clearSessionCookie = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  setCookie(request, reply, '', 0);

function setCookie(request: FastifyRequest, reply: FastifyReply, value: string, seconds: number): FastifyReply {
  const secure = isHttps(request) ? '; Secure' : '';
  const attributes = `Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
  return reply.header('set-cookie', `${nameFor(request)}=${value}; ${attributes}`);
}

const nameFor = (request: FastifyRequest): string => (isHttps(request) ? `__Host-${name}` : name);

/** What a proxy that is trusted says of it counts. */
export const isHttps = ({ protocol }: FastifyRequest): boolean => protocol === 'https';
