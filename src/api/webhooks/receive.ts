/**
 * `POST /v1/webhooks/SOURCE`: what is signed by who sends it, by the rules of Standard Webhooks. The signature is over the id, the time
 * and the body alone: so the secret says which pool it goes to and whose use it is, and neither the query nor a header does.
 */
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { type CommandOf, requestDigest } from '../../events/command.js';
import type { EpochMs, PoolId } from '../../events/scalars.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import type { SecretRecord } from '../../trust/webhook-secrets.js';
import { isWebhookId, type WebhookMessage, webhookTimestamp } from '../../trust/webhook-signature.js';
import { acceptBytes, bytesOf } from '../bodies.js';
import type { Api } from '../context.js';
import { problemIn } from '../events/append.js';
import { outcomeBody, outcomeSchema } from '../events/outcome-text.js';
import { principalOfSecret } from '../principal.js';
import { countFields } from '../push/counts.js';
import { type Area, appending, json, route } from '../route.js';
import { type Delivery, type DeliveryResult, deliveryKey, deliverySource, takeDelivery } from './take.js';

const answer = z.object({
  status: z
    .enum(['recorded', 'repeated', 'nothing'])
    .describe('`repeated`: all of it was known, or the message itself; `nothing`: nothing in it is to be recorded.'),
  ...countFields,
  rejected: z.array(outcomeSchema).describe('What the ledger did not take, and why: the first of them.'),
});

const payload = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 125_000 };
const example: z.infer<typeof answer> = {
  status: 'recorded',
  recorded: 1,
  repeated: 0,
  corrected: 0,
  refused: 0,
  skipped: {},
  rejected: [],
};

export const receiveArea: Area = {
  prepare: acceptBytes,
  routes: (api) => [
    route({
      method: 'POST',
      url: '/v1/webhooks/:source',
      scope: 'signed',
      operationId: 'receiveWebhook',
      tag: 'Webhooks',
      summary: 'Take a signed webhook',
      description: `The body is what the source of that name wrote, unchanged (\`resource-share sources list\`), in JSON or text; of \`events\` it is a command, or an array of up to ${limits.arrayCommandsMax}, as \`POST /v1/events\` takes them. It is signed with a secret of the source, which says which pool it goes to and whose use it is: up to ${limits.webhookSecretsMax} of them work at once. The signature is checked over the bytes as they came, before anything reads them, and was made within ${limits.webhookAgeMsMax / 60_000} minutes of the time here. A message is recorded once: the same \`webhook-id\` with the same body is \`repeated\` for ever, however old, and with another body it is refused. Where everything in it is refused, so is the request, and what was refused is decided again when it is sent again.`,
      params: z.object({ source: z.string().describe('A format of `sources list`, or `events`.') }),
      headers: z.object({
        'webhook-id': z.string().describe('Of the message: the same whenever it is sent again.'),
        'webhook-timestamp': z.string().describe('When this attempt is made: seconds since 1970.'),
        'webhook-signature': z
          .string()
          .describe('`v1,` and the base64 of the signature; more than one are separated by spaces.'),
      }),
      body: { schema: z.unknown(), example: { type: 'usage.recorded', payload } },
      replies: { 200: json('Taken', answer, example) },
      problems: [
        'signature_required',
        'signature_refused',
        'signature_stale',
        'too_many_attempts',
        'key_reused',
        'body_refused',
        'identity_forbidden',
        'scope_missing',
        ...appending,
      ],
      bodyLimit: limits.bodyBytesMax,
      handle: (input, request) => receive(api, input.params.source, request),
    }),
  ],
};

async function receive(api: Api, source: string, request: FastifyRequest): Promise<z.infer<typeof answer>> {
  const { ledger, secrets, attempts } = api;
  const message = messageOf(request);
  const signer = secrets.signerOf(source, String(request.headers['webhook-signature']), message);
  if (signer === undefined) {
    if (attempts.note(request.ip)) throw new Problem('too_many_attempts');
    throw new Problem('signature_refused', `no secret of ${source.slice(0, 100)} that works has made this signature`);
  }
  request.principal = principalOfSecret(signer);
  const delivery: Delivery = { source, message, digest: digestOf(message.body), principal: request.principal };
  const received = receivedOf(delivery, signer);
  const pool = signer.pool as PoolId;
  const isStale = Math.abs(ledger.now() - message.timestamp * 1_000) > limits.webhookAgeMsMax;
  if (!isStale) secrets.noteUse(signer);
  const before = await ledger.recordedUnder(pool, received.key as string);
  if (before !== null) {
    // Of a message that was imported only its event is known.
    if (before.digest !== '' && before.digest !== requestDigest(received))
      throw new Problem('key_reused', `the webhook-id ${message.id} came before with another body`);
    return { ...example, status: 'repeated', recorded: 0 };
  }
  if (isStale)
    throw new Problem('signature_stale', 'the time of the signature is more than 5 minutes from that of this server');
  const taken = await takeDelivery(api, pool, delivery);
  await noteReceived(api, pool, received, taken);
  const { rejected, recorded, repeated, corrected, refused, skipped } = taken;
  return {
    status: recorded + corrected > 0 ? 'recorded' : repeated > 0 ? 'repeated' : 'nothing',
    ...{ recorded, repeated, corrected, refused, skipped },
    rejected: rejected.slice(0, 20).map((outcome) => outcomeBody(outcome, false)) as z.infer<typeof outcomeSchema>[],
  };
}

/** Of a message that was taken whole: until then it is decided again. Throws where nothing of it was taken, and something refused. */
async function noteReceived({ ledger }: Api, pool: PoolId, received: Received, taken: DeliveryResult): Promise<void> {
  const { recorded, repeated, corrected, refused, rejected } = taken;
  const known = recorded + repeated + corrected;
  const [first] = rejected;
  if (known === 0 && first !== undefined) throw problemIn(first);
  if (known === 0 || refused > 0) return;
  const payload = { ...received.payload, recorded, repeated, corrected };
  const outcome = await ledger.submitOne(pool, { ...received, payload });
  if (outcome.status === 'rejected') throw problemIn(outcome);
}

/** Throws `signature_refused`, naming the header that cannot be one of Standard Webhooks. */
function messageOf(request: FastifyRequest): WebhookMessage {
  const id = String(request.headers['webhook-id'] ?? '');
  if (!isWebhookId(id))
    throw new Problem('signature_refused', 'webhook-id is missing, or is none: up to 255 printable characters');
  const timestamp = webhookTimestamp(String(request.headers['webhook-timestamp'] ?? ''));
  if (timestamp === null)
    throw new Problem('signature_refused', 'webhook-timestamp is missing, or is no number of seconds since 1970');
  return { id, timestamp, body: bytesOf(request) };
}

type Received = CommandOf<'webhook.received'>;

/** The event that says that a message was taken; by its key a message that comes again is known. */
const receivedOf = (delivery: Delivery, signer: SecretRecord): Received => ({
  type: 'webhook.received',
  payload: {
    source: delivery.source,
    message: delivery.message.id,
    secret: signer.id,
    sent_at: (delivery.message.timestamp * 1_000) as EpochMs,
    ...{ recorded: 0, repeated: 0, corrected: 0 },
  },
  key: deliveryKey(delivery, 'all'),
  actor: delivery.principal.actor,
  source: deliverySource,
  sent: delivery.digest,
});

const digestOf = (body: string | Uint8Array): string => createHash('sha256').update(body).digest('hex');
