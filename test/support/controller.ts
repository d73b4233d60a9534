/**
 * The controller by itself, without a log around it: what happens is applied, and a use is answered as the ledger does
 * it. Costs are in dollars.
 */
import { apply, emptyFairState, tell } from '../../src/fairness/apply.js';
import type { Correction, MemberFacts, UseEvent } from '../../src/fairness/fair-event.js';
import type { Recommendation } from '../../src/fairness/interval.js';
import { type Plan, type PlannedMember, plan } from '../../src/fairness/plan.js';
import type { PlannedWindow } from '../../src/fairness/planned-window.js';
import { defaultPolicy, isByRun, type Policy, type WindowRule } from '../../src/fairness/policy.js';
import { recommend } from '../../src/fairness/recommend.js';
import type { FairState, Member, Window } from '../../src/fairness/state.js';
import { hours, noon } from './fold.js';

export const week: WindowRule = { key: 'week', length_s: 604_800, anchor: 'fixed' };
export const session: WindowRule = { key: 'session', length_s: 18_000, anchor: 'use' };

/** A rule by which a dollar is a percentage point of a week that began now, and nothing has to be read. */
export const hundredDollars = (at: number): WindowRule => ({
  ...week,
  known_budget_micro_usd: 100_000_000,
  resets_at: at,
  margin_percent: 0,
});

export interface Read {
  readonly resetsAt?: number | null;
  readonly measuredAt?: number;
  readonly lengthSeconds?: number;
  readonly event?: string;
}

export class Controller {
  readonly state: FairState;
  at: number;
  #readings = 0;

  constructor(policy: Partial<Policy> = {}, at = noon) {
    this.state = emptyFairState({ ...defaultPolicy, windows: [week], ...policy });
    this.at = at;
    apply(this.state, { type: 'policy', at, policy: this.state.policy });
  }

  join(key: string, facts: Partial<MemberFacts> = {}): Member {
    const member = { key, name: key, weight: 1, multiplier: 1, model: null, ...facts };
    apply(this.state, { type: 'member', at: this.at, member });
    return this.member(key);
  }

  leave(key: string): void {
    apply(this.state, { type: 'left', at: this.at, key });
  }

  /** Lets time go by without anything else happening. */
  passTo(at: number): void {
    this.at = at;
    apply(this.state, { type: 'left', at, key: 'nobody' });
  }

  merge(from: string, into: string): void {
    apply(this.state, { type: 'merged', at: this.at, from, into });
  }

  pause(key: string, hoursLong: number | null): void {
    apply(this.state, {
      type: 'paused',
      at: this.at,
      key,
      until: hoursLong === null ? null : this.at + hours(hoursLong),
    });
  }

  /** Use that nobody asks an interval for. */
  spend(key: string, cost: number, more: Partial<UseEvent> = {}): void {
    const { at } = this;
    const use = { key, cost, collaboration: false, model: null, occurredAt: at, issued: null, blocked: false };
    apply(this.state, { type: 'used', at, ...use, ...more });
  }

  /** Use that is answered. */
  use(key: string, cost: number, more: Partial<UseEvent> = {}): Recommendation {
    this.spend(key, cost, more);
    const told = this.told(key);
    const pace = isByRun(this.state.policy) ? { rate: told.rate, isFresh: told.isFresh } : undefined;
    tell(this.state, key, { issued: told.interval, blocked: told.blockedBy.length > 0, pace }, this.at);
    return told;
  }

  /** A reading of one window; the id of its event. */
  read(key: string, percent: number, more: Read = {}): string {
    const { resetsAt = null, measuredAt = this.at, lengthSeconds = null } = more;
    this.#readings += 1;
    const event = more.event ?? `reading ${this.#readings}`;
    const windows = [{ key, percent, resetsAt, lengthSeconds }];
    apply(this.state, { type: 'read', at: this.at, event, measuredAt, windows });
    return event;
  }

  correct(use: Correction): void {
    apply(this.state, { type: 'corrected', at: this.at, use });
  }

  unread(event: string): void {
    apply(this.state, { type: 'unread', at: this.at, event });
  }

  exhaust(key: string, until: number | null): void {
    apply(this.state, { type: 'exhausted', at: this.at, window: key, until });
  }

  setPolicy(change: Partial<Policy>): void {
    apply(this.state, { type: 'policy', at: this.at, policy: { ...this.state.policy, ...change } });
  }

  window(key = 'week'): Window {
    return found(this.state.windows.get(key), key);
  }

  member(key: string): Member {
    return found(this.state.members.get(key), key);
  }

  plan(): Plan {
    return plan(this.state, this.at);
  }

  /** As shares are worked out: levels even out within so many hours. */
  planFor(evenOutHours: number): Plan {
    return plan(this.state, this.at, { evenOutHours });
  }

  planned(key: string): PlannedMember {
    return found(this.plan().members.get(key), key);
  }

  plannedWindow(key = 'week'): PlannedWindow {
    return found(
      this.plan().windows.find(({ view }) => view.key === key),
      key,
    );
  }

  told(key: string): Recommendation {
    return this.toldBy(this.plan(), key);
  }

  /** By a plan that was made before. */
  toldBy(made: Plan, key: string): Recommendation {
    return recommend(this.state.policy, made, this.state.members.get(key), this.at);
  }
}

export function found<T>(value: T | undefined, key: string): T {
  if (value === undefined) throw new Error(`there is no ${key}`);
  return value;
}

/** A plain copy, as a snapshot would bring it back. */
export const copyOf = (state: FairState): FairState => structuredClone(state);
