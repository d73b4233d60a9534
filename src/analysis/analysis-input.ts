/** Events in the terms of the analysis. */
import { fairCost } from '../events/catalogue/usage.js';
import type { FoldedEvent } from '../events/envelope.js';
import { knownIdentity } from '../events/identities.js';
import { foldName, type IdentityName } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import type { AnalysisInput, Telling } from '../fairness/analysis.js';

/** The fact an event is, by the state it finds. */
export function analysisInputOf(state: PoolState, event: FoldedEvent): AnalysisInput {
  const keyOf = (name: IdentityName) => knownIdentity(state, name).key;
  switch (event.type) {
    case 'usage.recorded': {
      const { name, mode, model = null } = event.payload;
      const use = { key: keyOf(name), collaboration: mode !== 'autonomy', cost: fairCost(event.payload), model };
      return { kind: 'use', ...use, told: tellingOf(event.payload) };
    }
    case 'usage.corrected': {
      const { name, mode, difference, occurred_at: occurredAt } = event.payload;
      const cost = fairCost(difference);
      return {
        kind: 'correction',
        key: keyOf(name),
        collaboration: mode !== 'autonomy',
        cost,
        model: null,
        occurredAt,
      };
    }
    case 'agent.advised': {
      const told = tellingOf(event.payload);
      return told === null ? { kind: 'other' } : { kind: 'told', key: keyOf(event.payload.name), told };
    }
    case 'identity.merged':
      return { kind: 'merged', from: foldName(event.payload.from), into: keyOf(event.payload.into) };
    case 'quota.read':
    case 'quota.rejected':
      return { kind: 'reading' };
    default:
      return { kind: 'other' };
  }
}

interface Stamp {
  readonly issued_interval_s?: number | undefined;
  readonly blocked_by?: readonly string[] | undefined;
}

export function tellingOf({ issued_interval_s: interval, blocked_by: blockedBy }: Stamp): Telling | null {
  return interval === undefined ? null : { interval, blockedBy: blockedBy ?? [] };
}
