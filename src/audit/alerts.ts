/** What the log says of a sink of the audit trail that takes nothing: an alert, until it takes something again. */
import { defaultPool, type PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { byLedger } from '../ledger/own-commands.js';

const keyOf = (sink: string): string => `audit-behind:${sink}`;

export async function raiseBehind(ledger: Ledger, sink: string, why: string): Promise<void> {
  const pool = poolOf(ledger);
  if (pool === null) return;
  const text = `the audit trail does not reach ${sink}: ${why}`;
  const payload = { rule: 'audit-behind', subject: sink, text, dedupe_key: keyOf(sink) };
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
