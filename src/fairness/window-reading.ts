/**
 * What a provider says of a window: that so much of it is used, that it refuses work, and that a reading was wrong. "A
 * window's life" in docs/concepts/fair-share.md.
 */
import { costAt, reachesTo } from './cost-history.js';
import { clamp, diagonal, driftOf, isKnown, type Lag, lagOf, observe, propagate, setPercent } from './filter.js';
import { fullPercent, isOfAnother } from './judge-reading.js';
import type { Policy } from './policy.js';
import type { Covariance, Window } from './state.js';
import { end, hasKnownBudget, isMeasured, noteReopened, restart, roll } from './window.js';

/** A reset announced later than expected by more than this, with less used, is an early reset. */
const earlyResetMs = 900_000;
/** A reset that moved by more than this means another period. */
export const movedResetMs = 600_000;
/** A percentage fell when it is lower by this many points. */
const fellPoints = 3;
const fullVariance = 0.1;

/** A reading says what the window stood at to this many points: it is rounded, and a little blurred. */
const readingPoints = 1.5;
/** One that arrives later than this after use that came since says where the window stood, not what a dollar is of it. */
const teachesHoursMax = 3;

export interface WindowReading {
  readonly key: string;
  readonly percent: number;
  readonly resetsAt: number | null;
  readonly lengthSeconds: number | null;
  /** Account it is of, where it was judged before it was recorded; absent in logs of before. */
  readonly account?: string | undefined;
  /** Whether its period is over. */
  readonly ended?: boolean | undefined;
}

/** Takes a reading, if it says anything about the current period. Returns whether a new period began. */
export function readWindow(
  policy: Policy,
  window: Window,
  reading: WindowReading,
  measuredAt: number,
  at: number,
  event: string,
): boolean {
  const { account } = reading;
  if (hasKnownBudget(window)) return false;
  if (reading.ended === true) return endPeriod(policy, window, reading, measuredAt, at);
  if (account === undefined ? !isAdmitted(window, reading, measuredAt, at) : isOverdue(window, account, measuredAt)) {
    return false;
  }
  const first = window.lastRead === null || (account !== undefined && isOfAnother(window, account));
  remember(window, event);
  const read = first ? readFirst : readNext;
  const began = read(policy, window, reading, measuredAt, at);
  if (account !== undefined) window.account = account;
  window.lastRead = measuredAt;
  window.lastPercent = reading.percent;
  window.lastCost = costAt(window.history, measuredAt);
  if (first || began) {
    window.firstPercent = reading.percent;
    window.firstCost = window.lastCost;
  }
  return began;
}

function isAdmitted(window: Window, reading: WindowReading, measuredAt: number, at: number): boolean {
  if (isOverdue(window, null, measuredAt)) return false;
  return reading.resetsAt === null || reading.resetsAt > at;
}

/** Whether a newer reading was taken, or the period began after it. */
function isOverdue(window: Window, account: string | null, measuredAt: number): boolean {
  if (window.startAt !== null && measuredAt < window.startAt) return true;
  if (account !== null && isOfAnother(window, account)) return false;
  return window.lastRead !== null && measuredAt <= window.lastRead;
}

/** A reading of a period that is over tells when it ended, where that was not known. */
function endPeriod(policy: Policy, window: Window, reading: WindowReading, measuredAt: number, at: number): boolean {
  const { resetsAt, account = '' } = reading;
  if (resetsAt === null || window.resetAt !== null || isOverdue(window, account, measuredAt)) return false;
  if (window.lastRead === null || isOfAnother(window, account)) return false;
  follow(window, resetsAt);
  return roll(policy, window, at);
}

function readFirst(policy: Policy, window: Window, reading: WindowReading, measuredAt: number, at: number): boolean {
  const judged = reading.account !== undefined;
  window.percent = reading.percent;
  window.perDollar = 0;
  window.unattributed = 0;
  window.covariance = unknownBudget(policy, window, policy.reading_variance);
  window.at = judged ? measuredAt : at;
  window.suspicion = null;
  if (reading.resetsAt !== null) follow(window, reading.resetsAt);
  judgeFull(policy, window, reading, 0);
  const costSince = window.cost - costAt(window.history, measuredAt);
  if (judged && costSince > 0) propagate(policy, window, at, costSince);
  return false;
}

/** Nothing is known yet of what a dollar is of it: a usual wake may well be half of it. */
function unknownBudget(policy: Policy, window: Window, variance: number): Covariance {
  const perDollarDeviation = 50 / (policy.wake_cost_micro_usd_prior / 1e6);
  return diagonal(variance, perDollarDeviation ** 2, driftOf(policy, window) ** 2);
}

