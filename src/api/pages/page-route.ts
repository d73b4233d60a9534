/**
 * A page as a route. A browser that asks for it gets HTML; its script asks for the same URL as `text/event-stream`, and hears of the parts
 * that change: by the same checks, from the same function.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { PoolId } from '../../events/scalars.js';
import type { ProblemCode } from '../../problems.js';
import { csrfToken } from '../../trust/sessions.js';
import type { PageView } from '../../web/page.js';
import { type Api, poolOf } from '../context.js';
import { hasScope } from '../principal.js';
import { poolName } from '../query.js';
import { type Route, type RouteScope, route } from '../route.js';
import { htmlReply } from './html-reply.js';
import { sendPage } from './send-page.js';

/** Of whoever looks, what a page may depend on. */
export interface PageInput<Q = unknown> {
  readonly pool: PoolId;
  /** Pools that may be seen. */
  readonly pools: readonly string[];
  /** The parameters of the query beside the pool, and of an act that led here. */
  readonly query: Q;
  readonly params: Readonly<Record<string, string>>;
  readonly mayAct: boolean;
  /** Of this server, as whoever looks reaches it. */
  readonly url: string;
  /** For forms of parts that are not live; null without a session. */
  readonly token: string | null;
}

interface PageParts<Q extends z.ZodRawShape> {
  readonly url: string;
  readonly operationId: string;
  readonly summary: string;
  readonly scope?: RouteScope;
  /** It is about the daemon, and not about a pool. */
  readonly ofAll?: true;
  readonly query?: Q;
  readonly params?: z.ZodObject<Readonly<Record<string, z.ZodString>>>;
  readonly problems?: readonly ProblemCode[];
  readonly view: (input: PageInput<z.output<z.ZodObject<Q>>>) => Promise<PageView> | PageView;
}

/** The event that an act led to, and what undoing it needs. */
export const doneQuery = {
  done: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Seq of the event of the act that led here; 0 where it changed nothing.'),
  was: z.coerce.number().optional().describe('The value before the act.'),
};

export function pageRoute<Q extends z.ZodRawShape>(api: Api, parts: PageParts<Q>): Route {
  const { url, operationId, summary, scope = 'read', ofAll, params, problems = [], view } = parts;
  const query = z.object({ ...(ofAll === true ? {} : { pool: poolName }), ...parts.query }) as z.ZodObject;
  return route({
    method: 'GET',
    url,
    scope,
    tag: 'Pages',
    operationId,
    summary,
    query,
    lenient: true,
    ...(params === undefined ? {} : { params }),
    replies: { 200: pageReply },
    problems: ['pool_unknown', 'storage_unavailable', 'too_many_streams', ...problems],
    exposeHeadRoute: true,
    handle: async (input, request, reply) => {
      const asked = inputOf(api, input.query() as Record<string, unknown>, input.params, request);
      const make = async (given: PageInput) => view(given as PageInput<z.output<z.ZodObject<Q>>>);
      // Also one that is to be followed is made first: what is wrong with it is said by the status.
      const made = await make(asked);
      if (!isFeed(request))
        return sendPage(
          request,
          reply,
          made,
          made.parts.some(({ live }) => live === true),
        );
      return sendFeed(api, request, reply, async () => (await make({ ...asked, token: null })).parts, asked, ofAll);
    },
  });
}

const pageReply = {
  ...htmlReply,
  content: {
    ...htmlReply.content,
    'text/event-stream': { schema: { type: 'string' } as const },
  },
};

function inputOf(
  api: Api,
  { pool: named, ...query }: Record<string, unknown>,
  params: unknown,
  request: FastifyRequest,
): PageInput {
  const { principal, session } = request;
  const { ledger } = api;
  return {
    pool: poolOf(ledger, named),
    pools: ledger.poolNames.filter((name) => principal.pool === null || principal.pool === name),
    query,
    params: params as Readonly<Record<string, string>>,
    mayAct: hasScope(principal, 'admin'),
    url: `${request.protocol}://${request.host}`,
    token: session === undefined ? null : csrfToken(session),
  };
}

const isFeed = ({ headers }: FastifyRequest): boolean => headers.accept === 'text/event-stream';

function sendFeed(
  { livePages, feeds }: Api,
  request: FastifyRequest,
  reply: FastifyReply,
  make: () => Promise<PageView['parts']>,
  { pool, pools, mayAct, url }: PageInput,
  ofAll: true | undefined,
): FastifyReply {
  reply.header('content-type', 'text/event-stream; charset=utf-8').header('x-accel-buffering', 'no');
  if (request.method === 'HEAD') return reply.send();
  const key = JSON.stringify([url, request.url, pool, pools, mayAct]);
  const owner = { key: request.principal.key, session: request.session?.id };
  const feed = feeds.add(() => livePages.follow(key, { pool: ofAll === true ? null : pool, make }), owner);
  return reply.send(feed);
}
