/** Rules about identities: who is late, whose source has fallen silent, who runs twice. */
import { findIdentity } from '../../events/identities.js';
import type { EpochMs } from '../../events/scalars.js';
import type { Identity } from '../../events/state.js';
import { heldTurns } from '../../events/turns.js';
import { gapsTrusted } from '../../fairness/presence.js';
import type { Member } from '../../fairness/state.js';
import type { IdentityStatus } from '../../status/identities.js';
import { isOverdue } from '../../status/overdue.js';
import { durationText } from '../../text/duration.js';
import { relativeText } from '../../text/time.js';
import type { Finding, Rule, RuleInput } from '../rule.js';
import { hourMs, type IdentityPast } from '../use-past.js';

/** An hour in which somebody is there less often than this is none in which to expect it, once so many days were seen. */
const habitMin = 0.5;
const habitDaysMin = 3;
/** Longer than a weekend nobody is away by habit. */
const habitMsMax = 96 * hourMs;

export const identityOverdue: Rule = {
  name: 'identity-overdue',
  meaning: 'Nothing is heard of an agent for three intervals since it was due.',
  isUrgent: false,
  find(facts) {
    return facts.status.identities.flatMap((status): Finding[] => {
      const identity = findIdentity(facts.state, status.name);
      if (identity === undefined || !isLate(facts, status, identity)) return [];
      return [{ subject: status.name, text: lateText(status, facts.at) }];
    });
  },
};

/** Somebody who runs less often than it may is late by its own measure; who is with a person, or said when it wakes, is not. */
function isLate(facts: RuleInput, status: IdentityStatus, identity: Identity): boolean {
  const { at, state, thresholds, isOpen } = facts;
  const member = state.fair.members.get(identity.key);
  if (status.intervalS === null || status.state === 'attached' || member?.lastWasCollaboration === true) return false;
  if (restsUntil(identity) > at) return false;
  const usual =
    Math.max(status.intervalS, waitS(member), ownGapS(facts.use.of(identity.key))) + (member?.runLength ?? 0);
  const lateMs = thresholds.overdueIntervals * usual * 1_000;
  const isLong = at - (status.lastReportAt ?? 0) > habitMsMax;
  if (!isOpen(status.name) && !isLong && member !== undefined && isUsuallyAway(member, at - lateMs, at)) return false;
  return isOverdue({ ...status, intervalS: usual }, at, thresholds.overdueIntervals + 1);
}

/** How long it really waits between two runs, once that is known. */
const waitS = (member: Member | undefined): number =>
  member !== undefined && member.gaps >= gapsTrusted ? member.gap : 0;

/** How far apart the hours are in which it runs, where that is more than one: most of them are so close. */
function ownGapS(past: IdentityPast | undefined): number {
  const hours = [...(past?.hours ?? [])].flatMap(([hour, { reports }]) => (reports > 0 ? [hour] : []));
  const ordered = hours.sort((a, b) => a - b);
  const gaps = ordered.slice(1).map((hour, i) => hour - (ordered[i] ?? hour));
  if (gaps.length < gapsTrusted) return 0;
  const median = gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
  return median > 1 ? median * 3_600 : 0;
}

function restsUntil({ choice }: Identity): number {
  if (choice === null) return 0;
  return choice.wakeAt ?? choice.at + (choice.durationMinutes ?? 0) * 60_000;
}

/** In an hour of the stretch in which it would have to be late. */
function isUsuallyAway({ presence }: Member, from: number, to: number): boolean {
  for (let hour = Math.floor(from / hourMs); hour <= Math.floor(to / hourMs); hour += 1) {
    const ofDay = hour % 24;
    if ((presence.byDayCount[ofDay] ?? 0) < habitDaysMin) continue;
    if (Math.min(presence.byDay[ofDay] ?? 1, presence.byWeek[hour % 168] ?? 1) < habitMin) return true;
  }
  return false;
}

function lateText({ name, intervalS, dueAt, lastReportAt }: IdentityStatus, at: EpochMs): string {
  const last = lastReportAt === null ? '' : `, ${relativeText(lastReportAt, at)}`;
  return `${name} was due ${relativeText(dueAt ?? at, at)} and has not reported since its last report${last}; it was told to run every ${durationText(intervalS ?? 0)}.`;
}

const source = {
  /** Hours in which it reported, and the part of all hours in which its agent did meanwhile. */
  hoursMin: 6,
  partMin: 0.8,
  /** Hours in which its agent was heard of by others since. */
  missedMin: 3,
  /** After so long it is not expected any more. */
  givenUpHours: 168,
} as const;

/** Adapters by which people report by hand. */
const byHand: ReadonlySet<string> = new Set(['cli', 'mcp']);

export const sourceSilent: Rule = {
  name: 'source-silent',
  meaning: 'A source that reported regularly for an agent does not, while the agent is heard of by others.',
  isUrgent: false,
  find({ state, use, at, status }) {
    return status.identities.flatMap(({ name }): Finding[] => {
      const past = use.of(findIdentity(state, name)?.key ?? '');
      return past === undefined ? [] : silentSources(past, at).map((each) => silentFinding(name, each, at));
    });
  },
};

interface Silent {
  readonly source: string;
  readonly lastHour: number;
  readonly missed: number;
}

function silentSources({ hours }: IdentityPast, at: EpochMs): Silent[] {
  const now = Math.floor(at / hourMs);
  const active = [...hours].filter(([hour, { reports }]) => reports > 0 && hour <= now).sort(([a], [b]) => a - b);
  const names = new Set(active.flatMap(([, { sources }]) => [...sources]));
  return [...names].flatMap((name): Silent[] => {
    const own = active.flatMap(([hour, { sources }]) => (sources.has(name) ? [hour] : []));
    const [first = now, last = now] = [own[0], own.at(-1)];
    const meanwhile = active.filter(([hour]) => hour >= first && hour <= last).length;
    const missed = active.filter(([hour]) => hour > last).length;
    const isRegular = own.length >= source.hoursMin && own.length >= source.partMin * meanwhile;
    const isSilent = missed >= source.missedMin && now - last <= source.givenUpHours;
    return isRegular && isSilent && !byHand.has(name) ? [{ source: name, lastHour: last, missed }] : [];
  });
}

const silentFinding = (name: string, { source: from, lastHour, missed }: Silent, at: EpochMs): Finding => ({
  subject: `${name}: ${from}`,
  text: `${from} has not reported for ${name} since ${relativeText((lastHour + 1) * hourMs, at)}, while others did in ${missed} hours: what it tells may be missing.`,
});

/** As long as this, two that reported in turns may still both be there. */
const instanceMs = hourMs;

/** A report or a request for a turn raises it; here it is found when it is over. */
export const twoInstances: Rule = {
  name: 'two-instances',
  meaning: 'One agent runs in two places at once.',
  isUrgent: true,
  find({ state, at, isOpen }) {
    return [...state.identities.values()].flatMap((identity): Finding[] => {
      if (!isOpen(identity.name)) return [];
      const hosts = identity.instances.filter(({ lastSeen }) => at - lastSeen < instanceMs);
      const rivals = heldTurns(state, identity, at).some((turn) => turn.rivals.length > 0);
      return hosts.length > 1 || rivals ? [{ subject: identity.name, text: `${identity.name} runs twice.` }] : [];
    });
  },
};
