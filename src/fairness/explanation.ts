/** An explanation of an interval as data, in the steps in which it is worked out. `explain.ts` makes it. */
import type { Recommendation } from './interval.js';
import type { Conduct } from './wakes.js';

export interface Explanation {
  readonly at: number;
  readonly name: string | null;
  readonly windows: readonly ExplainedWindow[];
  /** In the order of keys; empty under the static method. */
  readonly sharers: readonly Sharer[];
  /** Who is held at which level by what, the lowest level first. */
  readonly levels: readonly HeldLevel[];
  /** Null for those who have no share, and for all under the static method. */
  readonly rate: RateStep | null;
  readonly interval: IntervalStep;
  /** Dollars it is owed (above 0) or ahead (below 0), and its part if everybody wanted all. */
  readonly balance: number | null;
  readonly nominal: number | null;
  readonly reason: string;
  readonly recommendation: Recommendation;
}

/** Steps 1 and 2. Percentages are 0 to 100, budgets and costs dollars, rates dollars per hour. */
export interface ExplainedWindow {
  readonly key: string;
  /** Whether it counts the use of the one who is explained. */
  readonly counts: boolean;
  /** The newest reading; null where it was never read. */
  readonly lastRead: number | null;
  readonly lastPercent: number | null;
  /** A reading that is far off waits for a second one. */
  readonly suspicious: boolean;
  readonly percent: number;
  readonly deviation: number;
  readonly budget: number | null;
  readonly budgetDeviation: number | null;
  /** Whether the budget is known well enough to plan with, and whether it is known by contract. */
  readonly known: boolean;
  readonly contract: boolean;
  /** Dollars used in this period as the ledger counts them, and outside of it; null before the budget is known. */
  readonly ledgerCost: number;
  readonly unattributedCost: number | null;
  readonly full: boolean;
  readonly exhausted: boolean;
  readonly resetAt: number | null;
  readonly hoursLeft: number;
  /** Percentage points kept free, and expected to go to use outside the ledger. */
  readonly margin: number;
  readonly unattributedAhead: number;
  /** Dollars kept for people: by habit, and because one works now. */
  readonly humanHabit: number;
  readonly humanAttached: number;
  /** Dollars left until the reset after all that; null before the budget is known. */
  readonly usable: number | null;
  readonly rate: number;
}

/** Step 3, and what step 4 makes of it. */
export interface Sharer {
  readonly key: string;
  readonly name: string;
  readonly weight: number;
  readonly multiplier: number;
  /** Weight times multiplier to the policy's power. */
  readonly omega: number;
  readonly used: number;
  /** Used over omega. */
  readonly level: number;
  readonly present: boolean;
  readonly pausedUntil: number | null;
  /** Part of the time until the reset in which it is expected to run, by window; absent where that one does not count it. */
  readonly expected: Readonly<Record<string, number>>;
  readonly wakeCost: number;
  readonly conduct: Conduct;
  /** How often it really runs, in seconds, and over what it was told; null where that is not known yet. */
  readonly gap: number | null;
  readonly ratio: number | null;
  /** Dollars per hour while running: planned, told, at an equal share. */
  readonly rate: number;
  readonly recommended: number;
  readonly proportional: number;
  readonly heldBy: string | null;
}

/** Step 4: a level at which a window is full, and who stays there; without a window, those held by their own caps. */
export interface HeldLevel {
  readonly window: string | null;
  readonly level: number | null;
  readonly names: readonly string[];
  /** Dollars per hour of the window that was there to share. */
  readonly rate: number | null;
}

/** Step 4 for the one who is explained: (omega · level − used) / hours, between floor and cap. */
export interface RateStep {
  readonly level: number | null;
  readonly omega: number;
  readonly used: number;
  readonly hours: number;
  /** Null where nothing but the cap holds it. */
  readonly byLevel: number | null;
  readonly floor: number;
  readonly cap: number;
  readonly rate: number;
  readonly proportional: number;
  readonly limit: 'level' | 'floor' | 'cap';
}

/** Step 5, in seconds. */
export interface IntervalStep {
  readonly wakeCost: number | null;
  /** Cost of a wake over the rate; null without one. */
  readonly even: number | null;
  /** The same where the wait runs over a reset, or the wait for full windows. */
  readonly raw: number;
  readonly shortest: number;
  readonly longest: number;
  readonly bounded: number;
  /** What it was told last, against which changes are smoothed; null where there is nothing to smooth against. */
  readonly last: number | null;
  readonly smoothing: 'none' | 'kept' | 'limited' | 'passed';
  readonly interval: number;
}
