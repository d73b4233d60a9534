/**
 * When a member is there. What was seen is learnt by hour of the day and by hour of the week; what is to be expected
 * of the next hours follows from both and from whether it is there now. "Presence" in docs/concepts/fair-share.md.
 */
import { attachedMs } from './human.js';
import { isByRun, type Policy } from './policy.js';
import { hourMs, type Member, type Presence } from './state.js';

const weekHours = 168;
/** An hour teaches something when this much of it was observed. */
const observedMsMin = 600_000;
/** After a silence longer than this nothing is learnt from it any more. */
const learntHoursMax = 8 * weekHours;
/** How long what is seen now says something about the hours ahead. */
const lookAheadHours = 9;
/** A member with fewer waits than this is judged by what it was told. */
export const gapsTrusted = 4;

export const newPresence = (at: number): Presence => ({
  until: at + 1_800_000,
  at,
  presentMs: 0,
  observedMs: 0,
  byDay: Array.from({ length: 24 }, () => 1),
  byDayCount: Array.from({ length: 24 }, () => 0.33),
  byWeek: Array.from({ length: weekHours }, () => null),
  errorByDay: 0.08,
  errorByWeek: 0.04,
});

export function isPresent(member: Member, at: number): boolean {
  if (member.retired || (member.pausedUntil !== null && at < member.pausedUntil)) return false;
  return at <= member.presence.until;
}

/** Until when a member counts as present after what happened last, in milliseconds UTC. */
export function presentUntil(member: Member): number {
  if (member.lastAt === null) return member.joinedAt + 1_800_000;
  if (member.lastWasCollaboration) return member.lastAt + attachedMs;
  const usual = member.gaps >= gapsTrusted ? Math.min(member.gap, 10_800) : 0;
  return member.lastAt + Math.round(1_000 * (1.5 * Math.max(member.issued ?? 0, 900, usual) + 900));
}

/** Learns from the time up to `at`. Whole milliseconds are added, so that it does not matter in how many steps. */
export function learnPresence(member: Member, at: number): void {
  const { presence } = member;
  if (at <= presence.at) return;
  if (at - presence.at > learntHoursMax * hourMs) {
    presence.at = at - learntHoursMax * hourMs;
    presence.presentMs = 0;
    presence.observedMs = 0;
  }
  while (presence.at < at) {
    const hour = Math.floor(presence.at / hourMs);
    const end = Math.min(at, (hour + 1) * hourMs);
    if (!member.retired) {
      const from = Math.max(presence.at, member.pausedUntil ?? 0);
      presence.observedMs += Math.max(0, end - from);
      presence.presentMs += Math.max(0, Math.min(end, presence.until) - from);
    }
    presence.at = end;
    if (end === (hour + 1) * hourMs) closeHour(presence, hour);
  }
}

function closeHour(presence: Presence, hour: number): void {
  if (presence.observedMs >= observedMsMin) {
    const seen = presence.presentMs / presence.observedMs;
    const ofDay = hour % 24;
    const ofWeek = hour % weekHours;
    const byDay = presence.byDay[ofDay] as number;
    const count = presence.byDayCount[ofDay] as number;
    const byWeek = presence.byWeek[ofWeek] as number | null;
    presence.errorByDay += (Math.abs(seen - byDay) - presence.errorByDay) / 48;
    if (byWeek !== null) presence.errorByWeek += (Math.abs(seen - byWeek) - presence.errorByWeek) / 48;
    presence.byDay[ofDay] = byDay + Math.max(0.3, 1 / (count + 1)) * (seen - byDay);
    presence.byDayCount[ofDay] = count + 1;
    presence.byWeek[ofWeek] = byWeek === null ? seen : byWeek + 0.5 * (seen - byWeek);
    sumsOfWeek.delete(presence);
  }
  presence.presentMs = 0;
  presence.observedMs = 0;
}

const unseenHours = 3;
const newMs = 1_800_000;

const isUnseen = ({ wakes, collaboration, block, past, gaps, joinedAt }: Member, at: number): boolean =>
  wakes === 0 && collaboration === 0 && block === null && past === null && gaps < gapsTrusted && at - joinedAt > newMs;

