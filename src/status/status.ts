/**
 * Where a pool stands at an instant: the one read model that the page, the API and the command line render. It is computed
 * from the folded state, and changes nothing. Amounts are US dollars, percentages 0 to 100, times milliseconds UTC.
 */
import { dateIn } from '../events/days.js';
import { maintenanceAt } from '../events/maintenance.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { Alert, Maintenance, PoolState } from '../events/state.js';
import { allocate } from '../fairness/allocate.js';
import { areUnread } from '../fairness/bounds.js';
import { isByRun } from '../fairness/policy.js';
import type { Ledger } from '../ledger/ledger.js';
import { type IdentityStatus, identitiesOf, overdueMultiplier, registeredIdentities } from './identities.js';
import { type Overdue, overdueAmong } from './overdue.js';
import { type WindowStatus, windowsOf } from './windows.js';

export interface Status {
  readonly pool: PoolId;
  /** Not before the last event. */
  readonly at: EpochMs;
  /** The last event that it rests on. */
  readonly seq: number;
  readonly timeZone: string;
  /** The day of the pool's zone, as `YYYY-MM-DD`. */
  readonly date: string;
  readonly policy: PolicyStatus;
  readonly windows: readonly WindowStatus[];
  readonly identities: readonly IdentityStatus[];
  /** Identities that are neither retired nor merged into another. */
  readonly registered: number;
  /** The longest silence first. */
  readonly overdue: readonly Overdue[];
  /** Somebody works on the ledger, and agents wait; null where nobody does. */
  readonly maintenance: Maintenance | null;
  /** The newest first. */
  readonly alerts: readonly Alert[];
  /** The median interval that would be told now, over the base interval. */
  readonly quotaBrake: number;
  /**
   * Whether nothing was read of the quota that was believed, ever or for two days: under version 2 of the method nobody runs more
   * often than the base interval then.
   */
  readonly unread: boolean;
  /** Whether everybody who has a share waits for a full window. */
  readonly quotaPaused: boolean;
}

/** What people are told then; the base interval follows. */
export const unreadText =
  'No reading of it was believed in the last two days, and no budget is known: nobody runs more often than every';

export interface PolicyStatus {
  /** 0 for the default policy. */
  readonly version: number;
  readonly method: string;
  readonly mode: string;
  readonly baseIntervalS: number;
}

export function statusOf(state: PoolState, asked: EpochMs): Status {
  const at = Math.max(asked, state.at) as EpochMs;
  const allocations = allocate(state.fair, at, { forAnswer: true });
  const identities = identitiesOf(state, allocations, at);
  const { version, method, mode, interval_s_base: base } = state.fair.policy;
  const told = allocations.members.map((member) => member.told);
  const intervals = told.map(({ interval }) => interval).sort((a, b) => a - b);
  return {
    pool: state.pool,
    at,
    seq: state.seq,
    timeZone: state.timeZone,
    date: dateIn(state.timeZone, at),
    policy: { version, method, mode, baseIntervalS: base },
    windows: windowsOf(state, allocations, at),
    identities,
    registered: registeredIdentities(state).length,
    overdue: overdueAmong(identities, at, overdueMultiplier),
    maintenance: maintenanceAt(state, at),
    alerts: [...state.alerts.values()].reverse(),
    quotaBrake: (intervals[intervals.length >> 1] ?? base) / base,
    unread: isByRun(state.fair.policy) && areUnread(allocations.windows, at),
    quotaPaused: told.length > 0 && told.every(({ blockedBy }) => blockedBy.length > 0),
  };
}

/** The status of a pool of a running ledger now. */
export const statusNow = (ledger: Ledger, pool: PoolId): Status =>
  statusOf(ledger.state(pool), ledger.now() as EpochMs);
