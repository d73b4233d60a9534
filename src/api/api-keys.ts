/** `/v1/keys`: API keys, made, listed, rotated and revoked; `/v1/whoami`: what the key of a request is for. */
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { keyScope } from '../events/catalogue/key.js';
import { isoText } from '../events/days.js';
import type { EpochMs } from '../events/scalars.js';
import { limits } from '../limits.js';
import type { KeyRecord, MadeKey } from '../trust/keys.js';
import type { Api } from './context.js';
import { keyAsked, makeKey, revokeKey, rotateKey } from './key-acts.js';
import { type Area, appending, json, type Route, route } from './route.js';

const nothing = z.strictObject({});
const params = z.object({ id: z.string().describe('Id of the key.') });
const rotation = z.strictObject({
  overlap_s: z
    .int()
    .min(0, 'is negative')
    .max(limits.keySecondsMax)
    .optional()
    .describe(`Seconds for which the old key works, too: ${limits.keyOverlapSeconds} when left out.`),
});

const keyText = z.object({
  id: z.string().describe('May be logged; it stands in the events that the key appends, as `key:` and the id.'),
  scope: keyScope,
  pool: z.string().nullable(),
  identity: z.string().nullable(),
  label: z.string().nullable(),
  status: z.enum(['works', 'expired', 'revoked', 'replaced']),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  last_used_at: z.string().nullable().describe('To the minute.'),
  replaced_by: z.string().nullable(),
  overlap_until: z.string().nullable(),
  revoked_at: z.string().nullable(),
});
const madeText = keyText.extend({
  key: z.string().describe('The key itself. It is kept nowhere, and never shown again.'),
});
const list = z.object({
  keys: z.array(keyText),
  refused: z.int().describe('Requests with a key that was refused, since this daemon began.'),
});

const example: z.infer<typeof keyText> = {
  id: '7m2kq0xv',
  scope: 'ingest',
  pool: null,
  identity: 'Ada',
  label: 'desk of Ada',
  status: 'works',
  created_at: '2026-01-05T09:30:00.000Z',
  expires_at: '2026-04-05T09:30:00.000Z',
  last_used_at: null,
  replaced_by: null,
  overlap_until: null,
  revoked_at: null,
};
const madeExample = { key: 'rs_7m2kq0xv_…', ...example };

const me = z.object({
  actor: z.string().describe('Stands in the events that it appends.'),
  key: z.string().nullable().describe('Id of the key; null without one.'),
  scopes: z.array(keyScope),
  pool: z.string().nullable().describe('The only pool it is for; null: all.'),
  identity: z.string().nullable().describe('The only identity it reports for; null: all.'),
  expires_at: z.string().nullable(),
});

const common = { tag: 'Keys', scope: 'admin', query: nothing } as const;

export const apiKeyArea: Area = {
  routes: (api) => [listRoute(api), createRoute(api), rotateRoute(api), revokeRoute(api), whoRoute(api)],
};

const listRoute = ({ keys, attempts }: Api): Route =>
  route({
    ...common,
    method: 'GET',
    url: '/v1/keys',
    operationId: 'listKeys',
    summary: 'All API keys there ever were, oldest first',
    replies: { 200: json('The keys', list, { keys: [example], refused: 0 }) },
    handle: async (input): Promise<z.infer<typeof list>> => {
      input.query();
      return { keys: keys.list().map((key) => textOf(key, keys)), refused: attempts.refused };
    },
  });

const createRoute = (api: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/keys',
    operationId: 'createKey',
    summary: 'Make an API key',
    description: 'The answer is the only place where it is ever shown. The log gets `key.created`, without the key.',
    body: { schema: keyAsked, example: { scope: 'ingest', identity: 'Ada', label: 'desk of Ada' } },
    replies: { 201: json('Made', madeText, madeExample) },
    problems: ['pool_unknown', ...appending],
    handle: async (input, { principal }, reply) => {
      input.query();
      const made = await makeKey(api, principal, input.body());
      return reply.code(201).send(madeBody(made, api));
    },
  });

const rotateRoute = (api: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/keys/:id/rotate',
    operationId: 'rotateKey',
    summary: 'Put another key in the place of one',
    description: 'The new one may what the old one may, for as long a time. The old one works for a while, too.',
    params,
    body: { schema: rotation.prefault({}), example: { overlap_s: 86_400 } },
    replies: { 201: json('Made', madeText, madeExample) },
    problems: ['api_key_unknown', 'key_inactive', ...appending],
    handle: async (input, { principal }, reply) => {
      input.query();
      const made = await rotateKey(api, principal, input.params.id, input.body().overlap_s);
      return reply.code(201).send(madeBody(made, api));
    },
  });

const revokeRoute = (api: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/keys/:id/revoke',
    operationId: 'revokeKey',
    summary: 'Have a key work no longer',
    description: 'At once here, and within 2 seconds on every other node. Live feeds that were opened with it end.',
    params,
    body: { schema: nothing.prefault({}), example: {} },
    replies: { 200: json('Revoked, now or before', keyText, { ...example, status: 'revoked' }) },
    problems: ['api_key_unknown', ...appending],
    handle: async (input, { principal }): Promise<z.infer<typeof keyText>> => {
      input.query();
      input.body();
      await revokeKey(api, principal, input.params.id);
      return textOf(api.keys.known(input.params.id), api.keys);
    },
  });

const whoRoute = ({ keys }: Api): Route =>
  route({
    tag: 'Keys',
    scope: 'any',
    query: nothing,
    method: 'GET',
    url: '/v1/whoami',
    operationId: 'whoAmI',
    summary: 'What the key of this request is for',
    replies: {
      200: json('Who asks', me, {
        actor: 'key:7m2kq0xv',
        key: '7m2kq0xv',
        scopes: ['ingest'],
        pool: null,
        identity: 'Ada',
        expires_at: null,
      }),
    },
    handle: async (input, request): Promise<z.infer<typeof me>> => {
      input.query();
      return whoIs(request, keys);
    },
  });

function whoIs({ principal }: FastifyRequest, keys: Api['keys']): z.infer<typeof me> {
  const { actor, key = null, scopes, pool, identity = null } = principal;
  const expiresAt = key === null ? null : keys.known(key).expiresAt;
  return {
    actor,
    key,
    scopes: keyScope.options.filter((scope) => scopes === 'all' || scopes.has(scope)),
    pool,
    identity,
    expires_at: timeText(expiresAt),
  };
}

const madeBody = ({ key, text }: MadeKey, { keys }: Api): z.infer<typeof madeText> => ({
  key: text,
  ...textOf(key, keys),
});

function textOf(key: KeyRecord, keys: Api['keys']): z.infer<typeof keyText> {
  const { id, scope, pool, identity, label } = key;
  return {
    id,
    scope,
    pool,
    identity,
    label,
    status: keys.faultOf(key) ?? 'works',
    created_at: isoText(key.createdAt as EpochMs),
    expires_at: timeText(key.expiresAt),
    last_used_at: timeText(key.lastUsedAt),
    replaced_by: key.replacedBy,
    overlap_until: timeText(key.overlapUntil),
    revoked_at: timeText(key.revokedAt),
  };
}

const timeText = (at: number | null): string | null => (at === null ? null : isoText(at as EpochMs));