function readNext(policy: Policy, window: Window, reading: WindowReading, measuredAt: number, at: number): boolean {
  const { percent, resetsAt } = reading;
  const judged = reading.account !== undefined;
  propagate(policy, window, judged ? measuredAt : at, 0);
  const fell = percent < window.percent - fellPoints;
  if (resetsAt === null) {
    const mayEnd = window.rule.anchor === 'use' || window.resetAt === null;
    if (percent <= window.percent - fellPoints && mayEnd) {
      noteReopened(policy, window, at);
      restart(window, percent, policy.reading_variance);
      end(window);
      return true;
    }
  } else if (window.resetAt !== null && resetsAt > window.resetAt + earlyResetMs && fell) {
    noteReopened(policy, window, at);
    restart(window, percent, policy.reading_variance);
    follow(window, resetsAt);
    window.costAtStart = costAt(window.history, window.startAt ?? at);
    return true;
  } else if (resetsAt !== window.resetAt) {
    takeReset(policy, window, resetsAt);
  }
  const lag = lagOf(window, measuredAt);
  if (percent < fullFrom(reading)) window.refusedUntil = null;
  if (window.full && percent < fullFrom(reading)) noteReopened(policy, window, at);
  if (percent >= fullFrom(reading) || window.full) judgeFull(policy, window, reading, lag.costSince);
  else if (window.startAt !== null || window.rule.anchor === 'fixed' || judged) {
    if (judged && lag.hoursSince > teachesHoursMax) anchor(policy, window, percent, lag);
    else observe(policy, window, percent, lag, judged);
    if (judged) holdTo(window, percent, lag);
  }
  return false;
}

/** The percentage is what was read, and what was used since. */
function anchor(policy: Policy, window: Window, measured: number, { costSince }: Lag): void {
  const variance = policy.reading_variance + costSince ** 2 * window.covariance.tt;
  setPercent(window, measured + window.perDollar * costSince, variance);
}

/** However sure the filter was: the window stood, when it was read, where the reading says. */
function holdTo(window: Window, measured: number, { costSince, hoursSince }: Lag): void {
  const usedSince = window.perDollar * costSince + window.unattributed * hoursSince;
  const then = window.percent - usedSince;
  const held = clamp(then, measured - readingPoints, measured + readingPoints);
  if (held !== then) window.percent = Math.max(0, held + usedSince);
}

/** A percentage from which on a reading says that the window is full. */
const fullFrom = ({ account }: WindowReading): number => (account === undefined ? 100 : fullPercent);

/** A reset that is not where it was thought to be; a window that begins with use is then another one than thought. */
function takeReset(policy: Policy, window: Window, resetsAt: number): void {
  const moved = window.resetAt === null || Math.abs(resetsAt - window.resetAt) > movedResetMs;
  follow(window, resetsAt);
  if (!moved || window.rule.anchor !== 'use' || !isKnown(policy, window)) return;
  const start = window.startAt ?? resetsAt;
  if (reachesTo(window.history, start)) {
    window.costAtStart = costAt(window.history, start);
    const percent = window.perDollar * (window.cost - window.costAtStart);
    setPercent(window, percent, policy.reading_variance + (0.2 * percent) ** 2);
  } else {
    window.covariance.pp += 9;
  }
}

function follow(window: Window, resetsAt: number): void {
  window.resetAt = resetsAt;
  window.startAt = resetsAt - window.lengthMs;
}

/** 100 % is a lower bound, not a measurement: the window is full, and its budget stays as it was known. */
function judgeFull(policy: Policy, window: Window, reading: WindowReading, costSince: number): void {
  const { percent, account } = reading;
  if (percent >= fullFrom(reading)) {
    window.full = true;
    setPercent(window, account === undefined ? Math.max(window.percent, 100) : 100, fullVariance);
  } else if (window.full) {
    window.full = false;
    const since = account === undefined ? 0 : window.perDollar * costSince;
    setPercent(window, percent + since, policy.reading_variance);
  }
}

/** A period with a fixed end does not end earlier because work was refused for a while. */
const endsBeforeReset = ({ rule, resetAt }: Window, until: number): boolean =>
  rule.anchor === 'fixed' && resetAt !== null && until < resetAt - movedResetMs;

/** The provider refused work: full, until the time it gave, if any. */
export function exhaust(policy: Policy, window: Window, until: number | null, at: number): void {
  if (until !== null && until <= at) return;
  if (until !== null && endsBeforeReset(window, until)) {
    window.refusedUntil = until;
    return;
  }
  if (isMeasured(window)) propagate(policy, window, at, 0);
  if (until !== null && until !== window.resetAt) follow(window, until);
  window.refusedAt = at;
  window.full = true;
  setPercent(window, Math.max(window.percent, 100), hasKnownBudget(window) ? 0 : fullVariance);
  if (!isMeasured(window)) {
    window.lastRead = at;
    window.lastPercent = 100;
    window.covariance = unknownBudget(policy, window, fullVariance);
  }
}

function remember(window: Window, event: string): void {
  const { startAt, resetAt, percent, perDollar, unattributed, at, account, lastRead, lastPercent } = window;
  const { firstPercent, firstCost, lastCost, suspicion, full, costAtStart } = window;
  const filter = {
    startAt,
    resetAt,
    percent,
    perDollar,
    unattributed,
    covariance: { ...window.covariance },
    at,
    account,
    lastRead,
    lastPercent,
    firstPercent,
    firstCost,
    lastCost,
    suspicion,
    full,
    costAtStart,
  };
  window.before = { event, cost: window.cost, filter };
}

/**
 * Takes a reading back. The newest one is undone and what was used since is counted again; an older one has been mixed
 * with later ones, so the percentage only becomes less certain and the next reading weighs more.
 */
export function forgetReading(policy: Policy, window: Window, event: string, at: number): void {
  if (window.before?.event !== event) {
    if (isMeasured(window) && !hasKnownBudget(window)) window.covariance.pp += 9;
    return;
  }
  const { cost, filter } = window.before;
  Object.assign(window, filter);
  window.before = null;
  roll(policy, window, at);
  if (isMeasured(window)) propagate(policy, window, at, window.cost - cost);
}
