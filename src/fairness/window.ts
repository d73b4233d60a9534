/**
 * The life of one window: it begins, is used, is read, and resets. What a percentage means for the budget is the
 * filter's business (`filter.ts`). "A window's life" in docs/concepts/fair-share.md.
 */
import { correctBurn, noBurn, noteBurn } from './burn.js';
import { costAt, noteCost, reachesTo } from './cost-history.js';
import { diagonal, driftOf, isKnown, observe, place, propagate } from './filter.js';
import { noHumanUse, noteHumanUse } from './human.js';
import { countsModel, type Policy, ruleOf, type WindowRule } from './policy.js';
import { hourMs, type Window } from './state.js';

/** A reset announced later than expected by more than this, with less used, is an early reset. */
const earlyResetMs = 900_000;
/** A reset that moved by more than this means another period. */
const movedResetMs = 600_000;
/** A percentage fell when it is lower by this many points. */
const fellPoints = 3;
const resetVariance = 0.05;
const fullVariance = 0.1;

export interface WindowReading {
  readonly key: string;
  readonly percent: number;
  readonly resetsAt: number | null;
  readonly lengthSeconds: number | null;
}

export function newWindow(policy: Policy, key: string, at: number, lengthSeconds: number | null): Window {
  const rule = ruleOf(policy, key, lengthSeconds);
  const window: Window = {
    key,
    rule,
    lengthMs: rule.length_s * 1_000,
    startAt: null,
    resetAt: null,
    percent: 0,
    perDollar: 0,
    unattributed: 0,
    covariance: diagonal(0, 0, 0),
    at,
    lastRead: null,
    lastPercent: 0,
    firstPercent: 0,
    firstCost: 0,
    lastCost: 0,
    suspicion: null,
    full: false,
    refusedUntil: null,
    cost: 0,
    costAtStart: 0,
    used: new Map(),
    history: { times: [0], costs: [0] },
    human: noHumanUse(policy),
    burn: noBurn(),
    before: null,
  };
  setRule(window, rule, at);
  return window;
}

/** Takes on a rule; a known budget makes readings unnecessary. */
export function setRule(window: Window, rule: WindowRule, at: number): void {
  const wasKnown = window.rule.known_budget_micro_usd !== undefined;
  window.rule = rule;
  window.lengthMs = rule.length_s * 1_000;
  const budget = rule.known_budget_micro_usd;
  if (budget === undefined) {
    if (wasKnown) {
      window.lastRead = null;
      window.perDollar = 0;
    }
    return;
  }
  window.before = null;
  window.perDollar = 100 / (budget / 1e6);
  window.unattributed = 0;
  window.covariance = diagonal(0, 0, 0);
  if (window.resetAt !== null || rule.anchor === 'use') return;
  const since =
    rule.resets_at === undefined ? 0 : (((at - rule.resets_at) % window.lengthMs) + window.lengthMs) % window.lengthMs;
  begin(window, at - since);
}

export const hasKnownBudget = (window: Window): boolean => window.rule.known_budget_micro_usd !== undefined;

export const countsUseOf = (window: Window, model: string | null): boolean => countsModel(window.rule.models, model);

/** Lets periods that have ended by `at` end. Returns whether one did. */
export function roll(policy: Policy, window: Window, at: number): boolean {
  const { resetAt, lengthMs } = window;
  if (resetAt === null || at < resetAt) return false;
  pass(policy, window, resetAt);
  if (window.rule.anchor === 'use') {
    end(window);
    return true;
  }
  // However many periods went by without use: the filter's drift over them adds up to the same in one step.
  const last = resetAt + lengthMs * Math.floor((at - resetAt) / lengthMs);
  if (last > resetAt) pass(policy, window, last);
  begin(window, last);
  return true;
}

/** One or more periods end at `at`. */
function pass(policy: Policy, window: Window, at: number): void {
  if (isMeasured(window)) propagate(policy, window, at, 0);
  restart(window, hasKnownBudget(window) ? 0 : resetVariance);
}

function restart(window: Window, variance: number): void {
  place(window, 0, variance);
  window.full = false;
  window.refusedUntil = null;
  window.suspicion = null;
  window.before = null;
  window.firstPercent = 0;
  window.firstCost = window.cost;
  window.lastPercent = 0;
  window.costAtStart = window.cost;
  window.used.clear();
}

function begin(window: Window, at: number): void {
  window.startAt = at;
  window.resetAt = at + window.lengthMs;
}

function end(window: Window): void {
  window.startAt = null;
  window.resetAt = null;
}

/** Whether the percentage means something: it was read once, or the budget is known. */
export const isMeasured = (window: Window): boolean => window.lastRead !== null || hasKnownBudget(window);

export interface WindowUse {
  readonly key: string;
  readonly at: number;
  readonly cost: number;
  readonly collaboration: boolean;
  readonly occurredAt: number;
}

/** Counts use the window's models match. The window has been rolled to the time of the use. */
export function useWindow(policy: Policy, window: Window, use: WindowUse): void {
  const { at, cost } = use;
  if (window.human.at === 0) {
    window.human.at = at;
    window.burn.at = at;
  }
  if (window.rule.anchor === 'use' && window.startAt === null) {
    begin(window, at - (at % Math.min(hourMs, window.lengthMs)));
    window.costAtStart = window.cost;
  }
  count(window, use.key, cost);
  noteCost(window.history, at, window.cost);
  noteBurn(window, at, cost);
  if (use.collaboration) noteHumanUse(policy, window.human, at, cost);
  if (!isMeasured(window)) return;
  // A reading taken since it happened contains it already.
  if (window.lastRead === null || use.occurredAt > window.lastRead) propagate(policy, window, at, cost);
}

