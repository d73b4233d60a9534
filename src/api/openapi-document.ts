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
import { type Contents, isKeyless, type JsonSchema, type Reply, type Route } from './route.js';

const tags = [
  { name: 'Original wire', description: 'What clients of the original server use.' },
  { name: 'Events', description: 'Recording, querying and following the log.' },
  { name: 'Fair share', description: 'Who may run when, who is owed what, and why.' },
  {
    name: 'Figures over time',
    description: 'What charts are drawn from: use, windows, intervals and shares, step by step.',
  },
  { name: 'Quota', description: 'What providers say is used of their windows.' },
  {
    name: 'Telemetry',
    description: 'What is pushed here by programs that know nothing of this one: OpenTelemetry, CloudEvents, hooks.',
  },
  { name: 'Turns', description: 'Runs of agents, held as leases.' },
  { name: 'Alerts', description: 'What somebody should look at.' },
  { name: 'Tables', description: 'What is derived from the log, now or as of any event or time.' },
  { name: 'SQL', description: 'Statements that only read, and what the tables mean.' },
  { name: 'Chain', description: 'Proofs that the log was not changed.' },
  { name: 'Pools', description: 'The agents that share one quota.' },
  { name: 'Keys', description: 'API keys: who may do what from elsewhere.' },
  {
    name: 'Webhooks',
    description: 'What is signed by who sends it; and messages about events, to endpoints of others.',
  },
  { name: 'Jobs', description: 'Background work.' },
  { name: 'Operation', description: 'Running the server.' },
  { name: 'Pages', description: 'For people.' },
];

const securitySchemes = {
  key: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'rs_<id>_<secret><checksum>',
    description:
      'An API key of the scope `ingest`, `read` or `admin`; `admin` may all that the others may. Without one, routes of the scopes `ingest` and `read` are open to programs of the same machine as long as the server listens on loopback alone, and those of `admin` until there is a key of that scope.',
  },
  keyHeader: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'The same key in a header of its own.' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'rs_session',
    description:
      'What `POST /login` gives to a browser; over HTTPS its name is `__Host-rs_session`. What changes something needs the header `X-CSRF-Token` beside it.',
  },
  webhook: {
    type: 'apiKey',
    in: 'header',
    name: 'webhook-signature',
    description:
      'A signature of Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over `webhook-id`, `webhook-timestamp` and the body, joined by full stops, with a secret of the source.',
  },
} as const;

/** The scope that a key needs: OpenAPI 3.1 takes roles of any scheme there. */
function securityOf({ scope }: Route): Record<string, string[]>[] {
  if (scope === 'none') return [];
  if (scope === 'signed') return [{ webhook: [] }];
  const scopes = scope === 'any' ? [] : [scope];
  return [{ key: scopes }, { keyHeader: scopes }, { session: scopes }, {}];
}

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
      security: [{ key: [] }, { keyHeader: [] }, { session: [] }, {}],
      tags,
      paths,
      components: {
        securitySchemes,
        examples: Object.fromEntries([...codesOf(routes)].map(exampleOf)),
      },
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
    security: securityOf(route),
    requestParams,
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.schema.safeParse(undefined).success,
            content: contentOf({
              [body.isForm === true ? 'application/x-www-form-urlencoded' : 'application/json']: {
                schema: body.schema,
                example: body.example,
              },
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
const ofKeyed: readonly ProblemCode[] = [
  'key_required',
  'key_malformed',
  'key_refused',
  'key_in_url',
  'scope_missing',
  'pool_forbidden',
  'identity_forbidden',
  'too_many_attempts',
];
const ofKeyedPosts: readonly ProblemCode[] = ['csrf_refused'];
const ofPosts: readonly ProblemCode[] = ['signature_unverified', 'unsupported_media_type'];
const ofBodies: readonly ProblemCode[] = [
  'malformed_json',
  'invalid_utf8',
  'invalid_field',
  'too_large',
  'request_slow',
];

function codesIn({ method, body, scope, problems: own = [] }: Route): ReadonlySet<ProblemCode> {
  const ofKeys = isKeyless(scope) ? [] : ofKeyed;
  return new Set([
    ...own,
    ...ofKeys,
    ...(body === undefined ? [] : ofBodies),
    ...(method === 'POST' ? ofPosts : []),
    ...(method === 'POST' && !isKeyless(scope) ? ofKeyedPosts : []),
    ...ofAll,
  ]);
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
