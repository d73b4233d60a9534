/** `GET /v1/head` and `GET /v1/events/{id}/proof`: what anybody needs to check the chain without trusting this server. */
import * as z from 'zod';
import { genesisHash } from '../../events/chain.js';
import { eventText } from '../../events/event-text.js';
import type { PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import { sendSigned } from '../checkpoints.js';
import { poolOf } from '../context.js';
import { sendText } from '../formats.js';
import { hasScope } from '../principal.js';
import { poolName } from '../query.js';
import { type Area, json, route } from '../route.js';
import { eventByRef, eventParams } from './event-ref.js';
import { eventExample, eventSchema } from './event-schema.js';

const query = z.strictObject({ pool: poolName });

const proofQuery = z.strictObject({
  pool: poolName,
  format: z
    .enum(['json', 'tlog-proof'], 'is neither json nor tlog-proof')
    .optional()
    .describe(
      '`tlog-proof`: that the event is in the log of the newest signed checkpoint, in at most 64 hashes (C2SP).',
    ),
});

const head = z.object({
  pool: z.string(),
  seq: z.int().describe('0 for an empty log.'),
  id: z.string().nullable(),
  hash: z.string(),
  recorded_at: z.int(),
});

const proof = z.object({
  event: eventSchema,
  previous_hash: z.string().describe('Hash of the event before it; zeros for the first.'),
  links: z.array(eventSchema).describe(`The events after it, up to the head or ${limits.proofLinksMax} of them.`),
  head,
  complete: z.boolean().describe('Whether the links reach the head.'),
});

const recipe = `To check it: recompute the chain from \`previous_hash\` over \`event\` and \`links\`; the last hash must be the one you expect, for example that of a head you noted earlier or elsewhere.

\`digest\` is the SHA-256 of the payload as canonical JSON (RFC 8785). \`hash\` is the SHA-256 of: one byte with the hash version (1); the 32 bytes of the hash before; then pool, seq, id, type, version, occurred_at, recorded_at, actor, source, key and correlates in this order, each as UTF-8 text (numbers in decimal) behind its length in bytes as an unsigned 32 bit big endian number, or ff ff ff ff and nothing for null; and the 32 bytes of the digest.`;

const headExample = {
  pool: 'default',
  seq: 42,
  id: eventExample.id,
  hash: eventExample.hash,
  recorded_at: eventExample.recorded_at,
};

export const chainArea: Area = {
  routes: ({ ledger, checkpoints }) => [
    route({
      method: 'GET',
      url: '/v1/head',
      scope: 'read',
      operationId: 'getHead',
      tag: 'Chain',
      summary: 'The newest event of a pool: where its chain ends',
      query,
      replies: { 200: json('The head', head, headExample) },
      problems: ['pool_unknown'],
      handle: async (input): Promise<z.infer<typeof head>> => {
        const pool = poolOf(ledger, input.query().pool);
        const { seq, id, hash, recorded_at } = await ledger.head(pool);
        return { pool, seq, id, hash: hash, recorded_at };
      },
    }),
    route({
      method: 'GET',
      url: '/v1/events/:id/proof',
      scope: 'any',
      operationId: 'getProof',
      tag: 'Chain',
      summary: 'An event and the chain that follows it',
      description: `${recipe}

With a key of the scope \`ingest\` only \`tlog-proof\` is given: whoever reports verifies what was acknowledged, and reads no events.`,
      params: eventParams,
      query: proofQuery,
      replies: {
        200: {
          description: 'The event, the hash before it, and the links after it; or a proof by the newest checkpoint',
          content: { 'application/json': { schema: proof }, 'text/plain': { schema: z.string() } },
        },
      },
      problems: ['event_unknown', 'pool_unknown', 'checkpoint_missing', 'proof_delayed'],
      handle: async (input, request, reply) => {
        const { pool: named, format } = input.query();
        const pool = poolOf(ledger, named);
        if (format === 'tlog-proof')
          return sendSigned(reply, await checkpoints?.proofOf(pool, await eventByRef(ledger, pool, input.params.id)));
        if (!hasScope(request.principal, 'read'))
          throw new Problem('scope_missing', 'the event itself needs the scope read; `format=tlog-proof` does not');
        return sendText(reply, 'json', await proofText(ledger, pool, input.params.id));
      },
    }),
  ],
};

async function proofText(ledger: Ledger, pool: PoolId, ref: string): Promise<string> {
  const event = await eventByRef(ledger, pool, ref);
  const newest = await ledger.head(pool);
  const before = await ledger.eventAt(pool, event.seq - 1);
  const links = await ledger.readStored(pool, { after: event.seq, upTo: newest.seq, limit: limits.proofLinksMax });
  const complete = event.seq + links.length >= newest.seq;
  const end = { pool, seq: newest.seq, id: newest.id, hash: newest.hash, recorded_at: newest.recorded_at };
  return `{"event":${eventText(event)},"previous_hash":"${before?.hash ?? genesisHash}","links":[${links.map(eventText).join(',')}],"head":${JSON.stringify(end)},"complete":${complete}}`;
}