function count(window: Window, key: string, cost: number): void {
  window.cost += cost;
  const micro = Math.round(cost * 1e6);
  if (micro !== 0) window.used.set(key, Math.max(0, (window.used.get(key) ?? 0) + micro));
}

/** Whether use of that time belongs to a period that is over. */
export function isOver(window: Window, occurredAt: number): boolean {
  return window.startAt === null ? window.rule.anchor === 'use' : occurredAt < window.startAt;
}

/** Takes back part of a cost of this period, or adds to it; a negative cost is what a correction took away. */
export function correctWindow(policy: Policy, window: Window, use: WindowUse): void {
  if (isOver(window, use.occurredAt)) return;
  count(window, use.key, use.cost);
  noteCost(window.history, use.at, window.cost);
  correctBurn(window, use.occurredAt, use.cost);
  if (!isMeasured(window)) return;
  if (window.lastRead === null || use.occurredAt > window.lastRead) {
    propagate(policy, window, use.at, use.cost);
  }
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
  if (hasKnownBudget(window) || !isAdmitted(window, reading, measuredAt, at)) return false;
  const first = window.lastRead === null;
  remember(window, event);
  const began = first ? readFirst(policy, window, reading, at) : readNext(policy, window, reading, measuredAt, at);
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
  if (window.lastRead !== null && measuredAt <= window.lastRead) return false;
  if (window.startAt !== null && measuredAt < window.startAt) return false;
  return reading.resetsAt === null || reading.resetsAt > at;
}

function readFirst(policy: Policy, window: Window, reading: WindowReading, at: number): boolean {
  const prior = 50 / (policy.wake_cost_micro_usd_prior / 1e6);
  window.percent = reading.percent;
  window.perDollar = 0;
  window.unattributed = 0;
  window.covariance = diagonal(policy.reading_variance, prior ** 2, driftOf(policy, window) ** 2);
  window.at = at;
  if (reading.resetsAt !== null) follow(window, reading.resetsAt);
  judgeFull(policy, window, reading.percent);
  return false;
}

function readNext(policy: Policy, window: Window, reading: WindowReading, measuredAt: number, at: number): boolean {
  const { percent, resetsAt } = reading;
  propagate(policy, window, at, 0);
  const fell = percent < window.percent - fellPoints;
  if (resetsAt === null) {
    const mayEnd = window.rule.anchor === 'use' || window.resetAt === null;
    if (percent <= window.percent - fellPoints && mayEnd) {
      restart(window, policy.reading_variance);
      window.percent = percent;
      end(window);
      return true;
    }
  } else if (window.resetAt !== null && resetsAt > window.resetAt + earlyResetMs && fell) {
    restart(window, policy.reading_variance);
    window.percent = percent;
    follow(window, resetsAt);
    window.costAtStart = costAt(window.history, window.startAt ?? at);
    return true;
  } else if (resetsAt !== window.resetAt) {
    takeReset(policy, window, resetsAt);
  }
  if (percent < 100) window.refusedUntil = null;
  if (percent >= 100 || window.full) judgeFull(policy, window, percent);
  else if (window.startAt !== null || window.rule.anchor === 'fixed') {
    const costSince = window.cost - costAt(window.history, measuredAt);
    const hoursSince = Math.max(0, window.at - measuredAt) / hourMs;
    observe(policy, window, percent, measuredAt >= window.at ? 0 : costSince, hoursSince);
  }
  return false;
}

/** A reset that is not where it was thought to be; a window that begins with use is then another one than thought. */
function takeReset(policy: Policy, window: Window, resetsAt: number): void {
  const moved = window.resetAt === null || Math.abs(resetsAt - window.resetAt) > movedResetMs;
  follow(window, resetsAt);
  if (!moved || window.rule.anchor !== 'use' || !isKnown(policy, window)) return;
  const start = window.startAt ?? resetsAt;
  if (reachesTo(window.history, start)) {
    window.costAtStart = costAt(window.history, start);
    const percent = window.perDollar * (window.cost - window.costAtStart);
    place(window, percent, policy.reading_variance + (0.2 * percent) ** 2);
  } else {
    window.covariance.pp += 9;
  }
}

function follow(window: Window, resetsAt: number): void {
  window.resetAt = resetsAt;
  window.startAt = resetsAt - window.lengthMs;
}

/** 100 % is a lower bound, not a measurement: the window is full, and its budget stays as it was known. */
function judgeFull(policy: Policy, window: Window, percent: number): void {
  if (percent >= 100) {
    window.full = true;
    place(window, Math.max(window.percent, 100), fullVariance);
  } else if (window.full) {
    window.full = false;
    place(window, percent, policy.reading_variance);
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
  window.full = true;
  place(window, Math.max(window.percent, 100), hasKnownBudget(window) ? 0 : fullVariance);
  if (!isMeasured(window)) {
    window.lastRead = at;
    window.lastPercent = 100;
    window.covariance = diagonal(
      fullVariance,
      (50 / (policy.wake_cost_micro_usd_prior / 1e6)) ** 2,
      driftOf(policy, window) ** 2,
    );
  }
}

function remember(window: Window, event: string): void {
  const { startAt, resetAt, percent, perDollar, unattributed, at, lastRead, lastPercent } = window;
  const { firstPercent, firstCost, lastCost, suspicion, full, costAtStart } = window;
  const filter = {
    startAt,
    resetAt,
    percent,
    perDollar,
    unattributed,
    covariance: { ...window.covariance },
    at,
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
