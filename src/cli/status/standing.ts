/** Where everybody stands at a time: the allocations worked out from the state, in the form that is printed. */
import { isPaused } from '../../events/identities.js';
import type { EpochMs } from '../../events/scalars.js';
import type { PoolState } from '../../events/state.js';
import { type AllocatedMember, type AllocatedWindow, allocate } from '../../fairness/allocate.js';

/** `attached`: a person works with it. `lends`: it asks for less than it may. `blocked`: a window it needs is used up. */
export type Mode = 'compliant' | 'lends' | 'rogue' | 'paused' | 'blocked' | 'attached';

/** Costs are US dollars, percentages 0 to 100, deviations standard deviations, times milliseconds UTC. */
export interface Standing {
  readonly at: number;
  /** Events it rests on. */
  readonly seq: number;
  readonly policy: { readonly version: number; readonly method: string; readonly mode: string };
  readonly windows: readonly StandingWindow[];
  readonly identities: readonly StandingIdentity[];
}

export interface StandingWindow {
  readonly key: string;
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
    /** That it runs out before its reset, 0 to 1. */
    readonly probability: number;
    readonly percent_at_reset: number;
  } | null;
  /** Percent used at the reset if everybody keeps to what the plan gives. */
  readonly percent_at_reset_if_followed: number | null;
}

export interface StandingIdentity {
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
  /** What it would be told now, and what it was told last, in seconds. */
  readonly interval_s: number;
  readonly told_s: number | null;
  readonly last_run: number | null;
  readonly next_run: number | null;
  readonly mode: Mode;
  readonly paused_until: number | null;
  readonly binding_window: string | null;
  readonly blocked_by: readonly string[];
  readonly reason: string;
  readonly windows: readonly {
    readonly key: string;
    readonly share: number;
    readonly used_usd: number;
    readonly remaining_usd: number | null;
  }[];
}

/** A person counts as there for so long after the last report of theirs. */
const attachedMs = 900_000;

export function standingOf(state: PoolState, at: EpochMs): Standing {
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

function windowOf(allocated: AllocatedWindow, members: readonly AllocatedMember[]): StandingWindow {
  const { view, runout, rate, exhausted, unattributed } = allocated;
  const measured = view.window.lastRead !== null || view.window.rule.known_budget_micro_usd !== undefined;
  return {
    key: view.key,
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
            probability: runout.beforeReset,
            percent_at_reset: runout.projected,
          },
    percent_at_reset_if_followed: view.known ? followed(allocated, members) : null,
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

function identityOf(state: PoolState, allocated: AllocatedMember, at: EpochMs): StandingIdentity {
  const { member, share, told, reason, parts } = allocated;
  const next = member.lastAt === null || member.issued === null ? null : member.lastAt + member.issued * 1_000;
  return {
    name: member.name,
    weight: member.weight,
    multiplier: member.multiplier,
    share: share?.nominal ?? 0,
    used_usd: share?.used ?? member.used,
    remaining_usd: share?.remaining ?? 0,
    balance_usd: share?.balance ?? 0,
    interval_s: told.interval,
    told_s: member.issued,
    last_run: member.lastAt,
    next_run: next,
    mode: modeOf(state, allocated, at),
    paused_until: state.identities.get(member.key)?.pause?.until ?? null,
    binding_window: told.bindingWindow,
    blocked_by: told.blockedBy,
    reason,
    windows: parts.map(({ window, share: part, used, remaining }) => ({
      key: window.view.key,
      share: part,
      used_usd: used / 1e6,
      remaining_usd: remaining === null ? null : remaining / 1e6,
    })),
  };
}

function modeOf(state: PoolState, { member, told, conduct }: AllocatedMember, at: EpochMs): Mode {
  const identity = state.identities.get(member.key);
  if (identity !== undefined && isPaused(identity, at)) return 'paused';
  if (told.blockedBy.length > 0) return 'blocked';
  if (member.lastWasCollaboration && member.lastAt !== null && at - member.lastAt <= attachedMs) return 'attached';
  if (conduct === 'demand') return 'lends';
  return conduct === 'rogue' ? 'rogue' : 'compliant';
}
