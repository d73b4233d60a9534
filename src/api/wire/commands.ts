/** From requests of the original wire to commands, and from rejections back to its field names. */
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { CommandBody, EventType } from '../../events/catalogue.js';
import type { Command } from '../../events/command.js';
import type { EventOf } from '../../events/envelope.js';
import type { PoolId } from '../../events/scalars.js';
import { upcast } from '../../events/upcast.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Outcome } from '../../ledger/outcome.js';
import { Problem } from '../../problems.js';
import { timeText } from '../../status/published.js';
import { permit } from '../permission.js';

const source = 'coop/1';

/** Every route of this wire works on one pool; other parameters are ignored. */
export const poolQuery = z.object({
  pool: z.string().optional().describe('Name of the pool; `default` when left out.'),
});

/** What the routes of this wire have in common. */
export const wire = { tag: 'Original wire', query: poolQuery, lenient: true } as const;

/** An instant as clients of this wire parse it: Python took a `Z` for UTC only from 3.11 on. */
export const wireTime = (at: number): string => timeText(at).replace(/Z$/, '+00:00');

/** Throws where whoever sends the request may not ask for it. */
export function commandOf(
  ledger: Ledger,
  pool: PoolId,
  { principal }: FastifyRequest,
  body: CommandBody,
  more: Partial<Pick<Command, 'key' | 'occurredAt' | 'sent' | 'registers'>> = {},
): Command {
  const command = {
    type: body.type,
    payload: body.payload,
    key: more.key,
    occurredAt: more.occurredAt,
    actor: principal.actor,
    source,
    sent: more.sent,
    registers: more.registers,
  } as Command;
  permit(principal, () => ledger.state(pool), command);
  return command;
}

export type AcceptedOutcome = Exclude<Outcome, { status: 'rejected' }>;

const wireNames: Readonly<Record<string, string>> = { 'payload.name': 'claude_name', occurred_at: 'timestamp' };

/** The outcome, or its rejection as a problem that names the field as it was sent. */
export function unwrapOutcome(outcome: Outcome): AcceptedOutcome {
  if (outcome.status !== 'rejected') return outcome;
  const { code, detail, field } = outcome;
  if (field === undefined) throw new Problem(code, detail);
  throw new Problem(code, detail, [{ field: wireNames[field] ?? field.replace(/^payload\./, ''), message: detail }]);
}

/** The event a receipt names, for answers that depend on what was decided rather than on what was asked. */
export async function eventOf<T extends EventType>(
  ledger: Ledger,
  pool: PoolId,
  { receipt }: AcceptedOutcome,
  type: T,
): Promise<EventOf<T>> {
  if (receipt === undefined) throw new Error(`nothing was recorded where a ${type} was expected`);
  const stored = await ledger.eventAt(pool, receipt.seq);
  const event = stored === null ? null : upcast(stored);
  if (event?.type !== type) throw new Error(`event ${receipt.seq} is not the ${type} its receipt names`);
  return event as EventOf<T>;
}
