/** `GET /v1/fairness`: shares, windows and forecasts as they are now; `GET /v1/policy`: the rules they follow. */
import * as z from 'zod';
import { isoText } from '../events/days.js';
import { policySchema } from '../fairness/policy.js';
import { publishedSharers, publishedWindows, sharerSchema, windowSchema } from '../status/published.js';
import { statusNow } from '../status/status.js';
import { poolOf } from './context.js';
import { poolName } from './query.js';
import { type Area, json, route } from './route.js';

const query = z.strictObject({ pool: poolName });

const reply = z.object({
  pool: z.string(),
  at: z.string(),
  as_of_seq: z.int(),
  policy_version: z.int(),
  method: z.string(),
  mode: z.string(),
  windows: z.array(windowSchema),
  identities: z.array(sharerSchema).describe('Everybody who has a share.'),
});

export const fairnessArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'GET',
      url: '/v1/fairness',
      scope: 'read',
      operationId: 'getFairness',
      tag: 'Fair share',
      summary: 'Shares, windows and forecasts now',
      query,
      replies: { 200: json('Worked out at this moment; `/v1/allocations` holds what the log decided', reply) },
      problems: ['pool_unknown'],
      handle: async (input): Promise<z.infer<typeof reply>> => {
        const pool = poolOf(ledger, input.query().pool);
        const status = statusNow(ledger, pool);
        const { version: policy_version, method, mode } = status.policy;
        return {
          pool,
          at: isoText(status.at),
          as_of_seq: status.seq,
          policy_version,
          method,
          mode,
          windows: publishedWindows(status),
          identities: publishedSharers(status),
        };
      },
    }),
    route({
      method: 'GET',
      url: '/v1/policy',
      scope: 'read',
      operationId: 'getPolicy',
      tag: 'Fair share',
      summary: 'The policy in force',
      description: 'Change it with a `policy.set` command: `POST /v1/events`.',
      query,
      replies: { 200: json('Every parameter', policySchema) },
      problems: ['pool_unknown'],
      handle: async (input) => ledger.state(poolOf(ledger, input.query().pool)).fair.policy,
    }),
  ],
};
