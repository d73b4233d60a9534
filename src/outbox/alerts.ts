/** What the logs say of messages that do not arrive: an alert for each endpoint, until one arrives again. */
import { defaultPool, type PoolId } from '../events/scalars.js';
import type { EndpointRecord, Ledger } from '../ledger/ledger.js';
import { byLedger } from '../ledger/own-commands.js';

const keyOf = ({ id }: EndpointRecord): string => `delivery-dead:${id}`;

/** In the pool that the message is of. */
export async function raiseDead(ledger: Ledger, endpoint: EndpointRecord, pool: string, text: string): Promise<void> {
  const where = ledger.hasPool(pool) ? (pool as PoolId) : defaultPool;
  const payload = { rule: 'delivery-dead', subject: endpoint.id, text, dedupe_key: keyOf(endpoint) };
  await ledger.submitOne(where, { type: 'alert.raised', payload, ...byLedger });
}

export async function clearDead(ledger: Ledger, endpoint: EndpointRecord): Promise<void> {
  const key = keyOf(endpoint);
  for (const pool of ledger.poolNames) {
    if (!ledger.stateAfter(pool).alerts.has(key)) continue;
    const payload = { dedupe_key: key, reason: 'a message arrived' };
    await ledger.submitOne(pool, { type: 'alert.cleared', payload, ...byLedger });
  }
}
