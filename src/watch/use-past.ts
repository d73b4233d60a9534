/**
 * What everybody of a pool used in the last four weeks, by the hour, and in the last hour by the minute. It is added up from the
 * table of uses once, and then goes on with what came since.
 */
import { findIdentity } from '../events/identities.js';
import type { PoolState } from '../events/state.js';
import type { UseCount } from '../ledger/ledger.js';

export const minuteMs = 60_000;
export const hourMs = 3_600_000;
/** How far the past reaches. */
export const pastHours = 28 * 24;
const slotMinutes = 10;

export interface HourUse {
  /** Dollars. */
  cost: number;
  reports: number;
  /** Reports in each ten minutes of it. */
  readonly slots: number[];
  /** Adapters that reported, without their versions. */
  readonly sources: Set<string>;
}

export interface MinuteUse {
  reports: number;
  cost: number;
  /** Reports by session. */
  readonly sessions: Map<string, number>;
}

/** Of one identity; hours and minutes since 1970. */
export interface IdentityPast {
  readonly hours: Map<number, HourUse>;
  readonly minutes: Map<number, MinuteUse>;
}

export class UsePast {
  /** By key of the identity. */
  readonly #identities = new Map<string, IdentityPast>();

  /** Uses of names that stand for nobody are left out. */
  add(state: PoolState, counts: readonly UseCount[], at: number): void {
    const recent = Math.floor(at / minuteMs) - 60;
    const first = Math.floor(at / hourMs) - pastHours;
    for (const count of counts) {
      const identity = findIdentity(state, count.name);
      if (identity === undefined || Math.floor(count.minute / 60) < first) continue;
      const past = this.#past(identity.key);
      addHour(past, count);
      if (count.minute > recent) addMinute(past, count);
    }
  }

  /** Lets go of what is older than the past reaches. */
  forget(at: number): void {
    const recent = Math.floor(at / minuteMs) - 60;
    const first = Math.floor(at / hourMs) - pastHours;
    for (const [key, { hours, minutes }] of this.#identities) {
      for (const minute of minutes.keys()) if (minute <= recent) minutes.delete(minute);
      for (const hour of hours.keys()) if (hour < first) hours.delete(hour);
      if (hours.size === 0) this.#identities.delete(key);
    }
  }

  of(key: string): IdentityPast | undefined {
    return this.#identities.get(key);
  }

  /** Dollars that all used in the last so many hours. */
  costOfLast(hours: number, at: number): number {
    const from = Math.floor(at / hourMs) - hours;
    let cost = 0;
    for (const past of this.#identities.values()) {
      for (const [hour, use] of past.hours) if (hour >= from) cost += use.cost;
    }
    return cost;
  }

  #past(key: string): IdentityPast {
    const past = this.#identities.get(key) ?? { hours: new Map(), minutes: new Map() };
    this.#identities.set(key, past);
    return past;
  }
}

function addHour({ hours }: IdentityPast, { minute, cost, reports, source }: UseCount): void {
  const number = Math.floor(minute / 60);
  const hour = hours.get(number) ?? { cost: 0, reports: 0, slots: [0, 0, 0, 0, 0, 0], sources: new Set<string>() };
  hours.set(number, hour);
  hour.cost += cost / 1e6;
  hour.reports += reports;
  const slot = Math.floor((minute - number * 60) / slotMinutes);
  hour.slots[slot] = (hour.slots[slot] ?? 0) + reports;
  if (reports > 0) hour.sources.add(source.replace(/\/.*$/, ''));
}

function addMinute({ minutes }: IdentityPast, { minute, cost, reports, session }: UseCount): void {
  const use = minutes.get(minute) ?? { reports: 0, cost: 0, sessions: new Map<string, number>() };
  minutes.set(minute, use);
  use.reports += reports;
  use.cost += cost / 1e6;
  if (session !== null) use.sessions.set(session, (use.sessions.get(session) ?? 0) + reports);
}
