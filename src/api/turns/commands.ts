/** From requests about turns to commands, and back. */
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { type TurnId, turnId } from '../../events/catalogue/turn.js';
import type { CommandBody } from '../../events/catalogue.js';
import type { Command } from '../../events/command.js';
import type { EventOf, LedgerEvent } from '../../events/envelope.js';
import type { EpochMs, PoolId } from '../../events/scalars.js';
import { upcast } from '../../events/upcast.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Outcome } from '../../ledger/outcome.js';
import { Problem } from '../../problems.js';
import { problemIn } from '../events/append.js';
import { keyOf } from '../keys.js';
import { permit } from '../permission.js';
import { poolName } from '../query.js';

export const tag = 'Turns';
export const poolQuery = z.strictObject({ pool: poolName });
export const turnParams = z.object({ turn: z.string().describe('Id of the turn.') });

export type AcceptedOutcome = Exclude<Outcome, { status: 'rejected' }>;

/** Throws the rejection as a problem that names the fields as they were sent. */
export async function submit(
  ledger: Ledger,
  pool: PoolId,
  body: CommandBody,
  request: FastifyRequest,
  { occurredAt, ask }: { readonly occurredAt?: EpochMs | undefined; readonly ask?: boolean | undefined } = {},
): Promise<AcceptedOutcome> {
  const key = keyOf(request.headers);
  const { principal } = request;
  const command = { ...body, key, occurredAt, actor: principal.actor, source: 'turns/1' } as Command;
  permit(principal, () => ledger.state(pool), command);
  const outcome = await ledger.submitOne(pool, command, ask);
  if (outcome.status !== 'rejected') return outcome;
  throw problemIn({ ...outcome, field: outcome.field?.replace(/^payload\./, '') });
}

/** The turn of the path. Throws `turn_unknown` for what is the id of none. */
export function turnOf({ turn }: z.infer<typeof turnParams>): TurnId {
  const parsed = turnId.safeParse(turn);
  if (!parsed.success) throw new Problem('turn_unknown', `there is no turn ${turn.slice(0, 100)}`);
  return parsed.data;
}

export async function eventAt(ledger: Ledger, pool: PoolId, seq: number): Promise<LedgerEvent> {
  const event = await ledger.eventAt(pool, seq);
  if (event === null) throw new Error(`there is no event ${seq}`);
  return upcast(event);
}

/** The event an outcome names. */
export function eventOf(ledger: Ledger, pool: PoolId, { receipt }: AcceptedOutcome): Promise<LedgerEvent> {
  if (receipt === undefined) throw new Error('nothing was recorded where an answer was expected');
  return eventAt(ledger, pool, receipt.seq);
}

type LastOf = EventOf<'turn.renewed' | 'turn.settled' | 'turn.released' | 'turn.expired'>;

/** The grant of a turn, and what became of it last (null: nothing yet), from the log. Throws `turn_unknown`. */
export async function historyOf(
  ledger: Ledger,
  pool: PoolId,
  turn: TurnId,
): Promise<{ readonly grant: EventOf<'turn.granted'>; readonly last: LastOf | null }> {
  const stored = await ledger.eventAt(pool, Number(turn.slice(1)));
  const grant = stored === null ? null : upcast(stored);
  if (grant?.type !== 'turn.granted') throw new Problem('turn_unknown', `there is no turn ${turn}`);
  const types = ['turn.renewed', 'turn.settled', 'turn.released', 'turn.expired'];
  const [last] = await ledger.readEvents(pool, { correlates: grant.id, types, backwards: true, limit: 1 });
  return { grant, last: (last as LastOf | undefined) ?? null };
}
