/** `/v1/webhook-deliveries`: what became of messages to endpoints. */
import * as z from 'zod';
import { isoText } from '../../events/days.js';
import { shortText } from '../../events/scalars.js';
import type { DeliveryRecord } from '../../ledger/ledger.js';
import type { Api } from '../context.js';
import { hasScope } from '../principal.js';
import { pageLimit, rowsLimit, text } from '../query.js';
import { type Area, json, type Route, route } from '../route.js';

const states = ['waiting', 'delivered', 'dead'] as const;

const deliveryText = z.object({
  id: z.string().describe('`webhook-id` of the message.'),
  endpoint: z.string(),
  pool: z.string(),
  seq: z.int(),
  type: z.string(),
  state: z.enum(states),
  attempts: z.int(),
  created_at: z.string(),
  next_at: z.string().nullable().describe('When it is sent next; null where it is not.'),
  tried_at: z.string().nullable(),
  status: z.int().nullable(),
  error: z.string().nullable(),
  reply: z.string().nullable().optional().describe('The beginning of the answer; for the scope `admin` alone.'),
});
const deliveries = z.object({ deliveries: z.array(deliveryText) });

export const webhookDeliveryArea: Area = {
  routes: (api) => [deliveriesRoute(api), sendAgainRoute(api)],
};

const deliveriesRoute = ({ outbox }: Api): Route =>
  route({
    tag: 'Webhooks',
    scope: 'read',
    eachPool: true,
    query: z.strictObject({
      endpoint: text.optional().describe('Of this endpoint alone.'),
      state: z
        .enum(states, `is none of ${states.join(', ')}`)
        .optional()
        .describe('Only those in this state.'),
      limit: rowsLimit,
    }),
    method: 'GET',
    url: '/v1/webhook-deliveries',
    operationId: 'listWebhookDeliveries',
    summary: 'Messages to endpoints, newest first',
    replies: {
      200: json('The deliveries', deliveries, {
        deliveries: [
          {
            id: '01KE79C9A0T9J7Z5W1XN0V8C4M',
            endpoint: 'ep_5f0c2a91be',
            pool: 'default',
            seq: 812,
            type: 'alert.raised',
            state: 'delivered',
            attempts: 1,
            created_at: '2026-01-05T09:30:00.000Z',
            next_at: null,
            tried_at: '2026-01-05T09:30:00.120Z',
            status: 204,
            error: null,
          },
        ],
      }),
    },
    handle: async (input, { principal }): Promise<z.infer<typeof deliveries>> => {
      const { endpoint, state, limit } = input.query();
      const pool = principal.pool ?? undefined;
      const found = await outbox.deliveries({ endpoint, state, pool, limit: pageLimit(limit) });
      const isAdmin = hasScope(principal, 'admin');
      return { deliveries: found.map((each) => deliveryTextOf(each, isAdmin)) };
    },
  });

const sendAgainRoute = ({ outbox }: Api): Route =>
  route({
    tag: 'Webhooks',
    scope: 'admin',
    query: z.strictObject({}),
    method: 'POST',
    url: '/v1/webhook-deliveries/:id/replay',
    operationId: 'replayWebhookDelivery',
    summary: 'Send a message again, under its id',
    params: z.object({ id: z.string().describe('Id of the message.') }),
    body: {
      schema: z.strictObject({ endpoint: shortText.optional().describe('To this endpoint alone.') }).prefault({}),
      example: {},
    },
    replies: { 200: json('On its way', z.object({ endpoints: z.int().describe('To so many.') }), { endpoints: 1 }) },
    problems: ['delivery_unknown', 'storage_failed', 'storage_unavailable'],
    handle: async (input): Promise<{ endpoints: number }> => {
      input.query();
      return { endpoints: await outbox.sendAgain(input.params.id, input.body().endpoint) };
    },
  });

function deliveryTextOf(delivery: DeliveryRecord, isAdmin: boolean): z.infer<typeof deliveryText> {
  const { id, endpoint, pool, seq, type, state, attempts, status, error, reply } = delivery;
  return {
    id,
    endpoint,
    pool,
    seq,
    type,
    state,
    attempts,
    created_at: isoText(delivery.createdAt),
    next_at: timeText(state === 'waiting' ? delivery.dueAt : null),
    tried_at: timeText(delivery.triedAt),
    status,
    error,
    ...(isAdmin ? { reply } : {}),
  };
}

const timeText = (at: number | null): string | null => (at === null ? null : isoText(at));
