/** Alerts that decisions raise of themselves: about one identity, once until somebody clears them. */
import type { Draft } from '../envelope.js';
import type { IdentityName } from '../scalars.js';
import { foldName } from '../scalars.js';
import type { PoolState } from '../state.js';

export function raiseOnce(state: PoolState, rule: string, name: IdentityName, text: string): readonly Draft[] {
  const dedupeKey = `${rule}:${foldName(name)}`;
  if (state.alerts.has(dedupeKey)) return [];
  return [{ type: 'alert.raised', payload: { rule, subject: name, text, dedupe_key: dedupeKey } }];
}
