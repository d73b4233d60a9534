/**
 * How fair a time was, looking back: folded beside the state from the same events. `before` is called with the state
 * that an event finds, `after` with the one it leaves. "Looking back" in docs/guides/judge-fairness.md.
 */
import type { AnalysedMember, AnalysedWindow, Analysis, AnalysisInput, Telling } from './analysis.js';
import { type Entitlement, entitle, enviesOf, jainIndex, type Transfer, transfersOf } from './entitlement.js';
import { fairnessWindow } from './level.js';
import { isDemandLimited, Period } from './period.js';
import { Rogues } from './rogues.js';
import { type FairState, hourMs } from './state.js';
import { sum } from './sum.js';
import { hoursWithin, WindowRecord } from './window-record.js';

export class Analyst {
  readonly #from: number;
  readonly #until: number;
  readonly #rogues = new Rogues();
  readonly #windows = new Map<string, WindowRecord>();
  readonly #periods: Period[] = [];
  #current: Period;

  constructor(from: number, until: number) {
    this.#from = from;
    this.#until = until;
    this.#current = new Period(from);
  }

  before(state: FairState, at: number, fact: AnalysisInput): void {
    const fair = fairnessWindow(state);
    if (fair !== null && fair.resetAt !== null && at >= fair.resetAt) this.#nextPeriod(state, fair.resetAt);
    this.#current.passTime(state, at, fact.kind === 'use' || fact.kind === 'correction' ? fact.key : null);
    for (const window of state.windows.values())
      this.#record(window.key).before(state, window, at, fact.kind === 'reading');
  }

  after(state: FairState, at: number, fact: AnalysisInput): void {
    if (fact.kind === 'use') this.#used(state, at, fact);
    if (fact.kind === 'told') this.#told(fact.key, at, fact.told);
    if (fact.kind === 'correction') this.#periodOf(fact.occurredAt)?.use(state, fact);
    if (fact.kind === 'merged') this.#current.merge(fact.from, fact.into);
    const fair = fairnessWindow(state);
    for (const window of state.windows.values()) {
      const record = this.#record(window.key);
      const { length } = record.resets;
      record.after(window, at);
      if (window === fair && record.resets.length > length) this.#nextPeriod(state, at);
    }
  }

  finish(state: FairState): Analysis {
    // Periods may have ended since the last event.
    this.before(state, this.#until, { kind: 'other' });
    this.#nextPeriod(state, this.#until);
    const judged = this.#periods
      .filter(({ from, until }) => until > from)
      .map((period) => ({ period, rows: entitle(period.claimants()) }));
    const members = this.#members(judged);
    for (const record of this.#windows.values()) record.close(state.windows.get(record.key), this.#until);
    return {
      from: this.#from,
      until: this.#until,
      autonomy: sum(members.map(({ used }) => used)),
      collaboration: sum(members.map(({ collaboration }) => collaboration)),
      jain: jainIndex(members),
      periods: judged.map(({ period, rows }) => ({
        from: period.from,
        until: period.until,
        autonomy: sum(rows.map(({ used }) => used)),
        jain: jainIndex(rows),
      })),
      members,
      transfers: added(judged.flatMap(({ rows }) => transfersOf(rows))),
      envies: added(judged.flatMap(({ rows }) => enviesOf(rows))),
      windows: [...this.#windows.values()].map((record) => this.#window(record)).filter(wasSeen),
      rogues: this.#rogues.episodes(),
    };
  }

  #used(state: FairState, at: number, fact: AnalysisInput & { kind: 'use' }): void {
    const { key, collaboration, cost, told } = fact;
    this.#current.use(state, fact);
    if (told !== null) this.#told(key, at, told);
    if (collaboration) return;
    this.#current.report(state, key);
    this.#rogues.report(state, key, cost, at);
  }

  /** The period a time lies in; undefined for what was before all of them. */
  #periodOf(at: number): Period | undefined {
    return [...this.#periods, this.#current].findLast(({ from }) => at >= from);
  }

  #told(key: string, at: number, { interval, blockedBy }: Telling): void {
    const until = Math.min(this.#until, at + interval * 1_000);
    for (const window of blockedBy) this.#record(window).block(key, at, until);
  }

  #record(key: string): WindowRecord {
    let record = this.#windows.get(key);
    if (record === undefined) {
      record = new WindowRecord(key);
      this.#windows.set(key, record);
    }
    return record;
  }

  #nextPeriod(state: FairState, at: number): void {
    const end = Math.min(this.#until, Math.max(this.#current.from, at));
    this.#current.close(state, end);
    this.#periods.push(this.#current);
    this.#current = new Period(end);
  }

  #members(judged: readonly { period: Period; rows: readonly Entitlement[] }[]): AnalysedMember[] {
    const span = Math.max(1, this.#until - this.#from);
    const members = new Map<string, Summed>();
    for (const { period, rows } of judged) {
      for (const { key, used, entitled, nominal } of rows) {
        const entry = period.members.get(key);
        if (entry === undefined) continue;
        const member = members.get(key) ?? nobody(key);
        members.set(key, member);
        member.name = entry.name;
        member.used += used;
        member.collaboration += entry.collaboration;
        member.entitled += entitled;
        member.nominal += nominal;
        member.lent += Math.max(0, nominal - used);
        member.borrowed += Math.max(0, used - nominal);
        member.memberPart += entry.memberMs / span;
        member.presentPart += entry.presentMs / span;
        member.demandLimited ||= isDemandLimited(entry);
        member.reports += entry.reports;
        member.rogueReports += entry.rogueReports;
      }
    }
    return [...members.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #window(record: WindowRecord): AnalysedWindow {
    const { key, full, blockedAnswers, blockedMs, resets } = record;
    return {
      key,
      fullHours: hoursWithin(full, this.#from, this.#until),
      full,
      blockedAnswers,
      blockedAgentHours: blockedMs / hourMs,
      resets,
    };
  }
}

type Summed = { -readonly [field in keyof AnalysedMember]: AnalysedMember[field] };

const nobody = (key: string): Summed => ({
  key,
  name: key,
  used: 0,
  collaboration: 0,
  entitled: 0,
  nominal: 0,
  lent: 0,
  borrowed: 0,
  memberPart: 0,
  presentPart: 0,
  demandLimited: false,
  reports: 0,
  rogueReports: 0,
});

const wasSeen = ({ full, blockedAnswers, resets }: AnalysedWindow): boolean =>
  full.length > 0 || blockedAnswers > 0 || resets.length > 0;

/** Amounts between the same two, of all periods, as one; the largest first. */
function added(all: readonly Transfer[]): Transfer[] {
  const sums = new Map<string, Transfer>();
  for (const { from, to, amount } of all) {
    const pair = `${from}\u0000${to}`;
    sums.set(pair, { from, to, amount: (sums.get(pair)?.amount ?? 0) + amount });
  }
  return [...sums.values()].sort((a, b) => b.amount - a.amount);
}
