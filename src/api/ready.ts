/** For load balancers and supervisors: `/ready`, whether the server can do its work now; `/health/live`, whether it runs at all. */
import * as z from 'zod';
import type { Api } from './context.js';
import { answerFailed, failedPart, healthProblems } from './failed-part.js';
import { type Area, json, route } from './route.js';

const reply = z.object({ status: z.literal('ready') });
const liveReply = z.object({ status: z.literal('live') });

export const readyArea: Area = {
  routes: (api) => [
    readyRoute(api, '/ready', 'getReady'),
    readyRoute(api, '/health/ready', 'getHealthReady'),
    route({
      method: 'GET',
      url: '/health/live',
      scope: 'none',
      operationId: 'getHealthLive',
      tag: 'Operation',
      summary: 'Whether the server answers at all',
      description: 'Asks nothing of the storage. Needs no key from anywhere, and tells nothing of the data.',
      replies: { 200: json('It answers', liveReply, { status: 'live' }) },
      answersAtOnce: true,
      handle: (): z.infer<typeof liveReply> => ({ status: 'live' }),
    }),
  ],
};

const readyRoute = (api: Api, url: string, operationId: string) =>
  route({
    method: 'GET',
    url,
    scope: 'any',
    operationId,
    tag: 'Operation',
    summary: 'Whether the server can do its work now',
    description:
      'Asks the storage, looks whether it takes writes, looks at the clock, and whether the logs are those that were signed. A server that is not ready takes up its work again by itself when the storage is back: send its requests elsewhere, and do not restart it. What is wrong is named by `part` of the problem: `storage`, `clock` or `log`.',
    replies: { 200: json('The storage answers, and takes writes', reply, { status: 'ready' }) },
    problems: healthProblems,
    handle: async (_input, request, answer) => {
      const failed = await failedPart(api, true);
      if (failed !== null) return answerFailed(failed, request, answer);
      return { status: 'ready' } satisfies z.infer<typeof reply>;
    },
  });
