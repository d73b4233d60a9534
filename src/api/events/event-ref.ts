/** Finding an event by what a path calls it. */
import * as z from 'zod';
import type { StoredEvent } from '../../events/envelope.js';
import { eventId, type PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { Problem } from '../../problems.js';

export const eventParams = z.object({ id: z.string().describe('ULID, or seq in the pool.') });

/** By ULID, or by seq in the pool. Throws `event_unknown`. */
export async function eventByRef(ledger: Ledger, pool: PoolId, ref: string): Promise<StoredEvent> {
  const event = /^\d{1,15}$/.test(ref) ? await bySeq(ledger, pool, Number(ref)) : await byId(ledger, pool, ref);
  if (event === undefined) throw new Problem('event_unknown', `pool ${pool} has no event ${ref.slice(0, 100)}`);
  return event;
}

async function bySeq(ledger: Ledger, pool: PoolId, seq: number): Promise<StoredEvent | undefined> {
  if (seq < 1) return undefined;
  return (await ledger.readStored(pool, { after: seq - 1, upTo: seq, limit: 1 }))[0];
}

async function byId(ledger: Ledger, pool: PoolId, id: string): Promise<StoredEvent | undefined> {
  const parsed = eventId.safeParse(id.toUpperCase());
  if (!parsed.success) return undefined;
  const event = await ledger.findEvent(parsed.data);
  return event.pool === pool ? event : undefined;
}
