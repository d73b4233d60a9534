/** What alerts change: which are open, which somebody has seen, and when the others were cleared. */
import { limits } from '../../limits.js';
import type { FoldedOf } from '../envelope.js';
import type { PoolState } from '../state.js';
import { dropOldest } from './drop-oldest.js';

export function alertRaised(state: PoolState, { seq, payload, recorded_at: at }: FoldedOf<'alert.raised'>): void {
  const { rule, subject, text, dedupe_key: key } = payload;
  state.alerts.set(key, { seq, rule, subject, text, raisedAt: at, acknowledgedAt: null });
  dropOldest(state.alerts, limits.alertsOpenMax);
}

export function alertAcknowledged(state: PoolState, event: FoldedOf<'alert.acknowledged'>): void {
  const alert = state.alerts.get(event.payload.dedupe_key);
  if (alert) alert.acknowledgedAt = event.recorded_at;
}

export function alertCleared(state: PoolState, { payload, recorded_at: at }: FoldedOf<'alert.cleared'>): void {
  const { dedupe_key: key } = payload;
  state.alerts.delete(key);
  state.alertsCleared.delete(key);
  state.alertsCleared.set(key, at);
  dropOldest(state.alertsCleared, limits.alertsOpenMax);
}
