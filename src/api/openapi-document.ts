/** The OpenAPI document, written from the routes by zod-openapi. */
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiParameters,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { publishPattern } from '../events/json-schema.js';
import { packageVersion } from '../package-root.js';
import { Problem, type ProblemCode, problems } from '../problems.js';
import type { ApiDocument } from '../web/api-document.js';
import { problemDocument, problemType } from './errors.js';
import { problemSchema } from './problem-schema.js';
import type { Contents, JsonSchema, Reply, Route } from './route.js';

const tags = [
  { name: 'Original wire', description: 'What clients of the original server use.' },
  { name: 'Events', description: 'Recording, querying and following the log.' },
  { name: 'Fair share', description: 'Who may run when, who is owed what, and why.' },
  { name: 'Quota', description: 'What providers say is used of their windows.' },
  { name: 'Turns', description: 'Runs of agents, held as leases.' },
  { name: 'Tables', description: 'What is derived from the log, now or as of any event or time.' },
  { name: 'Chain', description: 'Proofs that the log was not changed.' },
  { name: 'Pools', description: 'The agents that share one quota.' },
  { name: 'Operation', description: 'Running the server.' },
  { name: 'Pages', description: 'For people.' },
];

export function openApiDocument(routes: readonly Route[]): ApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Resource-Share',
        version: packageVersion,
        description: 'An event-sourced ledger and fair-share controller for AI agents that share one quota.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'The daemon that serves this document' }],
      security: [],
      tags,
      paths,
      components: { examples: Object.fromEntries([...codesOf(routes)].map(exampleOf)) },
    },
    { override: publish },
  ) as unknown as ApiDocument;
}

/** What an answer holds may grow, so a client must not refuse what it does not know. */
function publish(context: Parameters<typeof publishPattern>[0] & { readonly io: 'input' | 'output' }): void {
  publishPattern(context);
  const schema = context.jsonSchema as { additionalProperties?: unknown };
  if (context.io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
}

function operationOf(route: Route): ZodOpenApiOperationObject {
  const { operationId, tag, summary, description = summary, query, params, headers, body, replies } = route;
  const requestParams = {
    ...(params === undefined ? {} : { path: params }),
    ...(query === undefined ? {} : { query }),
    ...(headers === undefined ? {} : { header: headers }),
  } as ZodOpenApiParameters;
  return {
    operationId,
    tags: [tag],
    summary,
    description,
    requestParams,
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.schema.safeParse(undefined).success,
            content: contentOf({
              'application/json': { schema: body.schema, example: body.example },
              ...body.others,
            }),
          },
        }),
    responses: {
      ...Object.fromEntries(Object.entries(replies).map(([status, reply]) => [status, responseOf(reply)])),
      ...refusalsOf(route),
    } as ZodOpenApiResponsesObject,
  };
}

const responseOf = ({ description, headers, content }: Reply) => ({
  description,
  ...(headers === undefined ? {} : { headers: Object.fromEntries(Object.entries(headers).map(headerOf)) }),
  ...(content === undefined ? {} : { content: contentOf(content) }),
});

const headerOf = ([name, description]: readonly [string, string]) => [
  name,
  { description, schema: { type: 'string' } as const },
];

const contentOf = (content: Contents) => content as Record<string, { schema: JsonSchema; example?: unknown }>;

/** What every route may refuse, and every route that takes a body. */
const ofAll: readonly ProblemCode[] = ['host_unknown', 'cross_site', 'request_invalid', 'draining', 'internal'];
const ofPosts: readonly ProblemCode[] = ['signature_unverified', 'unsupported_media_type'];
const ofBodies: readonly ProblemCode[] = [
  'malformed_json',
  'invalid_utf8',
  'invalid_field',
  'too_large',
  'request_slow',
];

function codesIn({ method, body, problems: own = [] }: Route): ReadonlySet<ProblemCode> {
  return new Set([...own, ...(body === undefined ? [] : ofBodies), ...(method === 'POST' ? ofPosts : []), ...ofAll]);
}

const codesOf = (routes: readonly Route[]): ReadonlySet<ProblemCode> =>
  new Set(routes.flatMap((route) => [...codesIn(route)]));

/** The problems of a route by their status, each with an example. */
function refusalsOf(route: Route): Record<string, object> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codesIn(route)) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses = [...byStatus].map(([status, codes]) => [status, refusalOf(codes)]);
  return { ...Object.fromEntries(responses), default: refusalOf([]) };
}

function refusalOf(codes: readonly ProblemCode[]): object {
  const named = codes.map((code) => `[\`${code}\`](/problems#${code}) ${problems[code].title}`);
  const again = codes.some((code) => problems[code].retry !== 'never');
  return {
    description: named.length === 0 ? 'Any other problem' : named.join('; '),
    ...(again ? { headers: { 'Retry-After': retryAfter } } : {}),
    content: {
      [problemType]: {
        schema: problemSchema,
        ...(codes.length === 0 ? {} : { examples: Object.fromEntries(codes.map(exampleReference)) }),
      },
    },
  };
}

const retryAfter = {
  description: 'Seconds after which to try again.',
  schema: { type: 'string', pattern: '^[0-9]+$' },
};

const exampleReference = (code: ProblemCode) => [code, { $ref: `#/components/examples/${code}` }];

function exampleOf(code: ProblemCode): [string, object] {
  const value = problemDocument(new Problem(code), 'req-1');
  return [code, { summary: problems[code].title, value }];
}
