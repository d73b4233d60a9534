/** Paths nobody serves (404), and methods a path does not have (405, with `Allow`). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems.js';

interface KnownRoute {
  readonly method: string;
  readonly pattern: RegExp;
}

/** Must be called before the first route is registered. */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const routes: KnownRoute[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, pattern: patternOf(url) });
  });
  // Before the body is read: what it is does not matter where nobody takes it.
  app.addHook('onRequest', (request, reply, done) => {
    done(request.is404 ? refusal(routes, request, reply) : undefined);
  });
  app.setNotFoundHandler((request, reply) => {
    throw refusal(routes, request, reply);
  });
}

function refusal(routes: readonly KnownRoute[], { url }: FastifyRequest, reply: FastifyReply): Problem {
  const path = (url.split('?', 1)[0] ?? '').replace(/(?<=.)\/$/, '');
  const methods = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  if (methods.length === 0) return new Problem('route_unknown');
  const allow = [...new Set(methods)].sort().join(', ');
  reply.header('allow', allow);
  return new Problem('method_not_allowed', `this route has ${allow}`);
}

const patternOf = (url: string): RegExp =>
  new RegExp(`^${url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[^/]+/g, '[^/]+')}$`);
