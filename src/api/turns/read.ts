/** `GET /v1/turns`: the turns that are open; `GET /v1/turns/{turn}`: one of them, or what became of it. */
import * as z from 'zod';
import type { InstanceFacts } from '../../events/catalogue/usage.js';
import { isoText } from '../../events/days.js';
import type { EventOf } from '../../events/envelope.js';
import { findIdentity, knownIdentity } from '../../events/identities.js';
import type { PoolState, Turn } from '../../events/state.js';
import { isHeld, knownTurn } from '../../events/turns.js';
import type { Ledger } from '../../ledger/ledger.js';
import { Problem } from '../../problems.js';
import { type CursorList, decodeCursor, encodeCursor } from '../../projections/pages.js';
import { nowFor, poolOf } from '../context.js';
import { permitIdentity } from '../permission.js';
import { pageLimit, poolName, rowsLimit, text } from '../query.js';
import { type Area, json, route } from '../route.js';
import { historyOf, poolQuery, tag, turnOf, turnParams } from './commands.js';

const listQuery = z.strictObject({
  pool: poolName,
  identity: text.optional().describe('Name or alias.'),
  limit: rowsLimit,
  cursor: z.string().max(1_000).optional().describe('`next` of the page before.'),
});

const turnText = z.object({
  turn: z.string(),
  name: z.string(),
  status: z.enum(['open', 'settled', 'released', 'expired']),
  granted_at: z.string(),
  expires_at: z.string().nullable().describe('Null once it has ended.'),
  estimate_micro_usd: z.int().describe('What is reserved for it while it is open.'),
  instance: z.object({ host: z.string().optional(), ip: z.string().optional(), pid: z.int().optional() }).nullable(),
  model: z.string().nullable(),
});
const list = z.object({
  pool: z.string(),
  turns: z.array(turnText),
  next: z.string().nullable().describe('Cursor of the next page; null on the last one.'),
});
const one = turnText.extend({
  ended_at: z.string().nullable(),
  usage_seq: z.int().nullable().describe('Seq of the event that holds what it used; null where it was not settled.'),
});

const example = {
  turn: 't42',
  name: 'Ada',
  status: 'open',
  granted_at: '2026-01-05T12:00:00.000Z',
  expires_at: '2026-01-05T12:15:00.000Z',
  estimate_micro_usd: 500_000,
  instance: { host: 'desk', pid: 4_711 },
  model: null,
};

export const readTurnArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'GET',
      url: '/v1/turns',
      scope: 'read',
      operationId: 'listTurns',
      tag,
      summary: 'Open turns, in the order they were granted',
      query: listQuery,
      replies: { 200: json('A page of turns', list, { pool: 'default', turns: [example], next: null }) },
      problems: ['identity_unknown', 'pool_unknown', 'cursor_invalid'],
      handle: async (input): Promise<z.infer<typeof list>> => openTurns(ledger, input.query()),
    }),
    route({
      method: 'GET',
      url: '/v1/turns/:turn',
      scope: 'any',
      operationId: 'getTurn',
      tag,
      summary: 'One turn, open or ended',
      params: turnParams,
      query: poolQuery,
      replies: { 200: json('The turn', one, { ...example, ended_at: null, usage_seq: null }) },
      problems: ['turn_unknown', 'pool_unknown'],
      handle: async (input, request): Promise<z.infer<typeof one>> => {
        const pool = poolOf(ledger, input.query().pool);
        const { grant, last } = await historyOf(ledger, pool, turnOf(input.params));
        permitIdentity(request.principal, () => ledger.state(pool), grant.payload.name);
        return turnThen(ledger.state(pool), grant, last, ledger);
      },
    }),
  ],
};

function openTurns(ledger: Ledger, asked: z.infer<typeof listQuery>): z.infer<typeof list> {
  const pool = poolOf(ledger, asked.pool);
  const state = ledger.state(pool);
  const at = nowFor(ledger, state);
  const limit = pageLimit(asked.limit);
  const after = asked.cursor === undefined ? 0 : (decodeCursor(listOf(pool), asked.cursor)[0] as number);
  const open = turnsOf(state, asked.identity).filter((turn) => isHeld(turn, at) && seqOf(turn) > after);
  const shown = open.slice(0, limit);
  const last = open.length > limit ? shown.at(-1) : undefined;
  const next = last === undefined ? null : encodeCursor(listOf(pool), [seqOf(last)]);
  return { pool, turns: shown.map((turn) => openTurn(state, turn)), next };
}

const seqOf = (turn: Turn): number => Number(turn.id.slice(1));

const listOf = (pool: string): CursorList => ({ pool, list: 'turns', descending: false, kinds: ['integer'] });

/** In the order they were granted; after a merge, those of one identity are not. */
function turnsOf(state: PoolState, name: string | undefined): Turn[] {
  if (name === undefined) return [...state.turns.values()];
  const identity = findIdentity(state, name);
  if (identity === undefined) throw new Problem('identity_unknown', `no identity is called ${name.slice(0, 100)}`);
  return identity.turns.map((id) => knownTurn(state, id)).sort((a, b) => seqOf(a) - seqOf(b));
}

function openTurn(state: PoolState, turn: Turn): z.infer<typeof turnText> {
  return {
    turn: turn.id,
    name: knownIdentity(state, turn.name).name,
    status: 'open',
    granted_at: isoText(turn.grantedAt),
    expires_at: isoText(turn.expiresAt),
    estimate_micro_usd: turn.estimateMicroUsd,
    instance: turn.instance === null ? null : instanceText(turn.instance),
    model: turn.model,
  };
}

const instanceText = ({ host, ip, pid }: InstanceFacts) => ({
  ...(host === undefined ? {} : { host }),
  ...(ip === undefined ? {} : { ip }),
  ...(pid === undefined ? {} : { pid }),
});

type History = Awaited<ReturnType<typeof historyOf>>;

/** A turn whose time is up has expired, also before that is recorded. */
function turnThen(
  state: PoolState,
  grant: EventOf<'turn.granted'>,
  last: History['last'],
  ledger: Ledger,
): z.infer<typeof one> {
  const { turn, estimate_micro_usd, instance, model = null } = grant.payload;
  const end = last === null || last.type === 'turn.renewed' ? null : last;
  const expiresAt = last?.type === 'turn.renewed' ? last.payload.expires_at : grant.payload.expires_at;
  const isDue = end === null && expiresAt <= ledger.now();
  const status = end === null ? (isDue ? 'expired' : 'open') : ends[end.type];
  return {
    turn,
    name: knownIdentity(state, grant.payload.name).name,
    status,
    granted_at: isoText(grant.recorded_at),
    expires_at: status === 'open' ? isoText(expiresAt) : null,
    estimate_micro_usd,
    instance: instance === undefined ? null : instanceText(instance),
    model,
    ended_at: end !== null ? isoText(end.occurred_at) : isDue ? isoText(expiresAt) : null,
    usage_seq: end?.type === 'turn.settled' ? end.payload.usage_seq : null,
  };
}

const ends = { 'turn.settled': 'settled', 'turn.released': 'released', 'turn.expired': 'expired' } as const;
