/** `/v1/webhook-secrets`: secrets of incoming webhooks, made, listed, rotated and revoked. */
import * as z from 'zod';
import type { CommandBody } from '../../events/catalogue.js';
import type { Command } from '../../events/command.js';
import { isoText } from '../../events/days.js';
import { type EpochMs, identityName, type PoolId, shortText } from '../../events/scalars.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import { webhookSecretFault } from '../../settings/secret.js';
import type { MadeSecret, SecretRecord } from '../../trust/webhook-secrets.js';
import { webhookSecretOf } from '../../trust/webhook-signature.js';
import { type Api, poolOf } from '../context.js';
import { problemIn } from '../events/append.js';
import type { Principal } from '../principal.js';
import { type Area, appending, json, type Route, route } from '../route.js';
import { ownSource } from './take.js';

const nothing = z.strictObject({});
const params = z.object({ id: z.string().describe('Id of the secret.') });

/** What it holds is said of no fault. */
const given = z
  .string()
  .max(200, 'is too long')
  .superRefine((text, context) => {
    const fault = webhookSecretFault(text);
    if (fault !== null) context.addIssue(fault);
  })
  .optional()
  .describe(
    'That of the sender, where it makes its own: `whsec_` and base64 of 24 to 64 bytes; a new one when left out.',
  );

const secretAsked = z.strictObject({
  source: shortText.describe('A format of `sources list`, or `events`.'),
  pool: shortText.optional().describe('Where what it signs goes to; `default` when left out.'),
  identity: identityName.optional().describe('Whose use it is, whatever the data says.'),
  label: shortText.min(1, 'is empty').optional().describe('What people call it.'),
  secret: given,
});

const rotation = z.strictObject({
  overlap_s: z
    .int()
    .min(0, 'is negative')
    .max(limits.keySecondsMax)
    .optional()
    .describe(`Seconds for which the old secret works, too: ${limits.keyOverlapSeconds} when left out.`),
  secret: given,
});

const secretText = z.object({
  id: z.string().describe('May be logged; it stands in the events that it signs, as `webhook:` and the id.'),
  source: z.string(),
  pool: z.string(),
  identity: z.string().nullable(),
  label: z.string().nullable(),
  status: z.enum(['works', 'revoked', 'replaced']),
  uses: z.int().describe('Messages that it has signed; of other nodes, as they were a minute ago.'),
  created_at: z.string(),
  last_used_at: z.string().nullable().describe('To the minute.'),
  replaced_by: z.string().nullable(),
  overlap_until: z.string().nullable(),
  revoked_at: z.string().nullable(),
});
const madeText = secretText.extend({ secret: z.string().describe('The secret itself. It is never shown again.') });

const example: z.infer<typeof secretText> = {
  id: '4c8nq0xv',
  source: 'events',
  pool: 'default',
  identity: 'Ada',
  label: 'build server',
  status: 'works',
  uses: 12,
  created_at: '2026-01-05T09:30:00.000Z',
  last_used_at: '2026-01-05T12:00:00.000Z',
  replaced_by: null,
  overlap_until: null,
  revoked_at: null,
};
const madeExample = { secret: 'whsec_…', ...example, uses: 0, last_used_at: null };

const common = { tag: 'Webhooks', scope: 'admin', query: nothing } as const;

export const secretsArea: Area = {
  routes: (api) => [listRoute(api), createRoute(api), rotateRoute(api), revokeRoute(api)],
};

const listRoute = ({ secrets }: Api): Route =>
  route({
    ...common,
    method: 'GET',
    url: '/v1/webhook-secrets',
    operationId: 'listWebhookSecrets',
    summary: 'All secrets of webhooks there ever were, oldest first',
    replies: { 200: json('The secrets', z.object({ secrets: z.array(secretText) }), { secrets: [example] }) },
    handle: async (input) => {
      input.query();
      return { secrets: secrets.list().map((secret) => textOf(secret, secrets)) };
    },
  });

const createRoute = (api: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/webhook-secrets',
    operationId: 'createWebhookSecret',
    summary: 'Make a secret for webhooks of a source',
    description:
      'The answer is the only place where it is ever shown. The log gets `secret.created`, without the secret. It is kept where API keys are, out of reach of queries; as signatures are checked with it, as it is.',
    body: { schema: secretAsked, example: { source: 'events', identity: 'Ada', label: 'build server' } },
    replies: { 201: json('Made', madeText, madeExample) },
    problems: ['pool_unknown', 'secret_limit', ...appending],
    handle: async (input, { principal }, reply) => {
      input.query();
      const { source, pool, identity = null, label = null, secret } = input.body();
      await checkSource(source);
      const { secrets, ledger } = api;
      const made = secrets.make({ source, pool: poolOf(ledger, pool), identity, label, secret: bytesOf(secret) });
      await tell(api, made.secret, principal, { type: 'secret.created', payload: factsOf(made.secret) });
      await secrets.add(made);
      return reply.code(201).send(madeBody(made, api));
    },
  });

