/** `POST /v1/turns/{turn}/renew`, `/settle`, `/release`: what the holder of a turn says. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { adviceStamped } from '../../events/advice.js';
import { type TurnId, turnRenewal, turnReturn, turnSettlement } from '../../events/catalogue/turn.js';
import { parseWith } from '../../events/command.js';
import { isoText } from '../../events/days.js';
import type { EventOf } from '../../events/envelope.js';
import { instant, type PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { type Api, poolOf } from '../context.js';
import { describe, json } from '../describe.js';
import { adviceBody, adviceSchema } from '../events/outcome-text.js';
import { readQuery } from '../query.js';
import {
  type AcceptedOutcome,
  eventAt,
  eventOf,
  historyOf,
  poolQuery,
  submit,
  tag,
  turnOf,
  turnParams,
} from './commands.js';

const problems = ['turn_unknown', 'turn_fenced', 'turn_expired', 'turn_closed', 'invalid_field', 'key_reused'];
const common = { tag, params: turnParams, query: poolQuery, problems };

const renewal = turnRenewal.omit({ turn: true });
const renewReply = z.object({
  status: z.literal('renewed'),
  turn: z.string(),
  token: z.int(),
  expires_at: z.string(),
  ttl_s: z.int(),
});

const settlement = turnSettlement.omit({ turn: true }).extend({
  occurred_at: instant.optional().describe('When the run ended; now when left out.'),
});
const settleReply = z.object({
  status: z.literal('settled'),
  turn: z.string(),
  name: z.string(),
  usage_seq: z.int().describe('Seq of the event that holds what was used.'),
  cost_micro_usd: z.int().nullable().describe('Null: it is not known what the use cost.'),
  advice: adviceSchema.optional(),
});

const giveBack = turnReturn.omit({ turn: true });
const releaseReply = z.object({ status: z.literal('released'), turn: z.string() });

const poolFor = (ledger: Ledger, request: FastifyRequest): PoolId => poolOf(ledger, readQuery(poolQuery, request).pool);

export function holdRoutes(app: FastifyInstance, { ledger }: Api): void {
  const renew = describe({
    ...common,
    summary: 'Hold a turn for longer',
    description: 'From now on for `ttl_s` seconds, as long as before when left out. A third of that is a good rhythm.',
    body: { 'application/json': { schema: renewal, example: { token: 42 } } },
    replies: { 200: json('Renewed', renewReply) },
  });
  app.post('/v1/turns/:turn/renew', { schema: renew }, async (request): Promise<z.infer<typeof renewReply>> => {
    const pool = poolFor(ledger, request);
    const payload = { ...parseWith(renewal, request.body), turn: turnOf(request) };
    const event = await eventOf(ledger, pool, await submit(ledger, pool, { type: 'turn.renewed', payload }, request));
    const { turn, token, expires_at } = (event as EventOf<'turn.renewed'>).payload;
    const ttl_s = Math.round((expires_at - event.recorded_at) / 1_000);
    return { status: 'renewed', turn, token, expires_at: isoText(expires_at), ttl_s };
  });

  const settle = describe({
    ...common,
    summary: 'End a turn with what it used',
    description:
      'Records the use, as a report does, and ends the turn, both or none; answers when to run again. `usage` is a report without `name`; `mode` is `autonomy` when left out. Settling again with the same token answers as before.',
    body: {
      'application/json': {
        schema: settlement,
        example: { token: 42, usage: { cost_micro_usd: 125_000, model: 'claude-sonnet-4-5' } },
      },
    },
    replies: { 201: json('Settled', settleReply), 200: json('Settled before', settleReply) },
  });
  app.post('/v1/turns/:turn/settle', { schema: settle }, async (request, response) => {
    const pool = poolFor(ledger, request);
    const turn = turnOf(request);
    const { occurred_at, ...settlementAsked } = parseWith(settlement, request.body);
    const payload = { ...settlementAsked, turn };
    const outcome = await submit(ledger, pool, { type: 'turn.settled', payload }, request, occurred_at);
    return response.code(outcome.status === 'recorded' ? 201 : 200).send(await settled(ledger, pool, turn, outcome));
  });

  const release = describe({
    ...common,
    summary: 'Give a turn back unused',
    body: { 'application/json': { schema: giveBack, example: { token: 42, reason: 'idle' } } },
    replies: { 200: json('Released', releaseReply) },
  });
  app.post('/v1/turns/:turn/release', { schema: release }, async (request): Promise<z.infer<typeof releaseReply>> => {
    const payload = { ...parseWith(giveBack, request.body), turn: turnOf(request) };
    await submit(ledger, poolFor(ledger, request), { type: 'turn.released', payload }, request);
    return { status: 'released', turn: payload.turn };
  });
}

/** A turn that was settled before is answered from the log. */
async function settled(
  ledger: Ledger,
  pool: PoolId,
  turn: TurnId,
  outcome: AcceptedOutcome,
): Promise<z.infer<typeof settleReply>> {
  const { receipt, advice } = outcome;
  const end = receipt === undefined ? (await historyOf(ledger, pool, turn)).last : await eventOf(ledger, pool, outcome);
  if (end?.type !== 'turn.settled') throw new Error(`${turn} was settled, but its end is a ${end?.type}`);
  const { payload: use } = (await eventAt(ledger, pool, end.payload.usage_seq)) as EventOf<'usage.recorded'>;
  const told = advice ?? adviceStamped(use, 'The turn was settled before; this is the interval it got.');
  return {
    status: 'settled',
    turn,
    name: end.payload.name,
    usage_seq: end.payload.usage_seq,
    cost_micro_usd: use.cost_micro_usd ?? null,
    ...(told === undefined ? {} : { advice: adviceBody(told) }),
  };
}
