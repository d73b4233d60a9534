/** Everybody who takes part: what each is entitled to and has used, what it was told, and when it runs next. */
import type { IdentityStatus as Confirmation } from '../events/catalogue/identity.js';
import { livingIdentities } from '../events/identities.js';
import type { EpochMs, IdentityName } from '../events/scalars.js';
import { standingOf } from '../events/standing.js';
import type { Identity, PoolState } from '../events/state.js';
import { type AllocatedMember, type Allocations, type ReasonedAnswer, tellWithoutShare } from '../fairness/allocate.js';
import { collaborationPreferredDefault } from '../fairness/collaboration-status.js';
import type { Conduct } from '../fairness/wakes.js';
import { type IdentityState, identityStateOf } from './identity-state.js';
import { isOverdue } from './overdue.js';

/** Amounts are US dollars, intervals seconds, times milliseconds UTC. */
export interface IdentityStatus {
  readonly name: IdentityName;
  readonly model: string | null;
  readonly ipAddress: string | null;
  readonly confirmation: Confirmation;
  readonly state: IdentityState;
  /** Null for one that has no share: retired, or in quarantine. */
  readonly share: ShareStatus | null;
  /** When its last report was recorded; null before the first. */
  readonly lastReportAt: EpochMs | null;
  /** What it was told last, and what it would be told now. */
  readonly intervalS: number | null;
  readonly wouldBeS: number;
  /**
   * When it may run again, by its interval, by a pause, and by the windows that block it. Null where it may at any time, or is
   * paused without an end.
   */
  readonly nextRunAt: EpochMs | null;
  /** Whether it may run at this moment. */
  readonly mayRun: boolean;
  readonly paused: boolean;
  /** The end of its pause; null where it is not paused, or until resumed. */
  readonly pausedUntil: EpochMs | null;
  /** The end of its latest pause, also of one that is over. */
  readonly lastPauseUntil: EpochMs | null;
  readonly bindingWindow: string | null;
  /** Windows that block it until they reset. */
  readonly blockedBy: readonly string[];
  /** Why it would be told what it would be told now. */
  readonly reason: string;
  /** Percent of its use that it prefers to be collaboration. */
  readonly collaborationPreferred: number;
  /** Silent for more than three of its intervals, with nothing that excuses it. */
  readonly overdue: boolean;
}

/** What one who shares is entitled to, and has used in the current fairness period. */
export interface ShareStatus {
  readonly weight: number;
  /** Whose it is; null for nobody's. */
  readonly group: string | null;
  readonly multiplier: number;
  /** Its part by weight, 0 to 1. */
  readonly nominal: number;
  /** What counts as used for its share: a newcomer starts at the level of the others. 0 once the period has ended. */
  readonly usedUsd: number;
  /** What it really used in autonomous time. */
  readonly autonomousUsd: number;
  /** What it is expected to get until the period ends; 0 under the static method, which plans for nobody. */
  readonly remainingUsd: number;
  /** Above 0 it is owed, below it is ahead. All balances add up to 0; all are 0 under the static method. */
  readonly balanceUsd: number;
  /** Dollars per hour that it may use while it runs, and at an equal weighted share. */
  readonly rateUsdPerHour: number;
  readonly equalRateUsdPerHour: number;
  readonly conduct: Conduct | null;
  readonly present: boolean;
  readonly windows: readonly PartStatus[];
}

/** Its part of one window that counts its use. */
export interface PartStatus {
  readonly key: string;
  /** By weight among those that the window counts, 0 to 1. */
  readonly share: number;
  /** Used of this window's period, in whichever mode. */
  readonly usedUsd: number;
  /** Expected until the reset; null before the budget is known. */
  readonly remainingUsd: number | null;
}

/** How many intervals somebody may be silent before people are told. */
export const overdueMultiplier = 3;

/** Everybody who was not merged into another, in the order of keys. */
export function identitiesOf(state: PoolState, allocations: Allocations, at: EpochMs): IdentityStatus[] {
  const members = new Map(allocations.members.map((one) => [one.member.key, one]));
  const living = [...livingIdentities(state)].sort((a, b) => (a.key < b.key ? -1 : 1));
  return living.map((identity) => {
    const allocated = members.get(identity.key) ?? null;
    return identityOf(identity, allocated, allocated ?? tellWithoutShare(state.fair, allocations, identity.key), at);
  });
}

/** Identities that take part: neither retired nor merged into another. */
export function registeredIdentities(state: PoolState): Identity[] {
  return [...livingIdentities(state)].filter(({ retiredAt }) => retiredAt === null);
}

function identityOf(
  identity: Identity,
  allocated: AllocatedMember | null,
  { told, reason }: ReasonedAnswer,
  at: EpochMs,
): IdentityStatus {
  const { interval, nextRunAt: byInterval, paused } = standingOf(identity, at);
  const blocked = told.blockedBy.length > 0;
  const blockedUntil = blocked ? Math.ceil(at + told.raw * 1_000) : 0;
  const endless = paused && identity.pause?.until === null;
  const next = Math.max(byInterval ?? 0, blockedUntil);
  const nextRunAt = endless || next === 0 ? null : (next as EpochMs);
  const status = {
    name: identity.name,
    model: identity.model,
    ipAddress: identity.ipAddress,
    confirmation: identity.status,
    state: identityStateOf({ identity, allocated, paused, blocked }, at),
    share: allocated === null ? null : shareOf(allocated),
    lastReportAt: identity.lastSeen,
    intervalS: interval,
    wouldBeS: told.interval,
    nextRunAt,
    mayRun: !endless && (nextRunAt === null || nextRunAt <= at),
    paused,
    pausedUntil: paused ? (identity.pause?.until ?? null) : null,
    lastPauseUntil: identity.pause?.until ?? null,
    bindingWindow: told.bindingWindow,
    blockedBy: told.blockedBy,
    reason,
    collaborationPreferred: identity.collaborativePref ?? collaborationPreferredDefault,
  };
  return { ...status, overdue: isOverdue(status, at, overdueMultiplier) };
}

function shareOf({
  member,
  nominal,
  used,
  autonomy,
  share,
  told,
  conduct,
  present,
  parts,
}: AllocatedMember): ShareStatus {
  return {
    weight: member.weight,
    group: member.group,
    multiplier: member.multiplier,
    nominal,
    usedUsd: used,
    autonomousUsd: autonomy,
    remainingUsd: share?.remaining ?? 0,
    balanceUsd: share?.balance ?? 0,
    rateUsdPerHour: told.rate,
    equalRateUsdPerHour: told.proportional,
    conduct,
    present,
    windows: parts.map(({ window, share: part, used: usedMicroUsd, remaining }) => ({
      key: window.view.key,
      share: part,
      usedUsd: usedMicroUsd / 1e6,
      remainingUsd: remaining === null ? null : remaining / 1e6,
    })),
  };
}
