/**
 * A window as it stands at some moment, without changing it: what a plan and an explanation are made from. "A window's
 * life" in docs/concepts/fair-share.md.
 */
import { clamp, isKnown, unattributedMemoryHours } from './filter.js';
import { humanForecast } from './human.js';
import { type FairState, hourMs, type Window } from './state.js';
import { hasKnownBudget, isMeasured, isUsedUp } from './window.js';

export interface WindowView {
  readonly window: Window;
  readonly key: string;
  readonly percent: number;
  /** Standard deviation of the percentage, in points. */
  readonly deviation: number;
  /** Percent per dollar; 0 before anything is known. */
  readonly perDollar: number;
  /** Dollars in one period; null before anything is known. */
  readonly budget: number | null;
  /** Relative standard deviation of the budget. */
  readonly budgetDeviation: number | null;
  /** Whether the budget is known well enough to plan with. */
  readonly known: boolean;
  readonly full: boolean;
  /** When a full window may be used again, in milliseconds UTC; null where that is not known. */
  readonly reopensAt: number | null;
  /** When it was last used up and could be used again; null: it never was. */
  readonly reopenedAt: number | null;
  readonly resetAt: number | null;
  /** Hours to the reset, its whole length where none is known; at least a second. */
  readonly hoursLeft: number;
  readonly lengthHours: number;
  /** Percentage points expected until the reset from outside the ledger. */
  readonly unattributedAhead: number;
  /** Percent per hour of it now. */
  readonly unattributed: number;
  /** Dollars people are expected to use until the reset: by habit, and because one works now. */
  readonly humanHabit: number;
  readonly humanAttached: number;
  /** Dollars the ledger has counted in this period. */
  readonly ledgerCost: number;
  /** Whether the period the state speaks of has ended by then. */
  readonly ended: boolean;
}

/** `endsAtLatest`: the period of a full window whose end nobody told is taken to end one length after it was last said to be full. */
export function viewWindow(state: FairState, window: Window, at: number, endsAtLatest = false): WindowView {
  const { policy } = state;
  const memory = unattributedMemoryHours(window);
  const usedUp = isMeasured(window) && isUsedUp(policy, window);
  const end = window.resetAt ?? (endsAtLatest && usedUp ? latestEnd(window) : null);
  const ended = end !== null && at >= end;
  const resetAt = ended ? nextReset(window, at) : window.resetAt;
  const periodAt = ended ? (resetAt === null ? at : resetAt - window.lengthMs) : window.at;
  const idle = Math.max(0, at - periodAt) / hourMs;
  const reach = memory * (1 - Math.exp(-idle / memory));
  const { covariance: c, unattributed } = window;
  const kept = Math.exp(-Math.max(0, at - window.at) / hourMs / memory);
  const variance = ended ? 0.05 : c.pp + 2 * reach * c.pe + reach * reach * c.ee;
  const refused = !ended && window.refusedUntil !== null && at < window.refusedUntil;
  const hoursLeft = Math.max(1 / 3_600, resetAt === null ? window.lengthMs / hourMs : (resetAt - at) / hourMs);
  const now = unattributed * kept;
  const human = humanForecast(policy, window.human, at, hoursLeft);
  const perDollar = window.perDollar;
  return {
    window,
    key: window.key,
    percent: clamp(
      (ended ? 0 : window.percent) + reach * unattributed,
      0,
      window.account === null ? Number.POSITIVE_INFINITY : 100,
    ),
    deviation: hasKnownBudget(window) ? 0 : Math.sqrt(Math.max(0, variance)),
    perDollar,
    budget: perDollar > 0 ? 100 / perDollar : null,
    budgetDeviation: perDollar > 0 ? Math.sqrt(c.tt) / perDollar : null,
    known: isKnown(policy, window),
    full: (window.full && !ended) || refused,
    reopensAt: refused && !window.full ? window.refusedUntil : (resetAt ?? (ended ? null : end)),
    reopenedAt: reopenedAt(window, usedUp && ended ? end : null, at),
    resetAt,
    hoursLeft,
    lengthHours: window.lengthMs / hourMs,
    unattributedAhead: Math.max(0, now) * memory * (1 - Math.exp(-hoursLeft / memory)),
    unattributed: now,
    humanHabit: human.habit,
    humanAttached: human.attached,
    ledgerCost: ended ? 0 : window.cost - window.costAtStart,
    ended,
  };
}

/** A period that a reading or a refusal told of has ended one length later. */
function latestEnd({ lastRead, refusedAt, lengthMs }: Window): number | null {
  const known = Math.max(lastRead ?? Number.NEGATIVE_INFINITY, refusedAt ?? Number.NEGATIVE_INFINITY);
  return known === Number.NEGATIVE_INFINITY ? null : known + lengthMs;
}

function reopenedAt(window: Window, ended: number | null, at: number): number | null {
  const { refusedUntil } = window;
  const refusalEnded = refusedUntil !== null && refusedUntil <= at ? refusedUntil : null;
  const last = Math.max(ended ?? 0, refusalEnded ?? 0, window.reopenedAt ?? 0);
  return last === 0 ? null : last;
}

/** Dollars used in this period outside the ledger; null before the budget is known. */
export const unattributedCost = ({ known, percent, perDollar, ledgerCost }: WindowView): number | null =>
  known ? Math.max(0, percent / perDollar - ledgerCost) : null;

/** End of the period that runs at a time after the known one has ended; null where the next begins with use. */
function nextReset(window: Window, at: number): number | null {
  if (window.rule.anchor === 'use' || window.resetAt === null) return null;
  return window.resetAt + (Math.floor((at - window.resetAt) / window.lengthMs) + 1) * window.lengthMs;
}

/**
 * The windows a plan keeps within. A window nobody has read limits nothing; where none was read at all, the one of the
 * fairness period stands in, so that everybody runs around the base interval.
 */
export function plannedWindows(state: FairState, fair: Window | null): Window[] {
  const measured = [...state.windows.values()].filter(isMeasured);
  if (measured.length > 0) return measured;
  return fair === null ? [] : [fair];
}
