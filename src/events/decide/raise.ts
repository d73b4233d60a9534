/** Alerts that decisions raise of themselves: about one identity or the pool, once until somebody clears them. */
import type { Draft } from '../envelope.js';
import type { IdentityName } from '../scalars.js';
import { foldName } from '../scalars.js';
import type { PoolState } from '../state.js';

export function raiseOnce(state: PoolState, rule: string, name: IdentityName, text: string): readonly Draft[] {
  return raiseAbout(state, rule, name, `${rule}:${foldName(name)}`, text);
}

/** About the pool as a whole. */
export const raiseForPool = (state: PoolState, rule: string, text: string): readonly Draft[] =>
  raiseAbout(state, rule, state.pool, rule, text);

export function raiseAbout(
  state: PoolState,
  rule: string,
  subject: string,
  key: string,
  text: string,
): readonly Draft[] {
  if (state.alerts.has(key)) return [];
  return [{ type: 'alert.raised', payload: { rule, subject, text, dedupe_key: key } }];
}
