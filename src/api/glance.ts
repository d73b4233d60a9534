/** `GET /v1/glance`: how a pool stands, for status bars. */
import * as z from 'zod';
import { glanceOf, glanceSchema } from '../status/glance.js';
import { statusNow } from '../status/status.js';
import { poolOf } from './context.js';
import { poolName } from './query.js';
import { type Area, route } from './route.js';

const query = z.strictObject({
  pool: poolName,
  as: z
    .enum(['json', 'text'])
    .default('json')
    .describe('`text`: the line, a line of three dashes, and what is behind it, as xbar takes it.'),
});

const example = {
  text: '5 h 42 %  week 17 %',
  tooltip: 'Session (5 hours): 42 %, resets in 2 h 10 min\nAda: waiting, next in 12 min',
  class: 'ok',
  percentage: 42,
  pool: 'default',
  at: '2026-01-05T10:00:00.000Z',
  windows: [
    {
      window: 'session_5hour',
      label: 'Session (5 hours)',
      percent: 42,
      resets_at: '2026-01-05T12:10:00.000Z',
      exhausted: false,
      stale: false,
    },
  ],
  identities: [{ name: 'Ada', state: 'waiting', next_run_at: '2026-01-05T10:12:00.000Z' }],
  alerts: { open: 0, unacknowledged: 0 },
  maintenance: null,
} as const;

export const glanceArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'GET',
      url: '/v1/glance',
      scope: 'read',
      operationId: 'getGlance',
      tag: 'Fair share',
      summary: 'How a pool stands, for status bars',
      query,
      replies: {
        200: {
          description: 'A line, what is behind it, and how bad it is',
          content: {
            'application/json': { schema: glanceSchema, example },
            'text/plain': {
              schema: { type: 'string' },
              example: `${example.text}
---
${example.tooltip}
`,
            },
          },
        },
      },
      problems: ['pool_unknown'],
      handle: async (input, _request, reply) => {
        const { pool, as } = input.query();
        const glance = glanceOf(statusNow(ledger, poolOf(ledger, pool)));
        if (as === 'json') return glance;
        // What is behind a bar would be a command to whoever shows it.
        const text = `${glance.text}\n---\n${glance.tooltip}\n`.replaceAll('|', '¦');
        return reply.type('text/plain; charset=utf-8').send(text);
      },
    }),
  ],
};
