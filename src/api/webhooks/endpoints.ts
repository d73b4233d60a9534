/** `/v1/webhook-endpoints`: who is told of events. */
import * as z from 'zod';
import { isoText } from '../../events/days.js';
import { defaultPool, instant, shortText } from '../../events/scalars.js';
import type { EndpointRecord } from '../../ledger/ledger.js';
import { limits } from '../../limits.js';
import { shownUrl } from '../../outbox/target.js';
import { type Api, poolOf } from '../context.js';
import { type Area, appending, json, type Route, route } from '../route.js';

const nothing = z.strictObject({});
const params = z.object({ id: z.string().describe('Id of the endpoint.') });
const formats = ['json', 'slack', 'discord', 'ntfy'] as const;

const asked = z.strictObject({
  url: z
    .string()
    .min(1, 'is empty')
    .describe('HTTPS; other hosts than those of the internet are allowed by a setting.'),
  types: z
    .array(shortText.min(1, 'is empty'))
    .min(1, 'is empty')
    .max(limits.tagsMax)
    .optional()
    .describe(
      'Types of events; `alert.*` stands for all that begin so, `*` for all. `alert.*` and `maintenance.*` when left out.',
    ),
  pool: shortText.optional().describe('The only pool it is told of; all when left out.'),
  format: z
    .enum(formats, `is none of ${formats.join(', ')}`)
    .optional()
    .describe('`json` when left out.'),
  label: shortText.min(1, 'is empty').optional().describe('What people call it.'),
});

/** What an endpoint is told of that names nothing else. */
const usualTypes = ['alert.*', 'maintenance.*'];

const endpointText = z.object({
  id: z.string(),
  url: z.string().describe('Without what is behind the host, which may be a secret.'),
  types: z.array(z.string()),
  pool: z.string().nullable(),
  format: z.enum(formats),
  label: z.string().nullable(),
  status: z.enum(['on', 'disabled']),
  created_at: z.string(),
  disabled_at: z.string().nullable(),
  disabled_why: z.string().nullable(),
});
const madeText = endpointText.extend({
  secret: z.string().describe('What messages are signed with. It is never shown again.'),
});
const list = z.object({ endpoints: z.array(endpointText) });

const example: z.infer<typeof endpointText> = {
  id: 'ep_5f0c2a91be',
  url: 'https://alerts.example/…',
  types: ['alert.*'],
  pool: null,
  format: 'json',
  label: 'pager',
  status: 'on',
  created_at: '2026-01-05T09:30:00.000Z',
  disabled_at: null,
  disabled_why: null,
};

const answer = z.object({
  arrived: z.boolean(),
  status: z.int().nullable().describe('Of the answer; null where there was none.'),
  error: z.string().nullable(),
  reply: z.string().nullable().describe('The beginning of the answer.'),
});

const common = { tag: 'Webhooks', scope: 'admin', query: nothing } as const;

export const webhookEndpointArea: Area = {
  routes: (api) => [
    listRoute(api),
    addRoute(api),
    removeRoute(api),
    enableRoute(api),
    testRoute(api),
    replayRoute(api),
  ],
};

const listRoute = ({ outbox }: Api): Route =>
  route({
    ...common,
    method: 'GET',
    url: '/v1/webhook-endpoints',
    operationId: 'listWebhookEndpoints',
    summary: 'Who is told of events, oldest first',
    replies: { 200: json('The endpoints', list, { endpoints: [example] }) },
    handle: async (input): Promise<z.infer<typeof list>> => {
      input.query();
      return { endpoints: (await outbox.list()).map(textOf) };
    },
  });

