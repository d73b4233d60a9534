/**
 * A route: what it is asked, answers and refuses, and what it does, in one place. Requests are parsed by the schemas that
 * also describe the route in the OpenAPI document.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import { parseWith } from '../events/command.js';
import type { ProblemCode } from '../problems.js';
import type { Api } from './context.js';
import { readQuery } from './query.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Content {
  readonly schema: z.ZodType | JsonSchema;
  readonly example?: unknown;
}

/** By media type. */
export type Contents = Readonly<Record<string, Content>>;

export interface Reply {
  readonly description: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: Contents;
}

interface Body<B> {
  readonly schema: B;
  readonly example: unknown;
  /** What is taken besides JSON. */
  readonly others?: Contents;
}

/** A path holds text; what the text means has problems of its own. */
type Params = z.ZodObject<Readonly<Record<string, z.ZodString>>>;

export interface RouteParts<Q extends z.ZodType, P extends Params, B extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: Q;
  /** As the original wire has it: a parameter at fault is an `invalid_field`. */
  readonly lenient?: boolean;
  readonly params?: P;
  /** `Accept` is no part of it: OpenAPI says it by the media types of the replies. */
  readonly headers?: z.ZodObject;
  readonly body?: Body<B>;
  /** By status. */
  readonly replies: Readonly<Record<number, Reply>>;
  /** Those that are particular to the route. */
  readonly problems?: readonly ProblemCode[];
  readonly bodyLimit?: number;
  readonly exposeHeadRoute?: boolean;
  readonly handle: (
    input: RouteInput<z.output<Q>, z.output<P>, z.output<B>>,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => unknown;
}

export type Route = RouteParts<z.ZodType, Params, z.ZodType>;

/** The routes of one part of the API, in a scope of its own: a parser or hook of one is not seen by another. */
export interface Area {
  readonly routes: (api: Api) => readonly Route[];
  /** What else the scope needs. */
  readonly prepare?: (scope: FastifyInstance) => void;
}

/** Checks that the parts fit each other, and is called once per route. */
export function route<Q extends z.ZodType, P extends Params, B extends z.ZodType>(parts: RouteParts<Q, P, B>): Route {
  return parts as unknown as Route;
}

/** Problems of every route that appends events. */
export const appending = ['queue_full', 'storage_failed', 'storage_unavailable', 'ledger_lost'] as const;

/** JSON reply with a schema and an example. */
export const json = (description: string, schema: Content['schema'], example?: unknown): Reply => ({
  description,
  content: { 'application/json': example === undefined ? { schema } : { schema, example } },
});

/** A request, parsed by the schemas of its route when the handler asks for it. */
class RouteInput<Q, P, B> {
  readonly params: P;
  readonly #route: Route;
  readonly #request: FastifyRequest;

  constructor(route: Route, request: FastifyRequest) {
    this.#route = route;
    this.#request = request;
    this.params = request.params as P;
  }

  /** Throws `request_invalid`, naming every parameter at fault. */
  query(): Q {
    const { query, lenient, url } = this.#route;
    if (query === undefined) throw new Error(`${url} has no query`);
    return (lenient === true ? parseWith(query, this.#request.query) : readQuery(query, this.#request)) as Q;
  }

  /** Throws `invalid_field`, naming every field at fault. */
  body(): B {
    const { body, url } = this.#route;
    if (body === undefined) throw new Error(`${url} has no body`);
    return parseWith(body.schema, this.#request.body) as B;
  }
}

export type { RouteInput };

/**
 * What describes a route is kept from fastify, which would look for a validator and a serialiser in it on every request:
 * bodies are parsed by zod in the handler, replies written as they are.
 */
export function addRoutes(scope: FastifyInstance, routes: readonly Route[]): void {
  for (const each of routes) {
    const { method, url, bodyLimit, exposeHeadRoute, handle } = each;
    scope.route({
      method,
      url,
      ...(bodyLimit === undefined ? {} : { bodyLimit }),
      ...(exposeHeadRoute === undefined ? {} : { exposeHeadRoute }),
      handler: (request, reply) => handle(new RouteInput(each, request), request, reply) as Promise<unknown>,
    });
  }
}

/** No route has a schema that fastify sees, so the compilers that it would load have nothing to do. */
export const noSchemas = {
  compilersFactory: { buildValidator: () => compileNothing, buildSerializer: () => compileNothing },
};

const compileNothing = (): never => {
  throw new Error('a route has given fastify a schema');
};
