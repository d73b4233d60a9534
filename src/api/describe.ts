/** The description of a route for the OpenAPI document, made of the schemas that also parse its requests. */
import type { FastifySchema } from 'fastify';
import * as z from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface RouteText {
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: z.ZodType;
  readonly params?: z.ZodType;
  /** By media type. */
  readonly body?: Readonly<Record<string, Content>>;
  /** By status. */
  readonly replies: Readonly<Record<number, Reply>>;
  /** Codes of the problems that are particular to the route. */
  readonly problems?: readonly string[];
}

export interface Content {
  readonly schema: z.ZodType | JsonSchema;
  readonly example?: unknown;
}

export interface Reply {
  readonly description: string;
  /** By media type. */
  readonly content?: Readonly<Record<string, Content>>;
}

/** What a route gives fastify as its schema, which fastify never gets to see: see `describeApi`. */
export interface Description extends FastifySchema {
  /** Made when somebody asks: JSON Schemas of all routes would take a good part of a start. */
  readonly written: () => FastifySchema;
}

export const describe = (route: RouteText): Description => ({ written: () => write(route) });

function write(route: RouteText): FastifySchema {
  const { tag, summary, query, params, body, replies } = route;
  return {
    tags: [tag],
    summary,
    description: [route.description, problemsText(route.problems)].filter(Boolean).join('\n\n') || summary,
    ...(query === undefined ? {} : { querystring: jsonSchema(query) }),
    ...(params === undefined ? {} : { params: jsonSchema(params) }),
    ...(body === undefined ? {} : { body: { content: bodyContents(body) } }),
    response: {
      ...Object.fromEntries(Object.entries(replies).map(([status, reply]) => [status, replyOf(reply)])),
      default: {
        description: 'A problem document',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  } as FastifySchema;
}

/** JSON reply with a schema and an example. */
export const json = (description: string, schema: Content['schema'], example?: unknown): Reply => ({
  description,
  content: { 'application/json': { schema, example } },
});

const problemsText = (codes: readonly string[] = []): string =>
  codes.length === 0 ? '' : `Problems: ${codes.map((code) => `[\`${code}\`](/problems#${code})`).join(', ')}.`;

function replyOf({ description, content }: Reply): JsonSchema {
  return content === undefined ? { description, type: 'null' } : { description, content: contents(content) };
}

function contents(content: Readonly<Record<string, Content>>): JsonSchema {
  const entries = Object.entries(content).map(([type, { schema, example }]) => [
    type,
    {
      schema: schema instanceof z.ZodType ? jsonSchema(schema) : schema,
      ...(example === undefined ? {} : { example }),
    },
  ]);
  return Object.fromEntries(entries);
}

/** Of a body @fastify/swagger takes over the schema only, and lifts the example out of it. */
function bodyContents(body: Readonly<Record<string, Content>>): JsonSchema {
  const entries = Object.entries(body).map(([type, { schema, example }]) => [
    type,
    { schema: { ...(schema instanceof z.ZodType ? jsonSchema(schema) : schema), examples: [example] } },
  ]);
  return Object.fromEntries(entries);
}

export function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}

const problemSchema: JsonSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'errors', 'request_id'],
  properties: {
    type: { type: 'string', description: 'Stable URI of the kind of problem: `/problems#code`.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    remedy: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
    },
    request_id: { type: 'string' },
  },
};

/** Routes keep their schemas to themselves (`describeApi`), so the compilers that fastify would load have nothing to do. */
export const noSchemas = {
  compilersFactory: { buildValidator: () => compileNothing, buildSerializer: () => compileNothing },
};

const compileNothing = (): never => {
  throw new Error('a route has given fastify a schema');
};
