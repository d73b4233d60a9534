/** What became of one window over time: when it was full, whom that stopped, and what was left unused at each reset. */
import { type FairState, hourMs, type Window } from './state.js';
import { hasKnownBudget, isMeasured } from './window.js';
import { viewWindow } from './window-view.js';

export interface WindowReset {
  readonly at: number;
  /** Percent that was left unused, its standard deviation in points, and in dollars where the budget is known. */
  readonly unused: number;
  readonly deviation: number;
  readonly unusedCost: number | null;
  /** Whether it came before its time. */
  readonly early: boolean;
}

export interface FullSpan {
  readonly from: number;
  readonly until: number;
}

interface Before {
  readonly resetAt: number | null;
  readonly firstCost: number;
  readonly firstPercent: number;
  readonly reset: WindowReset;
}

export class WindowRecord {
  readonly key: string;
  readonly resets: WindowReset[] = [];
  readonly full: FullSpan[] = [];
  /** Answers that told an agent to wait for this window, and by agent until when. */
  blockedAnswers = 0;
  blockedMs = 0;
  readonly #blockedUntil = new Map<string, number>();
  #fullSince: number | null = null;
  #before: Before | null = null;

  constructor(key: string) {
    this.key = key;
  }

  /**
   * Looks at the window before something happens at a time: a period that has ended by then ends at its reset; a
   * reading may show that it has ended before.
   */
  before(state: FairState, window: Window, at: number, isReading: boolean): void {
    this.#before = null;
    if (!isMeasured(window)) return;
    const { resetAt, firstCost, firstPercent } = window;
    if (resetAt !== null && at >= resetAt) {
      this.resets.push(resetOf(state, window, resetAt - 1, resetAt, false));
      this.#end(resetAt);
      return;
    }
    if (!isReading || window.lastRead === null || hasKnownBudget(window)) return;
    this.#before = { resetAt, firstCost, firstPercent, reset: resetOf(state, window, at, at, true) };
  }

  after(window: Window, at: number): void {
    const before = this.#before;
    if (before !== null && window.resetAt !== before.resetAt && isAnotherPeriod(window, before)) {
      this.resets.push(before.reset);
      this.#end(at);
    }
    if (window.full && this.#fullSince === null) this.#fullSince = at;
    if (!window.full) this.#end(at);
  }

  /** An agent was told to wait so long; times it was told before do not count twice. */
  block(agent: string, at: number, until: number): void {
    this.blockedAnswers += 1;
    const counted = Math.max(at, this.#blockedUntil.get(agent) ?? 0);
    this.blockedMs += Math.max(0, until - counted);
    this.#blockedUntil.set(agent, Math.max(until, counted));
  }

  close(window: Window | undefined, at: number): void {
    this.#end(window?.resetAt == null ? at : Math.min(at, window.resetAt));
  }

  #end(at: number): void {
    if (this.#fullSince !== null && at > this.#fullSince) this.full.push({ from: this.#fullSince, until: at });
    this.#fullSince = null;
  }
}

/** The first reading of a period is remembered as such; it changes with the period only. */
const isAnotherPeriod = ({ firstCost, firstPercent }: Window, before: Before): boolean =>
  firstCost !== before.firstCost || firstPercent !== before.firstPercent;

function resetOf(state: FairState, window: Window, seenAt: number, at: number, early: boolean): WindowReset {
  const { percent, deviation, known, perDollar } = viewWindow(state, window, seenAt);
  const unused = Math.max(0, 100 - percent);
  return { at, unused, deviation, unusedCost: known ? unused / perDollar : null, early };
}

/** Hours of spans that lie between two times. */
export function hoursWithin(spans: readonly FullSpan[], from: number, until: number): number {
  let ms = 0;
  for (const span of spans) ms += Math.max(0, Math.min(until, span.until) - Math.max(from, span.from));
  return ms / hourMs;
}
