/** `POST /v1/turns/{turn}/renew`, `/settle`, `/release`: what the holder of a turn says. */
import * as z from 'zod';
import { adviceStamped } from '../../events/advice.js';
import { type TurnId, turnRenewal, turnReturn, turnSettlement } from '../../events/catalogue/turn.js';
import { isoText } from '../../events/days.js';
import type { EventOf } from '../../events/envelope.js';
import { instant, type PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { type Api, poolOf } from '../context.js';
import { adviceBody, adviceSchema } from '../events/outcome-text.js';
import { keyHeaders } from '../keys.js';
import { flag } from '../query.js';
import { type Area, appending, json, type Route, route } from '../route.js';
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

const problems = [
  'turn_unknown',
  'turn_fenced',
  'turn_expired',
  'turn_closed',
  'key_reused',
  'pool_unknown',
  ...appending,
] as const;
const common = { tag, params: turnParams, query: poolQuery, headers: keyHeaders, problems };

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

const settleQuery = poolQuery.extend({
  ask: flag.optional().describe('With `false` no interval is worked out, nor kept as one that the agent was told.'),
});

const giveBack = turnReturn.omit({ turn: true });
const releaseReply = z.object({ status: z.literal('released'), turn: z.string() });

export const holdArea: Area = {
  routes: (api) => [renewRoute(api), settleRoute(api), releaseRoute(api)],
};

const renewRoute = ({ ledger }: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/turns/:turn/renew',
    scope: 'ingest',
    operationId: 'renewTurn',
    summary: 'Hold a turn for longer',
    description: 'From now on for `ttl_s` seconds, as long as before when left out. A third of that is a good rhythm.',
    body: { schema: renewal, example: { token: 42 } },
    replies: { 200: json('Renewed', renewReply) },
    handle: async (input, request): Promise<z.infer<typeof renewReply>> => {
      const pool = poolOf(ledger, input.query().pool);
      const payload = { ...input.body(), turn: turnOf(input.params) };
      const event = await eventOf(ledger, pool, await submit(ledger, pool, { type: 'turn.renewed', payload }, request));
      const { turn, token, expires_at } = (event as EventOf<'turn.renewed'>).payload;
      const ttl_s = Math.round((expires_at - event.recorded_at) / 1_000);
      return { status: 'renewed', turn, token, expires_at: isoText(expires_at), ttl_s };
    },
  });

const settleRoute = ({ ledger }: Api): Route =>
  route({
    ...common,
    query: settleQuery,
    method: 'POST',
    url: '/v1/turns/:turn/settle',
    scope: 'ingest',
    operationId: 'settleTurn',
    summary: 'End a turn with what it used',
    description:
      'Records the use, as a report does, and ends the turn, both or none; answers when to run again. `usage` is a report without `name`; `mode` is `autonomy` when left out. Settling again with the same token answers as before.',
    body: {
      schema: settlement,
      example: { token: 42, usage: { cost_micro_usd: 125_000, model: 'claude-sonnet-4-5' } },
    },
    replies: { 201: json('Settled', settleReply), 200: json('Settled before', settleReply) },
    handle: async (input, request, response) => {
      const { pool: name, ask } = input.query();
      const pool = poolOf(ledger, name);
      const turn = turnOf(input.params);
      const { occurred_at: occurredAt, ...settlementAsked } = input.body();
      const payload = { ...settlementAsked, turn };
      const outcome = await submit(ledger, pool, { type: 'turn.settled', payload }, request, { occurredAt, ask });
      return response.code(outcome.status === 'recorded' ? 201 : 200).send(await settled(ledger, pool, turn, outcome));
    },
  });

const releaseRoute = ({ ledger }: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/turns/:turn/release',
    scope: 'ingest',
    operationId: 'releaseTurn',
    summary: 'Give a turn back unused',
    body: { schema: giveBack, example: { token: 42, reason: 'idle' } },
    replies: { 200: json('Released', releaseReply) },
    handle: async (input, request): Promise<z.infer<typeof releaseReply>> => {
      const payload = { ...input.body(), turn: turnOf(input.params) };
      await submit(ledger, poolOf(ledger, input.query().pool), { type: 'turn.released', payload }, request);
      return { status: 'released', turn: payload.turn };
    },
  });

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
