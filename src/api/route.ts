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
  /** It is a form, and no JSON. */
  readonly isForm?: true;
  /** What is taken besides JSON. */
  readonly others?: Contents;
}

/** A path holds text; what the text means has problems of its own. */
type Params = z.ZodObject<Readonly<Record<string, z.ZodString>>>;

/**
 * What a key must be for: `any` is any key that works; `none` needs no key from anywhere, and tells nothing of the data. Of `signed` the
 * signature says who sends it, which the route checks: a key neither is needed nor helps.
 */
export type RouteScope = 'ingest' | 'read' | 'admin' | 'any' | 'none' | 'signed';

/** Whether a route looks at no key. */
export const isKeyless = (scope: RouteScope): boolean => scope === 'none' || scope === 'signed';

/** What the guards go by. */
export interface RouteAccess {
  readonly scope: RouteScope;
  /** Whether a request names its pool, is about all of them, or gets of all what it may see. */
  readonly pools: 'one' | 'none' | 'each';
}

export interface RouteParts<Q extends z.ZodType, P extends Params, B extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly scope: RouteScope;
  /** It is about all pools, and answers a key for one pool with what is of that pool. */
  readonly eachPool?: true;
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
  /** Its bodies may be compressed; the scope opens them. */
  readonly takesGzip?: true;
  /** Of a form: it looks at the token of the session in it itself. */
  readonly checksToken?: true;
  /** It answers also while the state is to be restored first; what it can say then is its own concern. */
  readonly answersAtOnce?: true;
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
    const { method, url, bodyLimit, exposeHeadRoute, takesGzip, answersAtOnce, checksToken, handle } = each;
    scope.route({
      method,
      url,
      config: { takesGzip, answersAtOnce, checksToken, access: accessOf(each) },
      ...(bodyLimit === undefined ? {} : { bodyLimit }),
      ...(exposeHeadRoute === undefined ? {} : { exposeHeadRoute }),
      handler: (request, reply) => handle(new RouteInput(each, request), request, reply) as Promise<unknown>,
    });
  }
}

function accessOf({ scope, eachPool, query }: Route): RouteAccess {
  if (eachPool === true) return { scope, pools: 'each' };
  const shape = (query as { readonly shape?: object } | undefined)?.shape ?? {};
  return { scope, pools: 'pool' in shape ? 'one' : 'none' };
}

/** No route has a schema that fastify sees, so the compilers that it would load have nothing to do. */
export const noSchemas = {
  compilersFactory: { buildValidator: () => compileNothing, buildSerializer: () => compileNothing },
};

const compileNothing = (): never => {
  throw new Error('a route has given fastify a schema');
};

declare module 'fastify' {
  interface FastifyContextConfig {
    takesGzip?: true | undefined;
    answersAtOnce?: true | undefined;
    checksToken?: true | undefined;
    access?: RouteAccess;
  }
}
