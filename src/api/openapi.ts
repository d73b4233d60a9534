/** `/openapi.json`: the description of every route, gathered by @fastify/swagger from what the routes say of themselves. */
import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { catalogue, commandTypes } from '../events/catalogue.js';
import { packageVersion } from '../package-root.js';
import { jsonSchema } from './describe.js';

/**
 * Must be registered before the routes it describes. What describes a route is kept from fastify, which would look for a
 * validator and a serialiser in it on every request: bodies are parsed by zod in the handler, replies written as they are.
 */
export function describeApi(app: FastifyInstance): void {
  const descriptions = new WeakMap<object, FastifySchema>();
  app.addHook('onRoute', (route) => {
    if (route.schema !== undefined) descriptions.set(route, route.schema);
    delete route.schema;
  });
  app.register(swagger, {
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
      components: { schemas: commandSchemas() as never },
    },
    transform: ({ route, url }) => ({ schema: descriptions.get(route) ?? {}, url }),
    // A name per schema of ours instead of `def-0`; the routes use none of them by reference.
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `schema-${i}`) },
  });
}

export function openApiRoute(app: FastifyInstance): void {
  const schema = {
    tags: ['Pages'],
    summary: 'This description, as OpenAPI 3.1',
    response: { 200: { description: 'The document', content: { 'application/json': { schema: { type: 'object' } } } } },
  };
  let text: string | null = null;
  app.get('/openapi.json', { schema }, async (_request, reply) => {
    text ??= JSON.stringify(app.swagger());
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
