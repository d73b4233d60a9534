/**
 * What identities have cost, as the tables of the pool add it up: the reported cost, or the price that the ledger computed for
 * tokens of the older form. Days are those of the pool's zone; the week is today and the six days before.
 */
import { addDays, dateIn } from '../events/days.js';
import type { EpochMs, IdentityName, PoolId } from '../events/scalars.js';
import { type CollaborationStatus, collaborationStatusOf } from '../fairness/collaboration-status.js';
import type { Ledger } from '../ledger/ledger.js';
import type { IdentityStatus } from './identities.js';
import { type Status, statusOf } from './status.js';

/** A status with what its identities have cost lately. */
export interface SpendStatus extends Omit<Status, 'identities'> {
  /** Everybody who takes part, and whoever retired but used something this week; the largest use of the week first. */
  readonly identities: readonly SpendingIdentity[];
  readonly todayUsd: number;
  readonly weekUsd: number;
  /** Use of the 24 hours before, to the millisecond. */
  readonly last24hUsd: number;
}

export interface SpendingIdentity extends IdentityStatus {
  readonly today: SpendTotals;
  readonly week: SpendTotals;
}

/** Costs of one identity in micro-USD, today and in the week. */
interface NamedCost {
  readonly name: IdentityName;
  readonly autonomousToday: number;
  readonly collaborativeToday: number;
  readonly autonomousWeek: number;
  readonly collaborativeWeek: number;
}

/** Use in US dollars, by mode. */
export interface SpendTotals {
  readonly autonomous: number;
  readonly collaborative: number;
  readonly total: number;
  /** Part of the total that was collaboration, in percent with one decimal; 0 where nothing was used. */
  readonly collaborationPercent: number;
  readonly collaborationStatus: CollaborationStatus;
}

const weekDays = 7;
const dayMs = 86_400_000;

const costSql = `SELECT claude_name AS name,
    SUM(CASE WHEN date = ? THEN autonomous_cost_micro_usd ELSE 0 END) AS "autonomousToday",
    SUM(CASE WHEN date = ? THEN collaborative_cost_micro_usd ELSE 0 END) AS "collaborativeToday",
    SUM(autonomous_cost_micro_usd) AS "autonomousWeek",
    SUM(collaborative_cost_micro_usd) AS "collaborativeWeek"
  FROM daily_resource_share WHERE pool = ? AND date >= ? AND date <= ? GROUP BY claude_name`;

/** The status of a pool of a running ledger now. */
export async function spendStatusNow(ledger: Ledger, pool: PoolId): Promise<SpendStatus> {
  const at = ledger.now() as EpochMs;
  const today = dateIn(ledger.state(pool).timeZone, at);
  const [rows, last24h] = await Promise.all([
    ledger.query<NamedCost>(costSql, [today, today, pool, addDays(today, 1 - weekDays), today]),
    ledger.costSince(pool, (at - dayMs) as EpochMs),
  ]);
  return withSpend(statusOf(ledger.state(pool), at), rows, last24h);
}

function withSpend(status: Status, rows: readonly NamedCost[], last24hMicroUsd: number): SpendStatus {
  const costs = new Map<string, NamedCost>(rows.map((row) => [row.name, row]));
  const identities = status.identities
    .filter(({ name, state }) => state !== 'retired' || costs.has(name))
    .map((identity): SpendingIdentity => {
      const cost = costs.get(identity.name);
      const { collaborationPreferred: preferred } = identity;
      return {
        ...identity,
        today: spendTotals(preferred, cost?.autonomousToday, cost?.collaborativeToday),
        week: spendTotals(preferred, cost?.autonomousWeek, cost?.collaborativeWeek),
      };
    })
    .sort((a, b) => b.week.total - a.week.total || (a.name < b.name ? -1 : 1));
  return {
    ...status,
    identities,
    todayUsd: identities.reduce((sum, { today }) => sum + today.total, 0),
    weekUsd: identities.reduce((sum, { week }) => sum + week.total, 0),
    last24hUsd: last24hMicroUsd / 1e6,
  };
}

/** Of one that used nothing lately. */
export const withoutUse = (identity: IdentityStatus): SpendingIdentity => ({
  ...identity,
  today: spendTotals(identity.collaborationPreferred),
  week: spendTotals(identity.collaborationPreferred),
});

/** Of micro-USD by mode; `preferred` is the percentage of collaboration that the identity prefers. */
function spendTotals(preferred: number, autonomous = 0, collaborative = 0): SpendTotals {
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
