/**
 * The controller that this one replaces, formula for formula, its faults included. The base interval is multiplied by
 * how much more than the lowest user of the last 24 hours an agent has used, and by how far the weekly quota is ahead of
 * the week; a full week pauses everybody.
 */
import type { Controller, MemberReport, ReadingReport, UseReport } from './controller.js';
import { dayMs, microUsdPerUsd, weekMs } from './units.js';

const intervalSecondsBase = 900;
const intervalSecondsMax = 14_400;
const factorMax = 5;
/** An agent that has used less, in USD over its multiplier, counts as having used this much. */
const lowestUseMin = 0.1;
/** The multiplier of an agent that has none. */
const multiplierUnknown = 3;

interface WeekReading {
  readonly percent: number;
  readonly resetsAt: number | null;
}

export class OriginalController implements Controller {
  readonly intervalSecondsInitial = intervalSecondsBase;
  readonly recheckSeconds = null;
  readonly #multipliers = new Map<string, number>();
  readonly #pausedUntil = new Map<string, number>();
  readonly #uses = new Map<string, UseOfDay>();
  #week: WeekReading = { percent: 0, resetsAt: null };

  register(_at: number, { name, multiplier }: MemberReport): void {
    this.#multipliers.set(name, multiplier);
  }

  pause(_at: number, name: string, until: number): void {
    this.#pausedUntil.set(name, Math.max(this.pausedUntil(name), until));
  }

  retire(): void {}

  /** It knows of no turns. */
  beginTurn(): void {}
  endTurn(): void {}

  /** Nor does it know when a use happened, or whether anybody wants an answer. */
  record(at: number, use: UseReport): void {
    this.report(at, use);
  }

  /** The interval follows from what was known before this report. */
  report(at: number, { name, mode, costMicroUsd }: UseReport): number {
    const interval = Math.trunc(intervalSecondsBase * this.#fairness(at, name) * this.#brake(at));
    if (mode === 'autonomy') this.#count(at, name, costMicroUsd);
    if (this.#week.percent >= 100 && this.#week.resetsAt !== null) this.#pauseAll(this.#week.resetsAt);
    return Math.min(interval, intervalSecondsMax);
  }

  read(_at: number, { windows }: ReadingReport): void {
    const week = windows.find(({ key }) => key === 'week_all');
    this.#week = { percent: (week?.percentBp ?? 0) / 100, resetsAt: week?.resetsAt ?? null };
  }

  recheck(): null {
    return null;
  }

  pausedUntil(name: string): number {
    return this.#pausedUntil.get(name) ?? 0;
  }

  #pauseAll(until: number): void {
    for (const name of this.#multipliers.keys()) this.#pausedUntil.set(name, until);
  }

  #count(at: number, name: string, costMicroUsd: number): void {
    const use = this.#uses.get(name) ?? new UseOfDay();
    this.#uses.set(name, use);
    use.add(at, costMicroUsd / microUsdPerUsd / (this.#multipliers.get(name) ?? multiplierUnknown));
  }

  /** Own use over the lowest use of all that reported within the day; a lowest use of 0 switches it off. */
  #fairness(at: number, name: string): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const use of this.#uses.values()) {
      use.forgetBefore(at - dayMs);
      if (!use.isEmpty) lowest = Math.min(lowest, use.total);
    }
    const own = this.#uses.get(name)?.total ?? 0;
    if (own === 0 || lowest === 0) return 1;
    return Math.min(own / Math.max(lowest, lowestUseMin), factorMax);
  }

  /** Percent used over whole percents of the week gone by, where the quota is ahead of the week. */
  #brake(at: number): number {
    const { percent, resetsAt } = this.#week;
    if (resetsAt === null) return 1;
    const gone = (at - (resetsAt - weekMs)) / weekMs;
    const percentGone = Math.trunc(100 * Math.min(1, Math.max(0, gone)));
    if (percentGone === 0 || percent <= percentGone) return 1;
    return Math.min(percent / percentGone, factorMax);
  }
}

/** What one agent has used within the last day, by report. */
class UseOfDay {
  readonly #reports: { readonly at: number; readonly use: number }[] = [];
  #first = 0;
  #total = 0;
  /** Reports of the day that cost something; without any the total is exactly 0. */
  #costly = 0;

  get isEmpty(): boolean {
    return this.#first === this.#reports.length;
  }

  get total(): number {
    return this.#costly === 0 ? 0 : this.#total;
  }

  add(at: number, use: number): void {
    this.#reports.push({ at, use });
    this.#total = this.total + use;
    if (use > 0) this.#costly++;
  }

  forgetBefore(time: number): void {
    for (let old = this.#reports[this.#first]; old !== undefined && old.at < time; old = this.#reports[this.#first]) {
      this.#total -= old.use;
      if (old.use > 0) this.#costly--;
      this.#first++;
    }
  }
}