const addRoute = ({ ledger, outbox }: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/webhook-endpoints',
    operationId: 'addWebhookEndpoint',
    summary: 'Have somebody told of events, from now on',
    description: 'The answer is the only place where the secret is ever shown.',
    body: { schema: asked, example: { url: 'https://alerts.example/in', types: ['alert.*'], label: 'pager' } },
    replies: { 201: json('Added', madeText, { ...example, secret: 'whsec_…' }) },
    problems: ['url_refused', 'endpoint_limit', 'pool_unknown', 'storage_failed', 'storage_unavailable'],
    handle: async (input, _request, reply) => {
      input.query();
      const { url, types = usualTypes, pool, format = 'json', label = null } = input.body();
      const only = pool === undefined ? null : poolOf(ledger, pool);
      const made = await outbox.add({ url, types, pool: only, format, label });
      return reply.code(201).send({ ...textOf(made), secret: made.secret } satisfies z.infer<typeof madeText>);
    },
  });

const removeRoute = ({ outbox }: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/webhook-endpoints/:id/remove',
    operationId: 'removeWebhookEndpoint',
    summary: 'Tell an endpoint nothing any more',
    description: 'What waits for it is forgotten.',
    params,
    body: { schema: nothing.prefault({}), example: {} },
    replies: { 200: json('Removed', endpointText, example) },
    problems: ['endpoint_unknown', ...appending],
    handle: async (input): Promise<z.infer<typeof endpointText>> => {
      input.query();
      input.body();
      const endpoint = await outbox.known(input.params.id);
      await outbox.remove(endpoint.id);
      return textOf(endpoint);
    },
  });

const enableRoute = ({ outbox }: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/webhook-endpoints/:id/enable',
    operationId: 'enableWebhookEndpoint',
    summary: 'Send to an endpoint again that answered 410',
    description: 'It goes on where it ended: what was recorded since is sent, too.',
    params,
    body: { schema: nothing.prefault({}), example: {} },
    replies: { 200: json('Enabled, now or before', endpointText, example) },
    problems: ['endpoint_unknown', 'storage_failed', 'storage_unavailable'],
    handle: async (input): Promise<z.infer<typeof endpointText>> => {
      input.query();
      input.body();
      return textOf(await outbox.enable(input.params.id));
    },
  });

const testRoute = ({ outbox }: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/webhook-endpoints/:id/test',
    operationId: 'testWebhookEndpoint',
    summary: 'Send a message of the type `test` at once',
    description: 'Past what waits, once, and kept nowhere.',
    params,
    body: { schema: nothing.prefault({}), example: {} },
    replies: { 200: json('What came of it', answer, { arrived: true, status: 204, error: null, reply: '' }) },
    problems: ['endpoint_unknown'],
    handle: async (input): Promise<z.infer<typeof answer>> => {
      input.query();
      input.body();
      const { status, error, reply } = await outbox.test(input.params.id, defaultPool);
      return { arrived: error === null, status, error, reply };
    },
  });

const replayRoute = ({ outbox }: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/webhook-endpoints/:id/replay',
    operationId: 'replayToWebhookEndpoint',
    summary: 'Send an endpoint what it did not get since a time',
    description:
      'Messages that ended `dead`, and events of the log that were never kept for it. What was delivered is not sent again as long as that is known.',
    params,
    body: { schema: z.strictObject({ since: instant }), example: { since: '2026-01-05T09:30:00Z' } },
    replies: { 200: json('They are on their way', z.object({ dead: z.int() }), { dead: 3 }) },
    problems: ['endpoint_unknown', 'storage_failed', 'storage_unavailable'],
    handle: async (input): Promise<{ dead: number }> => {
      input.query();
      return { dead: await outbox.sendSince(input.params.id, input.body().since) };
    },
  });

function textOf({ id, url, types, pool, format, label, ...times }: EndpointRecord): z.infer<typeof endpointText> {
  return {
    id,
    url: shownUrl(url),
    types: [...types],
    pool,
    format,
    label,
    status: times.disabledAt === null ? 'on' : 'disabled',
    created_at: isoText(times.createdAt),
    disabled_at: timeText(times.disabledAt),
    disabled_why: times.disabledWhy,
  };
}

const timeText = (at: number | null): string | null => (at === null ? null : isoText(at));
