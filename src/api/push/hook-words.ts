/** What an agent is told by a hook, in plain words: its share, whether it has to wait, and why. */
import { advise } from '../../events/advice.js';
import { findIdentity } from '../../events/identities.js';
import type { EpochMs, PoolId } from '../../events/scalars.js';
import { heldTurns } from '../../events/turns.js';
import type { Ledger } from '../../ledger/ledger.js';
import { type IdentityStatus, identityStatus } from '../../status/identities.js';
import { durationText } from '../../text/duration.js';
import { fractionText } from '../../text/percent.js';
import { clockText, relativeText } from '../../text/time.js';
import { visible } from '../../text/visible.js';
import { nowFor } from '../context.js';

export interface HookWords {
  readonly text: string;
  /** Whether it is to wait: where turns are enforced it does not begin. */
  readonly mustWait: boolean;
}

/** Changes nothing: a name that nobody knows is not registered by it. */
export function hookWords(ledger: Ledger, pool: PoolId, name: string): HookWords {
  const state = ledger.state(pool);
  const identity = findIdentity(state, name);
  if (identity === undefined) return newcomerWords(ledger, pool, name);
  const at = nowFor(ledger, state);
  const status = identityStatus(state, identity, at);
  // A person who works with the agent, and a turn that was granted, go before its interval.
  const isFree = status.state === 'attached' || heldTurns(state, identity, at).length > 0;
  const mustWait = status.state === 'retired' || (!status.mayRun && !isFree);
  const wait = mustWait ? waitText(status, at, state.timeZone) : 'may run now';
  return { mustWait, text: said(`${status.name} ${shareText(status)} and ${wait}.`, status.reason) };
}

function newcomerWords(ledger: Ledger, pool: PoolId, name: string): HookWords {
  const state = ledger.state(pool);
  const { interval_s: interval, quota_paused: isFull, reason } = advise(state, null, nowFor(ledger, state));
  const told = isFull
    ? `is to wait ${durationText(interval)}`
    : `may run now, and would be told to run every ${durationText(interval)}`;
  return { mustWait: isFull, text: said(`${name} is not known here yet: a newcomer ${told}.`, reason) };
}

const said = (sentence: string, reason: string): string => visible(`Resource-Share: ${sentence} Why: ${reason}`);

function shareText({ state, share }: IdentityStatus): string {
  if (state === 'retired') return 'is retired';
  return share === null ? 'has no share of the quota yet' : `has ${fractionText(share.nominal)} of the shared quota`;
}

function waitText({ state, nextRunAt, paused }: IdentityStatus, at: EpochMs, timeZone: string): string {
  if (state === 'retired') return 'does not run any more';
  const until =
    nextRunAt === null ? null : `${clockText(nextRunAt, timeZone)} (${timeZone}), ${relativeText(nextRunAt, at)}`;
  if (until === null) return 'is paused until somebody resumes it';
  return paused ? `is paused until ${until}` : `is to wait until ${until}`;
}
