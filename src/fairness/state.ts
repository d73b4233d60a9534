/**
 * What the controller knows of a pool, folded from events by `apply`. Times are integer milliseconds UTC, costs US
 * dollars, percentages 0 to 100, rates per hour. It is plain data: a snapshot of it is its JSON. "Symbols" in
 * docs/concepts/fair-share.md.
 */
import type { Policy, WindowRule } from './policy.js';

/** In pools of up to so many members, what concerns everybody is worked out at once. */
export const smallPool = 50;

export const hourMs = 3_600_000;

/** One who shares: its entitlement, its use, and the small models by which its future is judged. */
export interface Member {
  readonly key: string;
  readonly name: string;
  weight: number;
  multiplier: number;
  /** Model of its latest use, else the one it was registered with. */
  model: string | null;
  intervalSecondsMin: number | null;
  /** The owner it belongs to, null for none, and the weight of that group. */
  group: string | null;
  groupWeight: number;
  joinedAt: number;
  retired: boolean;
  /** Not to run before this time; null: may run. `Number.MAX_SAFE_INTEGER`: until resumed. */
  pausedUntil: number | null;
  /** ω = weight · multiplier^γ. */
  omega: number;
  /** U: what counts for its share in the current fairness period, in dollars. A newcomer starts at the others' level. */
  used: number;
  /** What it really used in the period, by mode, in dollars. */
  autonomy: number;
  collaboration: number;
  /** Mean cost of a wake in dollars, and of how many wakes. */
  wakeCost: number;
  wakes: number;
  lastAt: number | null;
  lastWasCollaboration: boolean;
  /** The interval it was last told, in seconds; null before the first. */
  issued: number | null;
  /** The last one that was not a wait for a reset: where the next one is smoothed against. */
  recommended: number | null;
  /** How long it really waits over what it was told, the wait in seconds, and how many samples. */
  ratio: number;
  gap: number;
  gaps: number;
  presence: Presence;
  /** Under version 2 of the method: its current run, or the last one; and how long its runs last, in seconds. */
  run: Run | null;
  runLength: number | null;
  /** Whether it was last told to wait for a full window. */
  blocked: boolean;
  /** The rate it may use by its last answer, in dollars per hour; null before the first. */
  toldRate: number | null;
  /** Whether it has reported since its last answer, with none asked for. */
  unanswered: boolean;
  /** When it was last answered; null before the first answer. */
  toldAt: number | null;
  /** Runs told long after they happened; use of a person in these minutes. */
  past: PastRuns | null;
  block: Block | null;
}

export interface Run {
  /** Milliseconds UTC: of its first report, or of its turn; and of its last report. */
  readonly start: number;
  last: number;
  /** x: dollars so far. */
  cost: number;
  /** The turn it was begun under; null where it began by a report. */
  readonly turn: string | null;
  /** No report without its turn's id belongs to it any more. */
  closed: boolean;
  /** What had been learnt before it, so that its reports together change that once: cost and number of runs, last answer. */
  readonly costBefore: number;
  readonly runsBefore: number;
  readonly recommendedBefore: number | null;
}

/** The runs of an imported history, told long after they happened: their mean cost stands in until there are current ones. */
export interface PastRuns {
  start: number;
  last: number;
  /** Dollars of the newest of them, and the mean before it and with it. */
  cost: number;
  meanBefore: number | null;
  mean: number;
}

/**
 * Squares of costs grow as if a run had been told at once: (X + c)² − X², where X is what it had cost before. For people it is a
 * block of five minutes.
 */
export interface Block {
  readonly start: number;
  cost: number;
}

