/** A page of the viewer as a route: what it shows is of all pools, and asked when it is loaded. */
import type * as z from 'zod';
import type { ProblemCode } from '../../problems.js';
import type { PageView } from '../../web/page.js';
import { whenGone } from '../as-of.js';
import { type Route, route } from '../route.js';
import { callerOf } from '../sql.js';
import { tokenOf } from './act-route.js';
import { htmlReply } from './html-reply.js';
import { sendPage } from './send-page.js';

export interface ViewerInput<Q = unknown> {
  readonly query: Q;
  readonly params: Readonly<Record<string, string>>;
  /** As the gate for statements knows whoever looks. */
  readonly caller: string;
  /** Aborted when whoever looks has gone. */
  readonly signal: AbortSignal;
  /** For the forms of the page; null without a session. */
  readonly token: string | null;
}

/** A page, and its status where that is not 200. */
export interface ViewerAnswer {
  readonly page: PageView;
  readonly status?: number | undefined;
}

interface ViewerParts<Q extends z.ZodObject> {
  readonly url: string;
  readonly operationId: string;
  readonly summary: string;
  readonly query: Q;
  readonly params?: z.ZodObject<Readonly<Record<string, z.ZodString>>>;
  readonly problems?: readonly ProblemCode[];
  readonly view: (input: ViewerInput<z.output<Q>>) => Promise<ViewerAnswer>;
}

export const viewerRoute = <Q extends z.ZodObject>(parts: ViewerParts<Q>): Route => {
  const { url, operationId, summary, query, params, problems = [], view } = parts;
  return route({
    method: 'GET',
    url,
    scope: 'read',
    tag: 'Pages',
    operationId,
    summary,
    query,
    lenient: true,
    ...(params === undefined ? {} : { params }),
    replies: { 200: htmlReply },
    problems: ['storage_unavailable', ...problems],
    exposeHeadRoute: true,
    handle: async (input, request, reply) => {
      const { page, status = 200 } = await view({
        query: input.query() as z.output<Q>,
        params: input.params as Readonly<Record<string, string>>,
        caller: callerOf(request),
        signal: whenGone(reply),
        token: tokenOf(request),
      });
      return sendPage(request, reply.code(status), page);
    },
  });
};
