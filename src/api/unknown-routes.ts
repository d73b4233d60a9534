/** Paths nobody serves (404), and methods a path does not have (405, with `Allow`). */
import type { FastifyInstance } from 'fastify';
import { Problem } from '../problems.js';
import { sendProblem } from './errors.js';

export interface KnownRoute {
  readonly method: string;
  readonly url: string;
}

/** Collects the routes as they are registered; must be called before the first one is. */
export function collectRoutes(app: FastifyInstance): readonly KnownRoute[] {
  const routes: KnownRoute[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, url });
  });
  return routes;
}

export function answerUnknownRoutes(app: FastifyInstance, routes: readonly KnownRoute[]): void {
  let patterns: readonly { readonly method: string; readonly pattern: RegExp }[] = [];
  app.addHook('onReady', async () => {
    patterns = routes.map(({ method, url }) => ({ method, pattern: patternOf(url) }));
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    if (methods.length === 0) return sendProblem(request, reply, new Problem('route_unknown'));
    const allow = [...new Set(methods)].sort().join(', ');
    reply.header('allow', allow);
    return sendProblem(request, reply, new Problem('method_not_allowed', `this route has ${allow}`));
  });
}

const patternOf = (url: string): RegExp =>
  new RegExp(`^${url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[^/]+/g, '[^/]+')}$`);
