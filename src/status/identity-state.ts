/** How an identity stands towards the quota, in one word that every surface uses. The first of the list that holds is its state. */
import { hasShare } from '../events/identities.js';
import type { EpochMs } from '../events/scalars.js';
import type { Identity } from '../events/state.js';
import type { AllocatedMember } from '../fairness/allocate.js';
import { attachedMs } from '../fairness/human.js';

export const identityStates = [
  'retired',
  'paused',
  'blocked',
  'quarantined',
  'attached',
  'away',
  'rogue',
  'lends',
  'compliant',
] as const;
export type IdentityState = (typeof identityStates)[number];

/** The state as tables and badges say it. */
export const stateWords: Readonly<Record<IdentityState, string>> = {
  retired: 'retired',
  paused: 'paused',
  blocked: 'blocked',
  quarantined: 'quarantined',
  attached: 'with a person',
  away: 'away',
  rogue: 'rogue',
  lends: 'lends',
  compliant: 'compliant',
};

/** The state in a sentence, for whoever reads the reference. */
export const stateMeanings =
  '`retired`; `paused`; `blocked`: a window it needs is used up; `quarantined`: it has no share until it is confirmed; `attached`: a person works with it now; `away`: it is not expected to run now; `rogue`: it runs more often than it is told; `lends`: it asks for less than it may have; `compliant`: it does as it is told.';

export interface StateFacts {
  readonly identity: Identity;
  /** Null for one that has no share. */
  readonly allocated: AllocatedMember | null;
  readonly paused: boolean;
  readonly blocked: boolean;
}

export function identityStateOf({ identity, allocated, paused, blocked }: StateFacts, at: EpochMs): IdentityState {
  if (identity.retiredAt !== null) return 'retired';
  if (paused) return 'paused';
  if (blocked) return 'blocked';
  if (!hasShare(identity)) return 'quarantined';
  if (allocated === null) return 'compliant';
  const { member, present, conduct } = allocated;
  if (member.lastWasCollaboration && member.lastAt !== null && at - member.lastAt <= attachedMs) return 'attached';
  if (!present) return 'away';
  if (conduct === 'demand') return 'lends';
  return conduct === 'rogue' ? 'rogue' : 'compliant';
}
