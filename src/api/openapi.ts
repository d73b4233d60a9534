/** `/openapi.json`: the description of every route, gathered by @fastify/swagger from what the routes say of themselves. */
import Fastify, { type FastifyInstance } from 'fastify';
import { catalogue, commandTypes } from '../events/catalogue.js';
import { packageVersion } from '../package-root.js';
import type { ApiDocument } from '../web/api-document.js';
import type { Api } from './context.js';
import { type Description, jsonSchema, noSchemas } from './describe.js';

interface DescribedRoute {
  readonly method: string;
  readonly url: string;
  readonly description: Description;
}

/**
 * Must be called before the first route is registered. What describes a route is kept from fastify, which would look for a
 * validator and a serialiser in it on every request: bodies are parsed by zod in the handler, replies written as they are.
 */
export function describeApi(app: FastifyInstance): () => Promise<ApiDocument> {
  const routes: DescribedRoute[] = [];
  app.addHook('onRoute', (route) => {
    const { url, schema } = route;
    const methods = [route.method].flat().filter((method) => method !== 'HEAD');
    for (const method of methods) routes.push({ method, url, description: schema as Description });
    delete route.schema;
  });
  let document: Promise<ApiDocument> | null = null;
  return () => {
    document ??= makeDocument(routes);
    return document;
  };
}

/** Gathered by @fastify/swagger from a server that has the same routes and never listens: a start need not load it. */
async function makeDocument(routes: readonly DescribedRoute[]): Promise<ApiDocument> {
  const { default: swagger } = await import('@fastify/swagger');
  const app = Fastify({ schemaController: noSchemas, exposeHeadRoutes: false });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Resource-Share',
        version: packageVersion,
        description: 'An event-sourced ledger and fair-share controller for AI agents that share one quota.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'Original wire', description: 'What clients of the original server use.' },
        { name: 'Events', description: 'Recording, querying and following the log.' },
        { name: 'Fair share', description: 'Who may run when, who is owed what, and why.' },
        { name: 'Turns', description: 'Runs of agents, held as leases.' },
        { name: 'Tables', description: 'What is derived from the log, now or as of any event or time.' },
        { name: 'Chain', description: 'Proofs that the log was not changed.' },
        { name: 'Pools', description: 'The agents that share one quota.' },
        { name: 'Operation', description: 'Running the server.' },
        { name: 'Pages', description: 'For people.' },
      ],
    },
    transformObject: (made) => ({ ...Object.values(made)[0], components: { schemas: commandSchemas() as never } }),
  });
  for (const { method, url, description } of routes) {
    const swaggerTransform = () => ({ schema: description.written(), url });
    app.route({ method, url, handler: () => undefined, config: { swaggerTransform } });
  }
  await app.ready();
  return app.swagger() as unknown as ApiDocument;
}

export function openApiRoute(app: FastifyInstance, { document }: Api): void {
  const schema: Description = {
    written: () => ({
      tags: ['Pages'],
      summary: 'This description, as OpenAPI 3.1',
      response: {
        200: { description: 'The document', content: { 'application/json': { schema: { type: 'object' } } } },
      },
    }),
  };
  let text: string | null = null;
  app.get('/openapi.json', { schema }, async (_request, reply) => {
    text ??= JSON.stringify(await document());
    return reply.header('content-type', 'application/json; charset=utf-8').send(text);
  });
}

/** The payload of every command that can be sent, under the name of its type. */
function commandSchemas(): Record<string, unknown> {
  return Object.fromEntries(
    commandTypes.map((type) => [
      type,
      { ...jsonSchema(catalogue[type].command), description: catalogue[type].summary },
    ]),
  );
}
