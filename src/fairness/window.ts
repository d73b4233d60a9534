/**
 * The life of one window: it begins, is used, and resets. What a provider says of it is taken in `window-reading.ts`; what
 * a percentage means for the budget is the filter's business (`filter.ts`). "A window's life" in docs/concepts/fair-share.md.
 */
import { correctBurn, noBurn, noteBurn } from './burn.js';
import { noteCost, noteCostExactly } from './cost-history.js';
import { diagonal, propagate, setPercent } from './filter.js';
import { noHumanUse, noteHumanUse } from './human.js';
import { countsModel, isByRun, marginOf, type Policy, ruleOf, type WindowRule } from './policy.js';
import { hourMs, type Window } from './state.js';

const resetVariance = 0.05;
/** Points of deviation beyond which caution keeps nothing more free. */
export const deviationMax = 3;

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
    account: null,
    lastRead: null,
    lastPercent: 0,
    firstPercent: 0,
    firstCost: 0,
    lastCost: 0,
    suspicion: null,
    full: false,
    refusedUntil: null,
    refusedAt: null,
    reopenedAt: null,
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
  noteReopened(policy, window, at);
  restart(window, 0, hasKnownBudget(window) ? 0 : resetVariance);
}

/** Another period begins, or a reading says that there is room again: who waited for that comes back from then on. */
export function noteReopened(policy: Policy, window: Window, at: number): void {
  if (isMeasured(window) && isUsedUp(policy, window)) window.reopenedAt = at;
}

/** Whether nothing may be used of it before its reset, as a plan sees it at the time of the filter. */
export function isUsedUp(policy: Policy, window: Window): boolean {
  if (window.full || policy.method === 'static') return window.full;
  const deviation = hasKnownBudget(window) ? 0 : Math.sqrt(Math.max(0, window.covariance.pp));
  const margin = marginOf(window.rule) + policy.caution_deviations * Math.min(deviation, deviationMax);
  return window.percent >= Math.min(99.8, 100 - margin);
}

/** Another period runs, or none, with so many percent used of it, and nothing counted yet. */
export function restart(window: Window, percent: number, variance: number): void {
  setPercent(window, percent, variance);
  window.full = false;
  window.refusedUntil = null;
  window.refusedAt = null;
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

/** No period runs until the next use begins one. */
export function end(window: Window): void {
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

/**
 * Counts use the window's models match. The window has been rolled to the time of the use. `before`: what its run had cost before,
 * in dollars.
 */
export function useWindow(policy: Policy, window: Window, use: WindowUse, before = 0): void {
  const { at, cost } = use;
  if (window.human.at === 0) {
    window.human.at = at;
    window.burn.at = at;
  }
  if (window.rule.anchor === 'use' && window.startAt === null) {
    begin(window, at - (at % Math.min(hourMs, window.lengthMs)));
    window.costAtStart = window.cost;
  }
  count(policy, window, use, before);
  noteBurn(window, at, cost, before);
  if (use.collaboration) noteHumanUse(policy, window.human, at, cost);
}

/** Use that is told long after it happened: nobody works now. It counts in the period it fell into, where that is known. */
export function useWindowLate(policy: Policy, window: Window, use: WindowUse): void {
  const { cost, occurredAt, key } = use;
  if (window.startAt === null || occurredAt < window.startAt) return;
  if (window.lastRead === null || occurredAt > window.lastRead) return count(policy, window, use, 0);
  // A reading has seen it: it is as if it had always been counted.
  window.cost += cost;
  window.firstCost += cost;
  window.lastCost += cost;
  window.history.costs = window.history.costs.map((one) => one + cost);
  addUse(window, key, cost);
}

function addUse(window: Window, key: string, cost: number): void {
  const micro = Math.round(cost * 1e6);
  if (micro !== 0) window.used.set(key, Math.max(0, (window.used.get(key) ?? 0) + micro));
}

function count(policy: Policy, window: Window, { key, at, cost, occurredAt }: WindowUse, before = 0): void {
  window.cost += cost;
  addUse(window, key, cost);
  const note = isByRun(policy) ? noteCostExactly : noteCost;
  note(window.history, at, window.cost);
  if (!isMeasured(window)) return;
  // A reading taken since it happened contains it already.
  if (window.lastRead === null || occurredAt > window.lastRead) propagate(policy, window, at, cost, before);
}

/** Whether use of that time belongs to a period that is over. */
export function isOver(window: Window, occurredAt: number): boolean {
  return window.startAt === null ? window.rule.anchor === 'use' : occurredAt < window.startAt;
}

/** Takes back part of a cost of this period, or adds to it; a negative cost is what a correction took away. */
export function correctWindow(policy: Policy, window: Window, use: WindowUse): void {
  if (isOver(window, use.occurredAt)) return;
  count(policy, window, use);
  correctBurn(window, use.occurredAt, use.cost);
}
