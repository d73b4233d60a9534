/** What the log says of a sink of the audit trail that takes nothing: an alert, until it takes something again. */
import { createHash } from 'node:crypto';
import { defaultPool, type PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { byLedger } from '../ledger/own-commands.js';
import { limits } from '../limits.js';

/** Names may be longer than a key. */
const keyOf = (sink: string): string =>
  sink.length <= 200 ? `audit-behind:${sink}` : `audit-behind:${createHash('sha256').update(sink).digest('hex')}`;

export async function raiseBehind(ledger: Ledger, sink: string, why: string): Promise<void> {
  const pool = poolOf(ledger);
  if (pool === null) return;
  const subject = sink.slice(0, 200);
  const text = `the audit trail does not reach ${subject}: ${why}`.slice(0, limits.reasonCharactersMax);
  const payload = { rule: 'audit-behind', subject, text, dedupe_key: keyOf(sink) };
  await ledger.submitOne(pool, { type: 'alert.raised', payload, ...byLedger });
}

export async function clearBehind(ledger: Ledger, sink: string): Promise<void> {
  const pool = poolOf(ledger);
  if (pool === null || !ledger.stateAfter(pool).alerts.has(keyOf(sink))) return;
  const payload = { dedupe_key: keyOf(sink), reason: 'records arrive again' };
  await ledger.submitOne(pool, { type: 'alert.cleared', payload, ...byLedger });
}

function poolOf(ledger: Ledger): PoolId | null {
  return ledger.hasPool(defaultPool) ? defaultPool : (ledger.poolNames[0] ?? null);
}