/** What is expected of one member from a time on. */
export class Outlook {
  readonly present: boolean;
  readonly #at: number;
  readonly #pausedUntil: number;
  readonly #memoryHours: number;
  /** Expected hours of presence from the week's begin to the begin of each hour of it. */
  readonly #sums: Float64Array;
  /** It was registered some time ago and never spent anything: nothing is kept for a mistyped name. */
  readonly #isUnseen: boolean;
  /** What being there right now adds over as long as that says something, once it was asked for. */
  #lastingLongest: number | null = null;

  constructor(policy: Policy, member: Member, at: number) {
    this.present = isPresent(member, at);
    this.#at = at;
    this.#pausedUntil = Math.max(at, member.pausedUntil ?? 0);
    this.#memoryHours = policy.presence_memory_h;
    this.#sums = weekSums(member.presence);
    this.#isUnseen = isByRun(policy) && isUnseen(member, at);
  }

  /** κ: the part of the next `hours` in which the member is expected to be there, 0 to 1. */
  expected(hours: number): number {
    if (this.#isUnseen)
      return this.present ? Math.min(1, (unseenHours / hours) * (1 - Math.exp(-hours / unseenHours))) : 0;
    const from = this.#at / hourMs;
    const to = from + hours;
    const begin = Math.min(to, this.#pausedUntil / hourMs);
    let sum = this.#sumTo(to) - this.#sumTo(begin);
    if (this.#pausedUntil === this.#at) {
      if (hours < lookAheadHours) sum += this.#lasting(from, hours);
      else sum += this.#lastingLongest ??= this.#lasting(from, lookAheadHours);
    }
    return Math.min(1, Math.max(0, sum / hours));
  }

  /** What being there, or not, right now adds to the usual, fading with time: ∫ e^(−s/memory) (present − q) ds. */
  #lasting(from: number, hours: number): number {
    const memory = this.#memoryHours;
    const now = this.present ? 1 : 0;
    let sum = 0;
    let begin = 0;
    let fading = 1;
    for (let hour = Math.floor(from); begin < hours; hour++) {
      const end = Math.min(hours, hour + 1 - from);
      const faded = Math.exp(-end / memory);
      sum += memory * (fading - faded) * (now - this.#usual(hour));
      fading = faded;
      begin = end;
    }
    return sum;
  }

  #usual(hour: number): number {
    const ofWeek = hour % weekHours;
    return (this.#sums[ofWeek + 1] as number) - (this.#sums[ofWeek] as number);
  }

  /** Expected hours of presence from 1970 to an hour, counted by whole weeks. */
  #sumTo(hour: number): number {
    const weeks = Math.floor(hour / weekHours);
    const ofWeek = hour - weeks * weekHours;
    const whole = Math.floor(ofWeek);
    const before = this.#sums[whole] as number;
    const week = this.#sums[weekHours] as number;
    return weeks * week + before + (ofWeek - whole) * ((this.#sums[whole + 1] as number) - before);
  }
}

/** Sums last from one hour that taught something to the next, while plans are made in every second. */
const sumsOfWeek = new WeakMap<Presence, Float64Array>();

function weekSums(presence: Presence): Float64Array {
  const known = sumsOfWeek.get(presence);
  if (known !== undefined) return known;
  const sums = sumWeek(presence);
  sumsOfWeek.set(presence, sums);
  return sums;
}

/** Running sum of the expected presence over the hours of the week: the better predictor counts more. */
function sumWeek(presence: Presence): Float64Array {
  const day = (presence.errorByDay + 0.01) ** 2;
  const week = (presence.errorByWeek + 0.01) ** 2;
  const trust = day / (day + week);
  const sums = new Float64Array(weekHours + 1);
  for (let hour = 0; hour < weekHours; hour++) {
    const byDay = presence.byDay[hour % 24] as number;
    const byWeek = presence.byWeek[hour];
    const usual = byWeek === null || byWeek === undefined ? byDay : byDay + trust * (byWeek - byDay);
    sums[hour + 1] = (sums[hour] as number) + usual;
  }
  return sums;
}
