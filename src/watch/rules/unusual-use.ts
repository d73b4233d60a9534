/**
 * `unusual-use`: what an identity uses is beyond its own past. A loop is found by its responses per minute, a model that was
 * exchanged by what a response costs, all else by the hour and by the day.
 */
import { dateIn, startOfDate } from '../../events/days.js';
import { livingIdentities } from '../../events/identities.js';
import type { Status } from '../../status/status.js';
import { usdText } from '../../text/money.js';
import { decimalText } from '../../text/number.js';
import { type Finding, isAbove, type Rule, type RuleInput } from '../rule.js';
import { hourMs, type IdentityPast, minuteMs, pastHours, type UsePast } from '../use-past.js';
import { type Usual, usualOf } from '../usual.js';

/** Of a window: less is not worth a word, however unusual. */
const windowPart = 0.05;
/** Where no window's budget is known, of what all used in the last seven days. */
const weekHours = 168;

const loop = { minutes: 10, busyMinutesMin: 8, times: 10, timesHigh: 1.5, reportsMin: 30 } as const;
/** Responses of the last hour by which their cost is judged, of a past hour by which it is compared, and how much dearer they are. */
const responses = { lately: 10, before: 3, times: 3 } as const;

export const unusualUse: Rule = {
  name: 'unusual-use',
  meaning: 'What an identity uses is beyond its own past: responses per minute, cost of a response, hour or day.',
  isUrgent: true,
  find(facts) {
    const dollarsMin = worthAWord(facts.status, facts.use, facts.at);
    const found: Finding[] = [];
    for (const { name, key } of livingIdentities(facts.state)) {
      const past = facts.use.of(key);
      if (past === undefined) continue;
      const isOpen = facts.isOpen(name);
      const text = unusualText({ past, facts, isOpen, dollarsMin });
      if (text !== null) found.push({ subject: name, text: `${name} ${text}${sessionText(past)}` });
    }
    return found;
  },
};

interface Judged {
  readonly past: IdentityPast;
  readonly facts: RuleInput;
  readonly isOpen: boolean;
  readonly dollarsMin: number;
}

const unusualText = (judged: Judged): string | null =>
  loopText(judged) ?? dearText(judged) ?? hourText(judged) ?? dayText(judged);

function worthAWord({ windows }: Status, use: UsePast, at: number): number {
  const budgets = windows.flatMap(({ budgetKnown, budgetUsd }) =>
    budgetKnown && budgetUsd !== null ? [budgetUsd] : [],
  );
  return windowPart * (budgets.length > 0 ? Math.min(...budgets) : use.costOfLast(weekHours, at));
}

/** Many more responses than usual, minute after minute. */
function loopText({ past, facts: { at }, isOpen }: Judged): string | null {
  const minute = Math.floor(at / minuteMs);
  let [reports, busy] = [0, 0];
  for (let back = 0; back < loop.minutes; back += 1) {
    const now = past.minutes.get(minute - back)?.reports ?? 0;
    reports += now;
    if (now > 0) busy += 1;
  }
  // The minute that has just begun counts only for what is in it already.
  if (reports < loop.reportsMin || busy < loop.busyMinutesMin) return null;
  const before = hoursBefore(past, at);
  const perHour = usualOf(before.map((hour) => hour.reports));
  const busiest = usualOf(before.map((hour) => Math.max(...hour.slots)));
  if (perHour === null || busiest === null) return null;
  const usual = (perHour.median * loop.minutes) / 60;
  if (!isAbove(reports, Math.max(loop.times * usual, loop.timesHigh * busiest.high), isOpen, 0.5)) return null;
  return `made ${reports} responses in ${loop.minutes} minutes; usual are ${decimalText(usual, 0, 1)}, and up to ${decimalText(busiest.high, 0, 0)} when it is busy`;
}

/** Each response costs much more than usual. */
function dearText({ past, facts: { at }, isOpen, dollarsMin }: Judged): string | null {
  let [reports, cost] = [0, 0];
  for (const minute of past.minutes.values()) {
    reports += minute.reports;
    cost += minute.cost;
  }
  if (reports < responses.lately || cost < dollarsMin) return null;
  const usual = usualOf(
    hoursBefore(past, at).flatMap((hour) => (hour.reports >= responses.before ? [hour.cost / hour.reports] : [])),
  );
  if (usual === null) return null;
  if (!isAbove(cost / reports, Math.max(usual.limit, responses.times * usual.median), isOpen)) return null;
  return `pays ${usdText(cost / reports)} a response in the last hour; ${bandText(usual)}`;
}

/** This hour, against those of its time of day; where there are too few of them, against all in which it ran. */
function hourText({ past, facts: { at }, isOpen, dollarsMin }: Judged): string | null {
  const now = Math.floor(at / hourMs);
  const cost = past.hours.get(now)?.cost ?? 0;
  if (cost < dollarsMin) return null;
  const [like, all]: [number[], number[]] = [[], []];
  for (const [hour, use] of past.hours) {
    if (hour >= now || use.cost <= 0) continue;
    all.push(use.cost);
    if ([0, 1, 23].includes((now - hour) % 24)) like.push(use.cost);
  }
  const usual = usualOf(like) ?? usualOf(all);
  if (usual === null || !isAbove(cost, usual.limit, isOpen)) return null;
  return `used ${usdText(cost)} in this hour; ${bandText(usual)}`;
}

/** This day of the pool's zone, against those in which it ran. */
function dayText({ past, facts: { at, state }, isOpen, dollarsMin }: Judged): string | null {
  const start = startOfDate(state.timeZone, dateIn(state.timeZone, at)) / hourMs;
  const days = new Map<number, number>();
  for (const [hour, { cost }] of past.hours) {
    const day = Math.floor((hour - Math.floor(start)) / 24);
    days.set(day, (days.get(day) ?? 0) + cost);
  }
  const cost = days.get(0) ?? 0;
  if (cost < dollarsMin) return null;
  const first = -Math.floor(pastHours / 24);
  const before = [...days].flatMap(([day, used]) => (day < 0 && day > first && used > 0 ? [used] : []));
  const usual = usualOf(before);
  if (usual === null || !isAbove(cost, usual.limit, isOpen)) return null;
  return `used ${usdText(cost)} on this day; ${bandText(usual)}`;
}

function hoursBefore({ hours }: IdentityPast, at: number) {
  const now = Math.floor(at / hourMs);
  return [...hours].flatMap(([hour, use]) => (hour < now && use.reports > 0 ? [use] : []));
}

const bandText = ({ median, high, limit }: Usual): string =>
  `usual are ${usdText(median)}, up to ${usdText(high)}, and more than ${usdText(limit)} is not`;

/** The session that reported most in the last hour. */
function sessionText({ minutes }: IdentityPast): string {
  const reports = new Map<string, number>();
  for (const { sessions } of minutes.values()) {
    for (const [session, count] of sessions) reports.set(session, (reports.get(session) ?? 0) + count);
  }
  const [most] = [...reports].sort(([, a], [, b]) => b - a);
  return most === undefined ? '. No session is named.' : `. Session: ${most[0]}.`;
}
