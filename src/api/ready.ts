/** `GET /ready`: whether the server can do its work now, for a load balancer. `/health` says whether it lives. */
import * as z from 'zod';
import { doubtText } from '../ledger/clock-alerts.js';
import { Problem } from '../problems.js';
import { type Area, json, route } from './route.js';

const reply = z.object({ status: z.literal('ready') });

export const readyArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'GET',
      url: '/ready',
      operationId: 'getReady',
      tag: 'Operation',
      summary: 'Whether the server can do its work now',
      description:
        'Asks the storage, looks whether it takes writes, and looks at the clock. A server that is not ready takes up its work again by itself when the storage is back: send its requests elsewhere, and do not restart it.',
      replies: { 200: json('The storage answers, and takes writes', reply, { status: 'ready' }) },
      problems: ['storage_unavailable', 'storage_failed', 'ledger_lost', 'not_writable', 'clock_suspect'],
      handle: async (): Promise<z.infer<typeof reply>> => {
        await ledger.answers();
        const { clockDoubt } = ledger;
        if (clockDoubt !== null) throw new Problem('clock_suspect', doubtText(clockDoubt));
        return { status: 'ready' };
      },
    }),
  ],
};
