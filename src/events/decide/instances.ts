/** What a report says about how its agent runs: from two hosts at once, or without having asked. */
import type { UsageReport } from '../catalogue/usage.js';
import type { Draft } from '../envelope.js';
import type { EpochMs } from '../scalars.js';
import type { Identity, PoolState } from '../state.js';
import { heldTurns } from '../turns.js';
import { raiseOnce } from './raise.js';

/** Two hosts that report in turns within this time are two instances of one agent. */
const instanceOverlapMs = 3_600_000;

/**
 * Raised when a host reports that had reported before another one did: one agent that moved shows each host once,
 * two instances show them in turns.
 */
export function instanceAlert(
  state: PoolState,
  identity: Identity,
  report: UsageReport,
  at: EpochMs,
): readonly Draft[] {
  const host = report.instance?.host ?? report.instance?.ip;
  const last = identity.instances.at(-1);
  if (host === undefined || last === undefined || last.host === host) return [];
  const earlier = identity.instances.find((instance) => instance.host === host);
  if (earlier === undefined || at - earlier.lastSeen > instanceOverlapMs) return [];
  const text = `${identity.name} reports from two hosts in turns: ${host} and ${last.host}`;
  return raiseOnce(state, 'two-instances', identity.name, text);
}

/** Where turns are enforced, an agent that runs by itself holds one. A person at work asks nobody. */
export function ranUnasked(
  state: PoolState,
  identity: Identity | undefined,
  { mode }: UsageReport,
  at: EpochMs,
): boolean {
  if (state.fair.policy.mode !== 'enforce' || mode !== 'autonomy') return false;
  return identity === undefined || heldTurns(state, identity, at).length === 0;
}