/** When a member is there, learnt by hour of day and hour of week (UTC). */
export interface Presence {
  /** Counted as present until then, unless it reports before. */
  until: number;
  /** Integrated up to here. */
  at: number;
  /** Milliseconds present, and observed, in the hour of `at`. */
  presentMs: number;
  observedMs: number;
  /** Share of each hour of the day it was present, and how many hours that rests on. */
  byDay: number[];
  byDayCount: number[];
  /** The same by hour of the week; null where none was seen. */
  byWeek: (number | null)[];
  /** Running errors of the two as predictions. */
  errorByDay: number;
  errorByWeek: number;
}

/** One provider window: a Kalman filter over (percent used, percent per dollar, percent per hour outside the ledger). */
export interface Window {
  readonly key: string;
  rule: WindowRule;
  lengthMs: number;
  /** Begin and end of the current period; null where none is known or running. */
  startAt: number | null;
  resetAt: number | null;
  /** p: percent used. */
  percent: number;
  /** θ: percent per dollar; 0 before anything is known. */
  perDollar: number;
  /** e: percent per hour of use the ledger does not see. */
  unattributed: number;
  covariance: Covariance;
  /** Filter time. */
  at: number;
  /** Account that was read, '' where readings name none; null where no reading was judged before it was recorded. */
  account: string | null;
  /** Measurement time and percentage of the newest reading; null before the first. */
  lastRead: number | null;
  lastPercent: number;
  /** Percentage and ledger cost at the first reading of the period, and ledger cost at the newest. */
  firstPercent: number;
  firstCost: number;
  lastCost: number;
  /** A reading far off that waits for a second one: its deviation. */
  suspicion: number | null;
  full: boolean;
  /** The provider refuses work until then, though the period goes on after it; null: it does not. */
  refusedUntil: number | null;
  /** When work was last refused in this period, and when the window was last used up and could be used again; null: never. */
  refusedAt: number | null;
  reopenedAt: number | null;
  /** Cost of all use the window counts, ever, and when its period began. */
  cost: number;
  costAtStart: number;
  /** Micro-USD used in the period, by identity key: whoever it was, in whichever mode. */
  used: Map<string, number>;
  /** (time, cost) after uses of the last hours, oldest first. */
  history: CostHistory;
  human: HumanUse;
  burn: Burn;
  /** The filter as it was before its newest reading, should that one be taken back. */
  before: BeforeReading | null;
}

/** Upper triangle of the symmetric 3 × 3 covariance of (p, θ, e). */
export interface Covariance {
  pp: number;
  pt: number;
  pe: number;
  tt: number;
  te: number;
  ee: number;
}

export interface CostHistory {
  times: number[];
  costs: number[];
}

/** Use while people work: decayed sum and time up to `at`, and the rate in dollars per hour at the last report. */
export interface HumanUse {
  slow: number;
  slowHours: number;
  fast: number;
  at: number;
  lastAt: number | null;
}

/** Decayed sums of cost and its square, for the rate of burning now. */
export interface Burn {
  cost: number;
  /** Σ weight · cost². */
  costSquared: number;
  /** Σ weight² · cost². */
  costSquaredTwice: number;
  hours: number;
  at: number;
}

/** What a reading may change. */
export type FilterField =
  | 'startAt'
  | 'resetAt'
  | 'percent'
  | 'perDollar'
  | 'unattributed'
  | 'covariance'
  | 'at'
  | 'account'
  | 'lastRead'
  | 'lastPercent'
  | 'firstPercent'
  | 'firstCost'
  | 'lastCost'
  | 'suspicion'
  | 'full'
  | 'costAtStart';

export interface BeforeReading {
  readonly event: string;
  readonly cost: number;
  readonly filter: Pick<Window, FilterField>;
}

export interface FairState {
  policy: Policy;
  /** By key, in the order of their keys, so that sums are the same wherever they are made. */
  members: Map<string, Member>;
  windows: Map<string, Window>;
  /** By owner: dollars that count as used by the group when it began, in the current fairness period. */
  groups: Map<string, { base: number }>;
  /** Hours since 1970 that presence was closed for. */
  hour: number;
  /** Counts what ends a plan at once: anything but use. */
  revision: number;
}
