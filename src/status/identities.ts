/** Everybody who takes part: what each is entitled to and has used, what it was told, and when it runs next. */
import type { IdentityStatus as Confirmation } from '../events/catalogue/identity.js';
import { isPaused, livingIdentities } from '../events/identities.js';
import { maintenanceAt, maintenanceKey, maintenanceReason } from '../events/maintenance.js';
import type { EpochMs, IdentityName } from '../events/scalars.js';
import { intervalEndOf } from '../events/standing.js';
import type { Identity, PoolState } from '../events/state.js';
import { heldTurns } from '../events/turns.js';
import {
  type AllocatedMember,
  type Allocations,
  allocate,
  type ReasonedAnswer,
  tellWithoutShare,
} from '../fairness/allocate.js';
import { collaborationPreferredDefault } from '../fairness/collaboration-status.js';
import { opensAt, staggerOf } from '../fairness/interval.js';
import { retiredReason } from '../fairness/reason.js';
import { reportedLately } from '../fairness/runs.js';
import type { Conduct } from '../fairness/wakes.js';
import type { WindowView } from '../fairness/window-view.js';
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
   * When it may run again, by its interval, by a pause, by maintenance, and by the windows that block it. Null where it may at any time, or is
   * paused without an end.
   */
  readonly nextRunAt: EpochMs | null;
  /** The same without a pause: when it is to be heard of. Null where it was never told. */
  readonly dueAt: EpochMs | null;
  /** Whether it may run at this moment. */
  readonly mayRun: boolean;
  readonly paused: boolean;
  /** The end of its pause; null where it is not paused, or until resumed. */
  readonly pausedUntil: EpochMs | null;
  /** The end of its latest pause, or of the latest maintenance, also of one that is over. */
  readonly lastPauseUntil: EpochMs | null;
  readonly bindingWindow: string | null;
  /** Windows that block it until they reset, and `maintenance` while that goes on. */
  readonly blockedBy: readonly string[];
  /** Why it would be told what it would be told now. */
  readonly reason: string;
  /** Percent of its use that it prefers to be collaboration. */
  readonly collaborationPreferred: number;
  /** Silent for more than three of its intervals, since the last of them began, with nothing that excuses it. */
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
  return living.map((identity) =>
    standingOf({ state, allocations, identity, allocated: members.get(identity.key) ?? null, at }),
  );
}

/** One identity now, to be looked at at once. In a large pool it takes a part of the time that all of them do. */
export function identityStatus(state: PoolState, identity: Identity, at: EpochMs): IdentityStatus {
  const allocations = allocate(state.fair, at, { forAnswer: true, only: identity.key });
  return standingOf({ state, allocations, identity, allocated: allocations.members[0] ?? null, at });
}

function standingOf(asked: Case): IdentityStatus {
  const { state, allocations, identity, allocated } = asked;
  const answer = allocated ?? tellWithoutShare(state.fair, allocations, identity.key);
  return identityOf(asked, identity.retiredAt === null ? answer : { ...answer, reason: retiredReason });
}

/** Identities that take part: neither retired nor merged into another. */
export function registeredIdentities(state: PoolState): Identity[] {
  return [...livingIdentities(state)].filter(({ retiredAt }) => retiredAt === null);
}

interface Case {
  readonly state: PoolState;
  readonly allocations: Allocations;
  readonly identity: Identity;
  /** Null for one that has no share. */
  readonly allocated: AllocatedMember | null;
  readonly at: EpochMs;
}

function identityOf(asked: Case, { told, reason }: ReasonedAnswer): IdentityStatus {
  const { state, identity, allocated, at } = asked;
  const paused = isPaused(identity, at);
  const maintenance = maintenanceAt(state, at);
  /** Only a person lets it run again. */
  const endless = identity.retiredAt !== null || (paused && identity.pause?.until === null);
  const byInterval = intervalEndOf(state, identity);
  const byWindows = windowsOpenAt(asked, told.blockedBy);
  const due = laterOf(byInterval ?? 0, byWindows ?? 0);
  const next = Math.max(due, paused ? (identity.pause?.until ?? 0) : 0, maintenance?.until ?? 0);
  const nextRunAt = endless || next === 0 ? null : (next as EpochMs);
  const mayRun = !endless && (nextRunAt === null || nextRunAt <= at);
  const blocked = told.blockedBy.length > 0;
  const running =
    heldTurns(state, identity, at).length > 0 || (allocated !== null && reportedLately(allocated.member, at));
  const status = {
    name: identity.name,
    model: identity.model,
    ipAddress: identity.ipAddress,
    confirmation: identity.status,
    state: identityStateOf({ identity, allocated, paused, blocked, held: maintenance !== null, running, mayRun }, at),
    share: allocated === null ? null : shareOf(allocated),
    lastReportAt: identity.lastSeen,
    intervalS: identity.lastInterval,
    wouldBeS: told.interval,
    nextRunAt,
    dueAt: byInterval === null ? null : (due as EpochMs),
    mayRun,
    paused,
    pausedUntil: paused ? (identity.pause?.until ?? null) : null,
    lastPauseUntil: laterEnd(identity.pause?.until ?? null, state.maintenance?.until ?? null),
    bindingWindow: told.bindingWindow,
    blockedBy: maintenance === null ? told.blockedBy : [...told.blockedBy, maintenanceKey],
    reason: maintenance === null || identity.retiredAt !== null ? reason : maintenanceReason(maintenance, at),
    collaborationPreferred: identity.collaborativePref ?? collaborationPreferredDefault,
  };
  return { ...status, overdue: isOverdue(status, at, overdueMultiplier) };
}

/** Of a pause and of maintenance: what ends last. */
function laterEnd(one: EpochMs | null, other: EpochMs | null): EpochMs | null {
  return one === null || (other !== null && other > one) ? other : one;
}

/** An interval is told in whole seconds: where it was the wait for the windows, it is that wait, rounded up. */
const roundedMs = 2_000;

const laterOf = (byInterval: number, byWindows: number): number =>
  byWindows === 0 || byInterval > byWindows + roundedMs ? byInterval : byWindows;

/**
 * When the windows that block it let it run again; or did, where it has not been heard of since: it comes back as late as it was
 * told while they were full. Null where they do not keep it waiting.
 */
function windowsOpenAt({ allocations, identity, allocated }: Case, blockedBy: readonly string[]): number | null {
  const { plan } = allocations;
  const stagger = staggerOf(plan, identity.key, identity.name);
  if (blockedBy.length > 0) return opensAt(plan, blockedBy, stagger);
  const { lastSeen } = identity;
  if (lastSeen === null) return null;
  const views =
    allocated?.parts.map(({ window }) => window.view) ?? plan.windows.map(({ view }) => view).filter(countsAllModels);
  const reopened = Math.max(0, ...views.map(({ reopenedAt }) => reopenedAt ?? 0));
  return reopened > lastSeen ? Math.ceil(reopened + stagger * 1_000) : null;
}

const countsAllModels = ({ window }: WindowView): boolean => window.rule.models === undefined;

function shareOf(allocated: AllocatedMember): ShareStatus {
  const { member, nominal, used, autonomy, told, conduct, present, parts } = allocated;
  return {
    weight: member.weight,
    group: member.group,
    multiplier: member.multiplier,
    nominal,
    usedUsd: used,
    autonomousUsd: autonomy,
    get remainingUsd() {
      return allocated.share?.remaining ?? 0;
    },
    get balanceUsd() {
      return allocated.share?.balance ?? 0;
    },
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
