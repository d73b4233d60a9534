/** Where everybody stands at a time: the allocations worked out from the state, in the form that is printed. */
import type { EpochMs } from '../../events/scalars.js';
import { standingOf } from '../../events/standing.js';
import type { PoolState } from '../../events/state.js';
import { type AllocatedMember, type AllocatedWindow, allocate } from '../../fairness/allocate.js';
import { attachedMs } from '../../fairness/human.js';
import { isMeasured } from '../../fairness/window.js';

/** `attached`: a person works with it. `lends`: it asks for less than it may. `blocked`: a window it needs is used up. */
export type Mode = 'compliant' | 'lends' | 'rogue' | 'paused' | 'blocked' | 'attached';

/** Costs are US dollars, percentages 0 to 100, deviations standard deviations, times milliseconds UTC. */
export interface Overview {
  readonly at: number;
  /** Events it rests on. */
  readonly seq: number;
  readonly policy: { readonly version: number; readonly method: string; readonly mode: string };
  readonly windows: readonly OverviewWindow[];
  readonly identities: readonly OverviewIdentity[];
}

export interface OverviewWindow {
  readonly window: string;
  /** Null where it was never read, and its budget is not set. */
  readonly percent: number | null;
  readonly percent_deviation: number | null;
  readonly budget_usd: number | null;
  /** As a fraction of the budget. */
  readonly budget_deviation: number | null;
  readonly budget_known: boolean;
  readonly unattributed_usd: number | null;
  readonly exhausted: boolean;
  readonly resets_at: number | null;
  /** What may be used until the reset, by all. */
  readonly rate_usd_per_hour: number;
  /** If it is used on as now; null while too little is known. */
  readonly runout: {
    readonly burn_usd_per_hour: number;
    readonly p10: number;
    readonly p50: number;
    readonly p90: number;
    /** Probability that it runs out before its reset, 0 to 1. */
    readonly before_reset: number;
    readonly projected_percent: number;
  } | null;
  /** Percent used at the reset if everybody keeps to what the plan gives. */
  readonly followed_percent: number | null;
}

export interface OverviewIdentity {
  readonly name: string;
  readonly weight: number;
  readonly multiplier: number;
  /** Its part if everybody wanted all it can get, 0 to 1. */
  readonly share: number;
  readonly used_usd: number;
  /** What it is expected to get until the fairness period ends. */
  readonly remaining_usd: number;
  /** Above 0 it is owed, below it is ahead. */
  readonly balance_usd: number;
  /** What it was told last, and what it would be told now, in seconds. */
  readonly interval_s: number | null;
  readonly would_be_s: number;
  readonly last_run_at: number | null;
  /** Null where it may run at any time, or is paused without an end. */
  readonly next_run_at: number | null;
  readonly mode: Mode;
  readonly binding_window: string | null;
  readonly blocked_by: readonly string[];
  readonly reason: string;
  readonly windows: readonly {
    readonly window: string;
    readonly share: number;
    readonly used_usd: number;
    readonly remaining_usd: number | null;
  }[];
}

export function overviewOf(state: PoolState, at: EpochMs): Overview {
  const { windows, members } = allocate(state.fair, at);
  const { version, method, mode } = state.fair.policy;
  return {
    at,
    seq: state.seq,
    policy: { version, method, mode },
    windows: windows.map((window) => windowOf(window, members)),
    identities: members.map((member) => identityOf(state, member, at)),
  };
}

function windowOf(allocated: AllocatedWindow, members: readonly AllocatedMember[]): OverviewWindow {
  const { view, runout, rate, exhausted, unattributed } = allocated;
  const measured = isMeasured(view.window);
  return {
    window: view.key,
    percent: measured ? view.percent : null,
    percent_deviation: measured ? view.deviation : null,
    budget_usd: view.budget,
    budget_deviation: view.budgetDeviation,
    budget_known: view.known,
    unattributed_usd: unattributed,
    exhausted,
    resets_at: view.resetAt,
    rate_usd_per_hour: rate,
    runout:
      runout === null
        ? null
        : {
            burn_usd_per_hour: runout.burn,
            p10: runout.p10,
            p50: runout.p50,
            p90: runout.p90,
            before_reset: runout.beforeReset,
            projected_percent: runout.projected,
          },
    followed_percent: view.known ? followed(allocated, members) : null,
  };
}

/** What is used, what is expected of people and from outside the ledger, and what the plan gives. */
function followed(allocated: AllocatedWindow, members: readonly AllocatedMember[]): number {
  const { view, exhausted } = allocated;
  if (exhausted) return view.percent;
  let planned = 0;
  for (const { parts } of members) {
    for (const { window, remainingFraction } of parts) if (window === allocated) planned += remainingFraction ?? 0;
  }
  return (
    view.percent + view.unattributedAhead + view.perDollar * (view.humanHabit + view.humanAttached) + 100 * planned
  );
}

function identityOf(state: PoolState, allocated: AllocatedMember, at: EpochMs): OverviewIdentity {
  const { member, share, told, reason, parts } = allocated;
  const identity = state.identities.get(member.key);
  if (identity === undefined) throw new Error(`${member.name} has a share and is nobody`);
  const { nextRunAt, paused } = standingOf(identity, at);
  return {
    name: member.name,
    weight: member.weight,
    multiplier: member.multiplier,
    share: share?.nominal ?? 0,
    used_usd: share?.used ?? member.used,
    remaining_usd: share?.remaining ?? 0,
    balance_usd: share?.balance ?? 0,
    interval_s: member.issued,
    would_be_s: told.interval,
    last_run_at: member.lastAt,
    next_run_at: nextRunAt,
    mode: paused ? 'paused' : modeOf(allocated, at),
    binding_window: told.bindingWindow,
    blocked_by: told.blockedBy,
    reason,
    windows: parts.map(({ window, share: part, used, remaining }) => ({
      window: window.view.key,
      share: part,
      used_usd: used / 1e6,
      remaining_usd: remaining === null ? null : remaining / 1e6,
    })),
  };
}

function modeOf({ member, told, conduct }: AllocatedMember, at: EpochMs): Mode {
  if (told.blockedBy.length > 0) return 'blocked';
  if (member.lastWasCollaboration && member.lastAt !== null && at - member.lastAt <= attachedMs) return 'attached';
  if (conduct === 'demand') return 'lends';
  return conduct === 'rogue' ? 'rogue' : 'compliant';
}
