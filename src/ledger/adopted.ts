/**
 * The answers to the keyed requests that adopted events came of. The requests themselves are not in the log: a key that
 * comes again is taken for the same request, as counting it twice would be worse than not noticing another content.
 */
import type { KeyedOutcome } from '../engines/engine.js';
import type { Advice } from '../events/advice.js';
import type { LedgerEvent } from '../events/envelope.js';

/** The digest of a request that is not known. */
export const anyRequest = '';

export function outcomesOf(events: readonly LedgerEvent[]): KeyedOutcome[] {
  const byKey = new Map<string, LedgerEvent>();
  for (const event of events) {
    if (event.key === null) continue;
    const before = byKey.get(event.key);
    if (before === undefined || before.type === 'identity.registered') byKey.set(event.key, event);
  }
  return [...byKey].map(([key, event]) => ({
    key,
    digest: anyRequest,
    seq: event.seq,
    answer: JSON.stringify({ status: 'recorded', advice: adviceIn(event) }),
  }));
}

/** The interval is in the log; what it was derived from is not. */
function adviceIn(event: LedgerEvent): Advice | undefined {
  if (event.type !== 'usage.recorded') return undefined;
  const { issued_interval_s: interval, blocked_by: blockedBy = [] } = event.payload;
  if (interval === undefined) return undefined;
  return {
    interval_s: interval,
    recheck_after_s: null,
    multipliers: { fairness: 1, quota_brake: 1, combined: 1 },
    quota_status: 'available',
    quota_paused: blockedBy.length > 0,
    blocked_by: blockedBy,
    binding_window: null,
    reason: 'The report was imported; this is the interval it got.',
  };
}
