/**
 * May an agent run now? The rule by which turns are granted where they are enforced, and by which the other modes say
 * what the answer would have been. What is not known never stops anybody: a window without readings, a budget that is
 * not known yet, an agent that was never told when to run.
 */
import { durationText } from '../text/duration.js';
import { usdText } from '../text/money.js';
import { secondsBlocked, stagger, staggerOf } from './interval.js';
import type { Plan } from './plan.js';
import type { PlannedWindow } from './planned-window.js';
import type { Policy } from './policy.js';
import { retiredReason } from './reason.js';
import { countsUseOf } from './window.js';

/** In the order in which they are looked for. */
export const refusalCauses = [
  'retired',
  'paused',
  'maintenance',
  'another-instance',
  'window-exhausted',
  'before-its-time',
  'no-room',
] as const;

export interface Refusal {
  readonly cause: (typeof refusalCauses)[number];
  /** Seconds after which asking again may be answered otherwise. */
  readonly retryAfter: number;
  /** One plain sentence. */
  readonly reason: string;
  /** Keys of the windows that stop it. */
  readonly blockedBy: readonly string[];
}

/** Who asks, and for what. Times are milliseconds UTC. */
export interface Asking {
  readonly at: number;
  /** Null for a name nobody knows. */
  readonly key: string | null;
  readonly name: string;
  /** Model of the run, where it is known. */
  readonly model: string | null;
  /** Dollars the run is expected to use. */
  readonly estimate: number;
  readonly retired: boolean;
  /** Null: not paused. `Number.MAX_SAFE_INTEGER`: until resumed. */
  readonly pausedUntil: number | null;
  /** Until when nobody runs, and why; null where nothing keeps everybody. */
  readonly maintenance?: { readonly until: number; readonly reason: string } | null;
  /** When the turn of another instance of the same agent expires; null where none is open. */
  readonly heldUntil: number | null;
  /** From when on its interval counts, and how many seconds after that it was told to run again; null: never. */
  readonly lastRunAt: number | null;
  readonly interval: number | null;
}

/** What an open turn is expected to use, in dollars. */
export interface Reservation {
  readonly model: string | null;
  readonly estimate: number;
}

/** Clocks and schedulers are not exact: so much earlier than told, in seconds or of the interval, is in time. */
const toleranceSeconds = 5;
const tolerancePart = 0.02;
const retryAfterMax = 31_536_000;

/** Null: it may run. `reserved` are the turns of others that are open. */
export function admit(policy: Policy, plan: Plan, asking: Asking, reserved: readonly Reservation[]): Refusal | null {
  const { at, heldUntil } = asking;
  if (asking.retired) return refusal('retired', policy.recheck_s, retiredReason);
  const paused = secondsPaused(asking);
  if (paused === Number.POSITIVE_INFINITY) return refusal('paused', policy.recheck_s, 'It is paused until resumed.');
  if (paused > 0) return refusal('paused', paused, `It is paused for another ${durationText(paused)}.`);
  const { maintenance = null } = asking;
  if (maintenance !== null) return refusal('maintenance', (maintenance.until - at) / 1_000, maintenance.reason);
  if (heldUntil !== null && heldUntil > at) return heldByAnother((heldUntil - at) / 1_000);
  const windows = plan.windows.filter(({ view }) => countsUseOf(view.window, asking.model));
  const full = windows.filter(({ view }) => view.full);
  if (full.length > 0) return windowsExhausted(plan, full, asking);
  const early = secondsEarly(asking);
  if (early > 0) return refusal('before-its-time', early, `It is to run again in ${durationText(early)}.`);
  const short = windows.find((window) => reservedIn(window, reserved) + asking.estimate > holds(window));
  if (short !== undefined) return noRoom(policy, short, asking, reservedIn(short, reserved));
  return null;
}

function secondsPaused({ pausedUntil, at }: Asking): number {
  if (pausedUntil === null || pausedUntil <= at) return 0;
  return pausedUntil === Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : (pausedUntil - at) / 1_000;
}

/** Seconds until its time; 0 where that has come, or is so near that it is the clocks. */
function secondsEarly({ lastRunAt, interval, at }: Asking): number {
  if (lastRunAt === null || interval === null) return 0;
  const left = interval - (at - lastRunAt) / 1_000;
  return left <= Math.max(toleranceSeconds, tolerancePart * interval) ? 0 : left;
}

/** Dollars a window still holds beyond its margin; without a known budget it holds everything. */
function holds({ view, margin }: PlannedWindow): number {
  if (!view.known || view.budget === null) return Number.POSITIVE_INFINITY;
  return (view.budget * Math.max(0, 100 - margin - view.percent)) / 100;
}

function reservedIn({ view }: PlannedWindow, reserved: readonly Reservation[]): number {
  let sum = 0;
  for (const { model, estimate } of reserved) if (countsUseOf(view.window, model)) sum += estimate;
  return sum;
}

function heldByAnother(seconds: number): Refusal {
  const reason = `Another instance of it has a turn, for up to ${durationText(seconds)} if it is not renewed.`;
  return refusal('another-instance', seconds, reason);
}

function windowsExhausted(plan: Plan, windows: readonly PlannedWindow[], { at, key, name }: Asking): Refusal {
  const keys = windows.map(({ view }) => view.key);
  const seconds = secondsBlocked(windows, at);
  const verb = keys.length > 1 ? 'are' : 'is';
  const reason = `${keys.join(' and ')} ${verb} used up: it may run shortly after the reset, in ${durationText(seconds)}.`;
  return refusal('window-exhausted', seconds + staggerOf(plan, key, name), reason, keys);
}

/** Turns under way may use less than they reserved, so it is worth asking again before the reset. */
function noRoom(policy: Policy, window: PlannedWindow, { at, name, estimate }: Asking, reserved: number): Refusal {
  const { key } = window.view;
  const untilReset = secondsBlocked([window], at) + stagger(name);
  const held = `${key} holds ${usdText(holds(window))} until its reset`;
  const others = reserved > 0 ? `, of which turns under way have reserved ${usdText(reserved)}` : '';
  const reason = `${held}${others}; this run needs about ${usdText(estimate)}.`;
  return refusal('no-room', reserved > 0 ? Math.min(untilReset, policy.recheck_s) : untilReset, reason, [key]);
}

function refusal(cause: Refusal['cause'], seconds: number, reason: string, blockedBy: readonly string[] = []): Refusal {
  return { cause, retryAfter: Math.min(retryAfterMax, Math.max(1, Math.ceil(seconds))), reason, blockedBy };
}
