/** How an identity stands towards the quota now, in one word that every surface uses. The first of the list that holds is its state. */
import { hasShare } from '../events/identities.js';
import type { EpochMs } from '../events/scalars.js';
import type { Identity } from '../events/state.js';
import type { AllocatedMember } from '../fairness/allocate.js';
import { isAttached } from '../fairness/human.js';
import { isDisobedient } from '../fairness/planned-window.js';

export const identityStates = [
  'retired',
  'paused',
  'blocked',
  'quarantined',
  'attached',
  'ahead',
  'running',
  'waiting',
  'away',
  'lends',
  'due',
] as const;
export type IdentityState = (typeof identityStates)[number];

/** The state as tables and badges say it. */
export const stateWords: Readonly<Record<IdentityState, string>> = {
  retired: 'retired',
  paused: 'paused',
  blocked: 'blocked',
  quarantined: 'quarantined',
  attached: 'with a person',
  ahead: 'ahead of advice',
  running: 'running',
  waiting: 'waiting',
  away: 'away',
  lends: 'lends',
  due: 'due',
};

/** The state in a sentence, for whoever reads the reference. */
export const stateMeanings =
  '`retired`; `paused`; `blocked`: a window it needs is used up, or maintenance goes on, until `next_run_at`; `quarantined`: it has no share until it is confirmed; `attached`: a person works with it now; `ahead`: it runs more often, or for longer, than it is told; `running`: it holds a turn, or reported moments ago; `waiting`: until `next_run_at`; `away`: its time came, and it is not expected any more now; `lends`: its time came, and it mostly asks for less than it may have; `due`: it may run, since `next_run_at` or at any time.';

export interface StateFacts {
  readonly identity: Identity;
  /** Null for one that has no share. */
  readonly allocated: AllocatedMember | null;
  readonly paused: boolean;
  readonly blocked: boolean;
  /** Whether maintenance goes on, which keeps no person from working. */
  readonly held: boolean;
  /** Whether it holds a turn, or reported moments ago. */
  readonly running: boolean;
  /** Whether its time has come. */
  readonly mayRun: boolean;
}

export function identityStateOf(facts: StateFacts, at: EpochMs): IdentityState {
  const { identity, allocated, paused, blocked, held, running, mayRun } = facts;
  if (identity.retiredAt !== null) return 'retired';
  if (paused) return 'paused';
  if (blocked) return 'blocked';
  if (!hasShare(identity)) return 'quarantined';
  if (allocated !== null && isAttached(allocated.member, at)) return 'attached';
  if (held) return 'blocked';
  if (allocated?.present && allocated.conduct !== null && isDisobedient(allocated.conduct)) return 'ahead';
  if (running) return 'running';
  if (!mayRun) return 'waiting';
  if (allocated === null) return 'due';
  if (!allocated.present) return 'away';
  return allocated.conduct === 'demand' ? 'lends' : 'due';
}

/** What a state says of a time: `blocked until …`, `due since …`; without one, the word alone. `written` says how instants are. */
export function stateText(
  { state, nextRunAt, pausedUntil, intervalS }: StateTimes,
  written: (at: number) => string,
): string {
  const word = stateWords[state];
  switch (state) {
    case 'paused':
      return pausedUntil === null ? `${word} until resumed` : `${word} until ${written(pausedUntil)}`;
    case 'blocked':
    case 'waiting':
      return nextRunAt === null ? word : `${word} until ${written(nextRunAt)}`;
    case 'due':
      return nextRunAt === null || intervalS === null ? word : `${word} since ${written(nextRunAt)}`;
    default:
      return word;
  }
}

export interface StateTimes {
  readonly state: IdentityState;
  readonly nextRunAt: EpochMs | null;
  readonly pausedUntil: EpochMs | null;
  readonly intervalS: number | null;
}
