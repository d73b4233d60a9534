/**
 * The numbers of the dashboard, for the page and for `/dashboard/json`. Use is in US dollars throughout: the cost that
 * was reported, or what the ledger reckoned for tokens of the older form. Days are those of the pool's zone; the week
 * is today and the six days before.
 */
import { addDays, dateIn } from '../events/days.js';
import { isPaused, livingIdentities } from '../events/identities.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { Alert, Identity, PoolState } from '../events/state.js';
import { type AllocatedMember, type AllocatedWindow, allocate } from '../fairness/allocate.js';
import {
  type CollaborationStatus,
  collaborationPreferredDefault,
  collaborationStatusOf,
} from '../fairness/collaboration-status.js';
import type { Ledger } from '../ledger/ledger.js';
import { type Overdue, overdueIdentities } from './overdue.js';
import { type WindowView, windowViews } from './windows.js';

export interface Overview {
  readonly pool: PoolId;
  readonly at: EpochMs;
  readonly timeZone: string;
  readonly date: string;
  readonly seq: number;
  readonly windows: readonly WindowView[];
  /** What the controller makes of the windows, by key. */
  readonly forecasts: ReadonlyMap<string, AllocatedWindow>;
  readonly identities: readonly IdentityView[];
  readonly last24hUsd: number;
  readonly baseIntervalS: number;
  readonly allocationMode: string;
  /** The median interval that would be given now, over the base interval. */
  readonly quotaBrake: number;
  readonly quotaPaused: boolean;
  readonly overdue: readonly Overdue[];
  readonly alerts: readonly Alert[];
}

export interface IdentityView {
  readonly name: string;
  readonly model: string | null;
  readonly ipAddress: string | null;
  readonly retired: boolean;
  readonly status: string;
  readonly paused: boolean;
  readonly pauseUntil: EpochMs | null;
  readonly today: SpendTotals;
  readonly week: SpendTotals;
  readonly collaborationPreferred: number;
  readonly lastSeen: EpochMs | null;
  readonly lastIntervalS: number | null;
  /** When it should run next: its last report plus the interval it was given. */
  readonly nextDue: EpochMs | null;
  /** Null for one that has no share. */
  readonly fair: AllocatedMember | null;
}

export interface SpendTotals {
  readonly autonomous: number;
  readonly collaborative: number;
  readonly total: number;
  /** Part of the total that was collaboration, in percent with one decimal; 0 where nothing was used. */
  readonly collaborationPercent: number;
  readonly collaborationStatus: CollaborationStatus;
}

const overdueMultiplier = 3;
const weekDays = 7;
const dayMs = 86_400_000;

export async function overviewOf(ledger: Ledger, pool: PoolId): Promise<Overview> {
  const at = ledger.now() as EpochMs;
  const { timeZone } = ledger.state(pool);
  const date = dateIn(timeZone, at);
  const [costs, cost24h] = await Promise.all([
    costsOf(ledger, pool, date),
    ledger.costSince(pool, (at - dayMs) as EpochMs),
  ]);
  const state = ledger.state(pool);
  const { windows, members } = allocate(state.fair, Math.max(at, state.at));
  const fair = new Map(members.map((one) => [one.member.key, one]));
  const { policy } = state.fair;
  const intervals = members.map(({ told }) => told.interval).sort((a, b) => a - b);
  return {
    pool,
    at,
    timeZone,
    date,
    seq: state.seq,
    windows: windowViews(state, at),
    forecasts: new Map(windows.map((window) => [window.view.key, window])),
    identities: identityViews(state, costs, fair, at),
    last24hUsd: cost24h / 1e6,
    baseIntervalS: policy.interval_s_base,
    allocationMode: policy.method,
    quotaBrake: (intervals[intervals.length >> 1] ?? policy.interval_s_base) / policy.interval_s_base,
    quotaPaused: members.length > 0 && members.every(({ told }) => told.blockedBy.length > 0),
    overdue: overdueIdentities(state, at, overdueMultiplier),
    alerts: [...state.alerts.values()].reverse(),
  };
}

/** In micro-USD, today and in the week. */
interface CostRow {
  readonly name: string;
  readonly autonomousToday: number;
  readonly collaborativeToday: number;
  readonly autonomousWeek: number;
  readonly collaborativeWeek: number;
}

const costSql = `SELECT claude_name AS name,
    SUM(CASE WHEN date = ? THEN autonomous_cost_micro_usd ELSE 0 END) AS "autonomousToday",
    SUM(CASE WHEN date = ? THEN collaborative_cost_micro_usd ELSE 0 END) AS "collaborativeToday",
    SUM(autonomous_cost_micro_usd) AS "autonomousWeek",
    SUM(collaborative_cost_micro_usd) AS "collaborativeWeek"
  FROM daily_resource_share WHERE pool = ? AND date >= ? AND date <= ? GROUP BY claude_name`;

async function costsOf(ledger: Ledger, pool: PoolId, today: string): Promise<Map<string, CostRow>> {
  const rows = await ledger.query<CostRow>(costSql, [today, today, pool, addDays(today, 1 - weekDays), today]);
  return new Map(rows.map((row) => [row.name, row]));
}

/** Everybody who takes part, and those who left but used something this week; the largest use of the week first. */
function identityViews(
  state: PoolState,
  costs: ReadonlyMap<string, CostRow>,
  fair: ReadonlyMap<string, AllocatedMember>,
  at: EpochMs,
): IdentityView[] {
  const views: IdentityView[] = [];
  for (const identity of livingIdentities(state)) {
    const cost = costs.get(identity.name);
    if (identity.retiredAt === null || cost !== undefined) {
      views.push(identityView(identity, cost, fair.get(identity.key) ?? null, at));
    }
  }
  return views.sort((a, b) => b.week.total - a.week.total || (a.name < b.name ? -1 : 1));
}

function identityView(
  identity: Identity,
  cost: CostRow | undefined,
  fair: AllocatedMember | null,
  at: EpochMs,
): IdentityView {
  const preferred = identity.collaborativePref ?? collaborationPreferredDefault;
  const paused = isPaused(identity, at);
  const { lastSeen, lastInterval } = identity;
  return {
    name: identity.name,
    model: identity.model,
    ipAddress: identity.ipAddress,
    retired: identity.retiredAt !== null,
    status: identity.status,
    paused,
    pauseUntil: paused ? (identity.pause?.until ?? null) : null,
    today: spent(cost?.autonomousToday, cost?.collaborativeToday, preferred),
    week: spent(cost?.autonomousWeek, cost?.collaborativeWeek, preferred),
    collaborationPreferred: preferred,
    lastSeen,
    lastIntervalS: lastInterval,
    nextDue: lastSeen === null || lastInterval === null ? null : ((lastSeen + lastInterval * 1_000) as EpochMs),
    fair,
  };
}

function spent(autonomous = 0, collaborative = 0, preferred: number): SpendTotals {
  const total = autonomous + collaborative;
  const percent = total > 0 ? Math.round((collaborative / total) * 1_000) / 10 : 0;
  return {
    autonomous: autonomous / 1e6,
    collaborative: collaborative / 1e6,
    total: total / 1e6,
    collaborationPercent: percent,
    collaborationStatus: collaborationStatusOf(percent, preferred),
  };
}
