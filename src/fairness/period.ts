/** Who used what, and was there when, within one fairness period: gathered event by event. */
import type { Claimant } from './entitlement.js';
import { isPresent } from './presence.js';
import { type FairState, hourMs, type Member } from './state.js';
import { conductOf, fleetCosts, shortestWait, wakeCostOf } from './wakes.js';
import { countsUseOf, isMeasured } from './window.js';
import { viewWindow } from './window-view.js';

/** One member within a period. Costs are dollars. */
export interface PeriodMember {
  readonly key: string;
  name: string;
  omega: number;
  autonomy: number;
  collaboration: number;
  /** Time it took part (neither paused nor gone), and was there, in milliseconds. */
  memberMs: number;
  presentMs: number;
  /** Both are counted up to here. */
  seenAt: number;
  /** Autonomous reports, and those after which it was known to ask for less, or more, than it may. */
  reports: number;
  demandReports: number;
  rogueReports: number;
  /** The most it could use per hour while there. */
  fastest: number;
  /** Autonomous use that counts in windows of some models only, by window. */
  readonly counted: Map<string, number>;
}

export interface PeriodUse {
  readonly key: string;
  readonly collaboration: boolean;
  readonly cost: number;
  readonly model: string | null;
}

/** A window that is used at this part of an even pace, or more, limits whom it counts. */
const tightPace = 0.9;

export class Period {
  readonly from: number;
  until: number;
  readonly members = new Map<string, PeriodMember>();
  /** Windows of some models only that limited those they count. */
  #tight: readonly string[] = [];

  constructor(from: number) {
    this.from = from;
    this.until = from;
  }

  /** Lets time pass for one member, or for all, as the state has been since they were last looked at. */
  passTime(state: FairState, at: number, key: string | null): void {
    if (key === null) for (const member of state.members.values()) this.#pass(member, at);
    else {
      const member = state.members.get(key);
      if (member !== undefined) this.#pass(member, at);
    }
  }

  use(state: FairState, { key, collaboration, cost, model }: PeriodUse): void {
    const member = state.members.get(key);
    if (member === undefined) return;
    const entry = this.#entry(member);
    entry.omega = member.omega;
    if (collaboration) {
      entry.collaboration = Math.max(0, entry.collaboration + cost);
      return;
    }
    entry.autonomy = Math.max(0, entry.autonomy + cost);
    for (const window of state.windows.values()) {
      if (window.rule.models === undefined || !countsUseOf(window, model ?? member.model)) continue;
      entry.counted.set(window.key, Math.max(0, (entry.counted.get(window.key) ?? 0) + cost));
    }
  }

  /** Notes, after an autonomous report, how its conduct was judged. */
  report(state: FairState, key: string): void {
    const member = state.members.get(key);
    if (member === undefined) return;
    const entry = this.#entry(member);
    const conduct = conductOf(member);
    entry.reports += 1;
    if (conduct === 'demand') entry.demandReports += 1;
    if (conduct === 'rogue') entry.rogueReports += 1;
  }

  merge(from: string, into: string): void {
    const gone = this.members.get(from);
    const kept = this.members.get(into);
    if (gone === undefined || kept === undefined) return;
    this.members.delete(from);
    for (const [key, cost] of gone.counted) kept.counted.set(key, (kept.counted.get(key) ?? 0) + cost);
    for (const field of [
      'autonomy',
      'collaboration',
      'presentMs',
      'reports',
      'demandReports',
      'rogueReports',
    ] as const) {
      kept[field] += gone[field];
    }
    kept.presentMs = Math.min(kept.presentMs, kept.memberMs);
  }

  close(state: FairState, at: number): void {
    this.passTime(state, at, null);
    this.until = at;
    this.#tight = tightWindows(state, at);
    const fleet = fleetCosts(state);
    for (const member of state.members.values()) {
      const entry = this.members.get(member.key);
      if (entry === undefined) continue;
      entry.name = member.name;
      entry.omega = member.omega;
      entry.fastest = (3_600 * wakeCostOf(state.policy, member, fleet)) / shortestWait(state.policy, member);
    }
  }

  claimants(): Claimant[] {
    const length = Math.max(1, this.until - this.from);
    return [...this.members.values()].map((entry) => ({
      key: entry.key,
      weight: entry.omega * Math.min(1, entry.memberMs / length),
      used: entry.autonomy,
      cap: isDemandLimited(entry)
        ? entry.autonomy
        : Math.max(entry.autonomy, entry.fastest * (entry.presentMs / hourMs)),
      within: this.#within(entry),
    }));
  }

  /** The part of its use that each tight window counts. */
  #within({ autonomy, counted }: PeriodMember): Map<string, number> {
    const parts = new Map<string, number>();
    for (const key of this.#tight) {
      const cost = counted.get(key) ?? 0;
      if (cost > 0 && autonomy > 0) parts.set(key, Math.min(1, cost / autonomy));
    }
    return parts;
  }

  #entry(member: Member): PeriodMember {
    let entry = this.members.get(member.key);
    if (entry === undefined) {
      entry = {
        key: member.key,
        name: member.name,
        omega: member.omega,
        autonomy: 0,
        collaboration: 0,
        memberMs: 0,
        presentMs: 0,
        seenAt: Math.max(this.from, member.joinedAt),
        reports: 0,
        demandReports: 0,
        rogueReports: 0,
        fastest: 0,
        counted: new Map(),
      };
      this.members.set(member.key, entry);
    }
    return entry;
  }

  #pass(member: Member, at: number): void {
    const entry = this.#entry(member);
    const from = Math.max(entry.seenAt, Math.min(at, member.pausedUntil ?? 0));
    entry.seenAt = Math.max(entry.seenAt, at);
    if (member.retired || at <= from) return;
    entry.memberMs += at - from;
    if (isPresent(member, from)) entry.presentMs += Math.min(at, member.presence.until) - from;
  }
}

function tightWindows(state: FairState, at: number): string[] {
  const tight: string[] = [];
  for (const window of state.windows.values()) {
    if (window.rule.models === undefined || !isMeasured(window)) continue;
    const { percent, full, hoursLeft, lengthHours } = viewWindow(state, window, at - 1);
    if (full || percent >= tightPace * 100 * (1 - hoursLeft / lengthHours)) tight.push(window.key);
  }
  return tight;
}

/** Whether it asked for less than it was offered, by more than half of its reports. */
export const isDemandLimited = ({ reports, demandReports }: PeriodMember): boolean =>
  reports > 0 && 2 * demandReports > reports;