const rotateRoute = (api: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/webhook-secrets/:id/rotate',
    operationId: 'rotateWebhookSecret',
    summary: 'Put another secret in the place of one',
    description: 'The new one is for what the old one is for. The old one works for a while, too.',
    params,
    body: { schema: rotation.prefault({}), example: { overlap_s: 86_400 } },
    replies: { 201: json('Made', madeText, madeExample) },
    problems: ['secret_unknown', 'secret_inactive', 'secret_limit', ...appending],
    handle: async (input, { principal }, reply) => {
      input.query();
      const { secrets, ledger } = api;
      const { overlap_s: overlap = limits.keyOverlapSeconds, secret } = input.body();
      const { id } = input.params;
      const made = secrets.successorOf(id, bytesOf(secret));
      const until = (ledger.now() + overlap * 1_000) as EpochMs;
      const payload = { ...factsOf(made.secret), replaces: id, overlap_until: until };
      await tell(api, made.secret, principal, { type: 'secret.rotated', payload });
      await secrets.replace(id, made, until);
      return reply.code(201).send(madeBody(made, api));
    },
  });

const revokeRoute = (api: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/webhook-secrets/:id/revoke',
    operationId: 'revokeWebhookSecret',
    summary: 'Have a secret work no longer',
    description: 'At once here, and within 2 seconds on every other node. Nothing of the secret is kept.',
    params,
    body: { schema: nothing.prefault({}), example: {} },
    replies: { 200: json('Revoked, now or before', secretText, { ...example, status: 'revoked' }) },
    problems: ['secret_unknown', ...appending],
    handle: async (input, { principal }) => {
      input.query();
      input.body();
      const { secrets } = api;
      const { id } = input.params;
      // Whatever becomes of the event, the secret works no longer; asked again, the event is recorded, once.
      await secrets.revoke(id);
      const secret = secrets.known(id);
      await tell(api, secret, principal, { type: 'secret.revoked', payload: { secret: id, source: secret.source } });
      return textOf(secret, secrets);
    },
  });

async function checkSource(source: string): Promise<void> {
  const { sourceFormats } = await import('../../sources/registry.js');
  const known = [ownSource, ...sourceFormats.map(({ format }) => format)];
  if (known.includes(source)) return;
  const message = `is none of ${known.join(', ')}`;
  throw new Problem('invalid_field', `source ${message}`, [{ field: 'source', message }]);
}

const bytesOf = (text: string | undefined): Uint8Array | undefined =>
  text === undefined ? undefined : (webhookSecretOf(text) ?? undefined);

async function tell({ ledger }: Api, secret: SecretRecord, { actor }: Principal, body: CommandBody): Promise<void> {
  const command = { ...body, key: `${body.type}:${secret.id}`, actor, source: 'webhook-secrets/1' } as Command;
  const outcome = await ledger.submitOne(secret.pool as PoolId, command);
  if (outcome.status === 'rejected') throw problemIn(outcome);
}

const factsOf = ({ id, source, pool, identity }: SecretRecord) => ({
  secret: id,
  source,
  pool: pool as PoolId,
  ...(identity === null ? {} : { identity: identityName.parse(identity) }),
});

const madeBody = ({ secret, text }: MadeSecret, { secrets }: Api): z.infer<typeof madeText> => ({
  ...textOf(secret, secrets),
  secret: text,
});

function textOf(secret: SecretRecord, secrets: Api['secrets']): z.infer<typeof secretText> {
  const { id, source, pool, identity, label, uses } = secret;
  return {
    id,
    source,
    pool,
    identity,
    label,
    status: secrets.faultOf(secret) ?? 'works',
    uses,
    created_at: isoText(secret.createdAt as EpochMs),
    last_used_at: timeText(secret.lastUsedAt),
    replaced_by: secret.replacedBy,
    overlap_until: timeText(secret.overlapUntil),
    revoked_at: timeText(secret.revokedAt),
  };
}

const timeText = (at: number | null): string | null => (at === null ? null : isoText(at as EpochMs));
