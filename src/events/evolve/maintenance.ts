/** What maintenance changes: from when to when the last one is. */
import type { FoldedOf } from '../envelope.js';
import type { PoolState } from '../state.js';

/** One that goes on, and is said again, has gone on since it began. */
export function maintenanceBegan(state: PoolState, { payload, recorded_at: at }: FoldedOf<'maintenance.began'>): void {
  const { reason = null, until } = payload;
  const before = state.maintenance;
  const since = before !== null && !before.isEnded && at < before.until ? before.since : at;
  state.maintenance = { since, until, reason, isEnded: false };
}

export function maintenanceEnded(state: PoolState, { payload }: FoldedOf<'maintenance.ended'>): void {
  if (state.maintenance !== null) state.maintenance = { ...state.maintenance, until: payload.until, isEnded: true };
}
