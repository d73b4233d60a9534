/** Finding an event by what a path calls it. */
import * as z from 'zod';
import type { StoredEvent } from '../../events/envelope.js';
import { eventId, type PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { Problem } from '../../problems.js';

export const eventParams = z.object({ id: z.string().describe('ULID, or seq in the pool.') });

/** By ULID, or by seq in the pool. Throws `event_unknown`. */
export async function eventByRef(ledger: Ledger, pool: PoolId, ref: string): Promise<StoredEvent> {
  const event = /^\d{1,15}$/.test(ref) ? await ledger.eventAt(pool, Number(ref)) : await byId(ledger, pool, ref);
  if (event === null) throw new Problem('event_unknown', `pool ${pool} has no event ${ref.slice(0, 100)}`);
  return event;
}

async function byId(ledger: Ledger, pool: PoolId, id: string): Promise<StoredEvent | null> {
  const parsed = eventId.safeParse(id.toUpperCase());
  if (!parsed.success) return null;
  const event = await ledger.findEvent(parsed.data);
  return event.pool === pool ? event : null;
}
