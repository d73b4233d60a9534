/** `GET /v1/stream`: every event as it is committed, as server-sent events. */
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Problem } from '../../problems.js';
import { poolOf } from '../context.js';
import { poolName, seqNumber } from '../query.js';
import { type Area, route } from '../route.js';
import { eventExample } from './event-schema.js';
import { Feed } from './feed.js';
import { typeList } from './read.js';

const query = z.strictObject({
  pool: poolName,
  type: typeList,
  after_seq: seqNumber
    .optional()
    .describe('Begin after this event; with neither this nor `Last-Event-ID`, with the next one.'),
});

const headers = z.object({
  'Last-Event-ID': seqNumber.optional().describe('Begin after this event; it goes before `after_seq`.'),
});

export const streamArea: Area = {
  routes: ({ ledger, feeds }) => [
    route({
      method: 'GET',
      url: '/v1/stream',
      scope: 'read',
      operationId: 'followEvents',
      tag: 'Events',
      summary: 'Live feed',
      description:
        'Server-sent events: `id` is the seq, `event` the type, `data` the event. `Last-Event-ID` (which browsers send by themselves when they reconnect) goes on after that seq, without gap or repetition.',
      query,
      headers,
      replies: {
        200: {
          description: 'The feed; it ends when the server stops',
          content: {
            'text/event-stream': {
              schema: { type: 'string' },
              example: `id: 42\nevent: usage.recorded\ndata: ${JSON.stringify(eventExample)}\n\n`,
            },
          },
        },
      },
      problems: ['pool_unknown', 'seq_beyond_head', 'too_many_streams'],
      exposeHeadRoute: false,
      handle: async (input, request, reply) => {
        const asked = input.query();
        const pool = poolOf(ledger, asked.pool);
        const { seq: head } = await ledger.head(pool);
        const after = lastEventId(request) ?? asked.after_seq ?? head;
        if (after > head) throw new Problem('seq_beyond_head', `the log of ${pool} ends at ${head}`);
        const owner = { key: request.principal.key, session: request.session?.id };
        const feed = feeds.add(() => new Feed({ ledger, pool, after, types: asked.type }), owner);
        reply.header('content-type', 'text/event-stream; charset=utf-8').header('x-accel-buffering', 'no');
        return reply.send(feed);
      },
    }),
  ],
};

function lastEventId(request: FastifyRequest): number | undefined {
  const given = request.headers['last-event-id'];
  if (given === undefined || given === '') return undefined;
  const parsed = seqNumber.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Problem('request_invalid', 'Last-Event-ID is no seq', [{ field: 'last-event-id', message: 'is no seq' }]);
}
