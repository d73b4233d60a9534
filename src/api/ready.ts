/** For load balancers and supervisors: `/ready`, whether the server can do its work now; `/health/live`, whether it runs at all. */
import * as z from 'zod';
import { doubtText } from '../ledger/clock-alerts.js';
import { Problem } from '../problems.js';
import type { Api } from './context.js';
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

const readyRoute = ({ ledger, checkpoints }: Api, url: string, operationId: string) =>
  route({
    method: 'GET',
    url,
    scope: 'any',
    operationId,
    tag: 'Operation',
    summary: 'Whether the server can do its work now',
    description:
      'Asks the storage, looks whether it takes writes, looks at the clock, and whether the logs are those that were signed. A server that is not ready takes up its work again by itself when the storage is back: send its requests elsewhere, and do not restart it.',
    replies: { 200: json('The storage answers, and takes writes', reply, { status: 'ready' }) },
    problems: [
      'storage_unavailable',
      'storage_failed',
      'ledger_lost',
      'not_writable',
      'clock_suspect',
      'log_rewritten',
    ],
    handle: async (): Promise<z.infer<typeof reply>> => {
      await ledger.answers();
      const { clockDoubt } = ledger;
      if (clockDoubt !== null) throw new Problem('clock_suspect', doubtText(clockDoubt));
      const [rewritten] = checkpoints?.rewritten ?? [];
      if (rewritten !== undefined) throw new Problem('log_rewritten', `${rewritten.pool}: ${rewritten.text}`);
      return { status: 'ready' };
    },
  });
