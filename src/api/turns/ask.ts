/** `POST /v1/turns`: may I run? */
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { type Advice, advise } from '../../events/advice.js';
import { turnAsked, type turnDenied } from '../../events/catalogue/turn.js';
import { isoText } from '../../events/days.js';
import type { EventOf } from '../../events/envelope.js';
import { findIdentity } from '../../events/identities.js';
import type { PoolId } from '../../events/scalars.js';
import { refusalCauses } from '../../fairness/admit.js';
import type { Ledger } from '../../ledger/ledger.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import { nowFor, poolOf } from '../context.js';
import { sendProblem } from '../errors.js';
import { adviceBody, adviceExample, adviceSchema } from '../events/outcome-text.js';
import { keyHeaders } from '../keys.js';
import { type Area, appending, json, route } from '../route.js';
import { eventOf, poolQuery, submit, tag } from './commands.js';

const refusal = z.object({
  cause: z.enum(refusalCauses),
  retry_after_s: z.int(),
  reason: z.string(),
  blocked_by: z.array(z.string()).optional().describe('Keys of the windows that stop it.'),
});

const reply = z.object({
  status: z.literal('granted'),
  turn: z.string().describe('Id of the turn.'),
  name: z.string(),
  token: z.int().describe('To be sent with every request about the turn; a newer holder has a larger one.'),
  expires_at: z.string(),
  ttl_s: z.int().describe('Seconds it is held without being renewed.'),
  would_deny: refusal.optional().describe('Where turns are not enforced: what the answer would have been.'),
  advice: adviceSchema,
});
type Reply = z.infer<typeof reply>;

const example = {
  status: 'granted',
  turn: 't42',
  name: 'Ada',
  token: 42,
  expires_at: '2026-01-05T12:15:00.000Z',
  ttl_s: 900,
  advice: adviceExample,
};

export const askArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'POST',
      url: '/v1/turns',
      scope: 'ingest',
      operationId: 'askTurn',
      tag,
      summary: 'May this agent run?',
      description: `A turn is held for \`ttl_s\` seconds (${limits.turnSecondsDefault} when left out) and can be renewed while the agent runs. Only where the policy's \`mode\` is \`enforce\` is a turn refused: with 429, \`Retry-After\`, and the members \`cause\`, \`reason\`, \`retry_after_s\`, \`blocked_by\` and \`advice\`. An instance that holds a turn already gets that one again, with a new token (200). What was recorded is answered again under its \`Idempotency-Key\`, a denied turn too: ask again under another one.`,
      query: poolQuery,
      headers: keyHeaders,
      body: {
        schema: turnAsked,
        example: { name: 'Ada', estimate_micro_usd: 500_000, instance: { host: 'desk', pid: 4711 }, ttl_s: 900 },
      },
      replies: { 201: json('Granted', reply, example), 200: json('Granted before', reply, example) },
      problems: [
        'turn_denied',
        'turn_limit',
        'agent_unknown',
        'identity_limit',
        'key_reused',
        'pool_unknown',
        ...appending,
      ],
      handle: async (input, request, response) => {
        const pool = poolOf(ledger, input.query().pool);
        const asked = input.body();
        const outcome = await submit(ledger, pool, { type: 'turn.granted', payload: asked }, request);
        const event = await eventOf(ledger, pool, outcome);
        const advice = outcome.advice ?? adviceNow(ledger, pool, asked.name);
        if (event.type === 'turn.denied') return deny(request, response, event.payload, advice);
        if (event.type !== 'turn.granted' && event.type !== 'turn.renewed')
          throw new Error(`${event.type} answers nobody`);
        const isNew = outcome.status === 'recorded' && event.type === 'turn.granted';
        return response.code(isNew ? 201 : 200).send(granted(event, advice));
      },
    }),
  ],
};

function granted(event: EventOf<'turn.granted' | 'turn.renewed'>, advice: Advice): Reply {
  const { turn, name, token, expires_at: expiresAt, would_deny } = event.payload;
  return {
    status: 'granted',
    turn,
    name,
    token,
    expires_at: isoText(expiresAt),
    ttl_s: Math.round((expiresAt - event.recorded_at) / 1_000),
    ...(would_deny === undefined ? {} : { would_deny }),
    advice: adviceBody(advice),
  };
}

function deny(
  request: FastifyRequest,
  response: FastifyReply,
  denied: z.infer<typeof turnDenied>,
  advice: Advice,
): FastifyReply {
  const { cause, reason, retry_after_s, blocked_by } = denied;
  response.header('retry-after', String(retry_after_s));
  const problem = new Problem('turn_denied', reason);
  return sendProblem(request, response, problem, { cause, reason, retry_after_s, blocked_by, advice });
}

/** For an answer that was imported: its advice is not in the log. */
function adviceNow(ledger: Ledger, pool: PoolId, name: string): Advice {
  const state = ledger.state(pool);
  return advise(state, findIdentity(state, name) ?? null, nowFor(ledger, state));
}
