/** `GET /v1/checkpoint`, its key, and `GET /v1/consistency`: what others hold of a log, and proofs that it is still the same one. */
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { defaultPool, type PoolId } from '../events/scalars.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { isAddress, isNonce } from '../trust/ledger-proof.js';
import { hashLines, proofMediaType } from '../trust/proof.js';
import { poolOf } from './context.js';
import { poolName, seqNumber } from './query.js';
import { type Area, json, type Reply, route } from './route.js';

const query = z.strictObject({ pool: poolName });
const consistencyQuery = z.strictObject({
  pool: poolName,
  from: seqNumber
    .optional()
    .describe('How many events the older log had: 0 when left out, of which every log is a continuation.'),
  to: seqNumber.optional().describe('How many the newer one has: as many as the newest checkpoint when left out.'),
});

const proofQuery = z.strictObject({
  pool: poolName,
  nonce: z.string().refine(isNonce, 'is not 32 bytes in base64').describe('32 random bytes in base64.'),
  address: z
    .string()
    .refine(isAddress, 'is not a host with its port')
    .optional()
    .describe(
      'Host and port at which the client believes to be: one of this server, or of its `public_names`. For a client that shows a key.',
    ),
});

const consistency = z.object({
  pool: z.string(),
  from: z.int(),
  to: z.int(),
  hashes: z.array(z.string()).describe('Base64, as RFC 6962 orders them (section 2.1.2).'),
});

const textReply = (description: string, example: string): Reply => ({
  description,
  content: { 'text/plain': { schema: z.string(), example } },
});

const origin = 'resource-share/01JGY9X0V4T5M6N7P8Q9R0S1T2/default';
const noteExample = `${origin}
42
8Xd1o3sDbrl2EUdCwYsyBXPBQJpXLUJJjQh5mqQcXyI=
head 4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce
time 1767225600000

— ${origin} rmm2yJ1n2H…
`;

const proofExample = `resource-share proof of a ledger key v1
key ${origin}+ae69b6c8+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8
nonce 8Xd1o3sDbrl2EUdCwYsyBXPBQJpXLUJJjQh5mqQcXyI=
address 127.0.0.1:8765

— ${origin} rmm2yJ1n2H…
`;

/** Throws `checkpoint_missing` where there is nothing to send. */
export function sendSigned(reply: FastifyReply, text: string | null | undefined): FastifyReply {
  if (text === undefined) throw new Problem('checkpoint_missing', 'this server has no key to sign checkpoints with.');
  if (text === null) throw new Problem('checkpoint_missing', 'no checkpoint was signed yet that covers it.');
  return reply.header('content-type', proofMediaType).send(text);
}

/** Long because each route has its description beside it. */
export const checkpointArea: Area = {
  routes: ({ ledger, checkpoints, authorities }) => [
    route({
      method: 'GET',
      url: '/v1/checkpoint',
      scope: 'any',
      operationId: 'getCheckpoint',
      tag: 'Chain',
      summary: 'The newest signed checkpoint of a pool',
      description: `A signed note (C2SP tlog-checkpoint): how many events the log has, the root of the RFC 6962 tree over their chain hashes, the hash of the last one, and the time. One is signed every ${limits.checkpointSeconds} s by default, where the log has grown.`,
      query,
      replies: { 200: textReply('The note', noteExample) },
      problems: ['pool_unknown', 'checkpoint_missing'],
      handle: async (input, _request, reply) =>
        sendSigned(reply, await checkpoints?.newest(poolOf(ledger, input.query().pool))),
    }),
    route({
      method: 'GET',
      url: '/v1/checkpoint/key',
      scope: 'any',
      operationId: 'getCheckpointKey',
      tag: 'Chain',
      summary: 'The key that signs the checkpoints of a pool',
      description:
        'As text: `name+id+base64`. Who asks for it here trusts this server once; to be certain, take it from where the key lies.',
      query,
      replies: { 200: textReply('The key', `${origin}+ae69b6c8+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8\n`) },
      problems: ['pool_unknown', 'checkpoint_missing'],
      handle: async (input, _request, reply) => {
        const key = await checkpoints?.key(poolOf(ledger, input.query().pool));
        return sendSigned(reply, typeof key === 'string' ? `${key}\n` : key);
      },
    }),
    route({
      method: 'GET',
      url: '/v1/checkpoint/key/proof',
      scope: 'none',
      operationId: 'proveCheckpointKey',
      tag: 'Chain',
      summary: 'That this server has the key that signs the checkpoints of a pool',
      description:
        'A signed note of its own form, over the nonce and the address of the client. It is asked for before an API key is shown to whoever listens here.',
      query: proofQuery,
      replies: { 200: textReply('The note', proofExample) },
      problems: ['host_unknown', 'checkpoint_missing'],
      handle: async (input, _request, reply) => {
        const { pool = defaultPool, ...asked } = input.query();
        if (asked.address !== undefined && !authorities.isOwn(asked.address)) throw new Problem('host_unknown');
        // Whoever has no key is not told which pools there are.
        const known = ledger.hasPool(pool) ? (pool as PoolId) : null;
        return sendSigned(reply, known === null ? null : await checkpoints?.prove(known, asked));
      },
    }),
    route({
      method: 'GET',
      url: '/v1/consistency',
      scope: 'any',
      operationId: 'getConsistency',
      tag: 'Chain',
      summary: 'That a log continues what it was',
      description: 'By it, whoever holds an older checkpoint sees that no event before it was changed or lost.',
      query: consistencyQuery,
      replies: { 200: json('The hashes of the proof', consistency) },
      problems: ['pool_unknown', 'checkpoint_missing', 'proof_delayed'],
      handle: async (input): Promise<z.infer<typeof consistency>> => {
        const { pool: named, from = 0, to } = input.query();
        const pool = poolOf(ledger, named);
        const proof = await checkpoints?.consistency(pool, from, to);
        if (proof === null || proof === undefined)
          throw new Problem('checkpoint_missing', `no signed checkpoint has as many events as ${to ?? from}.`);
        return { pool, from, to: proof.to, hashes: hashLines(proof.hashes) };
      },
    }),
  ],
};
