/** The pool's own settings. */
import type { CommandOf } from '../command.js';
import { accepted, type Decision, nothingToDo } from '../decision.js';
import type { PoolState } from '../state.js';

export function decidePool(state: PoolState, { type, payload }: CommandOf<'pool.configured'>): Decision {
  if (state.seq > 0 && state.timeZone === payload.time_zone) return nothingToDo;
  return accepted({ type, payload });
}
