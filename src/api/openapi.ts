/** `/openapi.json`: the description of every route. What writes it is loaded when somebody asks for it. */
import { type Area, route } from './route.js';

export const openApiArea: Area = {
  routes: ({ document }) => {
    let text: string | null = null;
    return [
      route({
        method: 'GET',
        url: '/openapi.json',
        scope: 'any',
        operationId: 'getOpenApi',
        tag: 'Pages',
        summary: 'This description, as OpenAPI 3.1',
        replies: {
          200: { description: 'The document', content: { 'application/json': { schema: { type: 'object' } } } },
        },
        handle: async (_input, _request, reply) => {
          text ??= JSON.stringify(await document());
          return reply.header('content-type', 'application/json; charset=utf-8').send(text);
        },
      }),
    ];
  },
};
