/** Changes of the policy: what is not named stays as it is, and the whole of it is recorded. */
import type { Policy } from '../../fairness/policy.js';
import { canonicalJson } from '../canonical.js';
import type { CommandOf } from '../command.js';
import { accepted, type Decision, nothingToDo, rejected } from '../decision.js';
import type { PoolState } from '../state.js';

export function decidePolicy(state: PoolState, command: CommandOf<'policy.set'>): Decision {
  const { type, payload, occurredAt, onlyAbsent } = command;
  const { policy } = state.fair;
  const wanted = withoutAbsent(payload);
  const changed = (onlyAbsent === true ? { ...wanted, ...policy } : { ...policy, ...wanted }) as Policy;
  if (canonicalJson(changed) === canonicalJson(policy)) return nothingToDo;
  const bounds = ['interval_s_min', 'interval_s_base', 'interval_s_max', 'interval_s_hard_max'] as const;
  for (const [i, upper] of bounds.entries()) {
    const lower = bounds[i - 1];
    if (lower === undefined || changed[lower] <= changed[upper]) continue;
    return rejected(
      'invalid_field',
      `${lower} (${changed[lower]}) is above ${upper} (${changed[upper]})`,
      `payload.${upper}`,
    );
  }
  return accepted({ type, occurredAt, payload: { ...changed, version: policy.version + 1 } });
}

function withoutAbsent<T extends object>(payload: T): Partial<T> {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined)) as Partial<T>;
}
