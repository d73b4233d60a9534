/**
 * What use changes in what the controller knows: in windows, in what counts for a share, and in what is learnt of a member. "How it
 * works, part by part" in docs/concepts/fair-share.md.
 */

import type { Correction, Pace, UseEvent } from './fair-event.js';
import { fairnessWindow } from './level.js';
import { isByRun } from './policy.js';
import { learnPresence, presentUntil } from './presence.js';
import { costOfRunBefore, lateMs, noteBlock, notePast, reportRun } from './runs.js';
import type { FairState, Member } from './state.js';
import { noteGap, noteWake } from './wakes.js';
import { correctWindow, countsUseOf, isOver, useWindow, useWindowLate } from './window.js';

/** Under version 2 of the method: what is learnt of the member is learnt by run, and late use is history. */
function usedInRun(state: FairState, use: UseEvent): void {
  if (use.imported != null || isLate(use)) return usedBefore(state, use);
  const { policy } = state;
  const member = state.members.get(use.key);
  const model = use.model ?? member?.model ?? null;
  const before = member === undefined ? 0 : costBefore(member, use);
  for (const window of state.windows.values()) {
    if (countsUseOf(window, model)) useWindow(policy, window, use, before);
  }
  if (member === undefined) return;
  learnPresence(member, use.at);
  member.model = model;
  charge(state, member, use.collaboration, use.cost);
  if (!use.collaboration) reportRun(policy, member, use.turn ?? null, use.at, use.cost);
  member.lastWasCollaboration = use.collaboration;
  member.unanswered = true;
  member.lastAt = use.at;
  if (use.issued !== null) told(member, { ...use, issued: use.issued }, use.at);
  member.presence.until = presentUntil(member);
}

const isLate = ({ at, occurredAt }: UseEvent): boolean => at - occurredAt > lateMs;

/** Use that is told long after it happened, or that another program recorded when it did: it counts in the periods it fell into, and says nothing of what goes on now. */
function usedBefore(state: FairState, use: UseEvent): void {
  const { policy } = state;
  const member = state.members.get(use.key);
  const model = use.model ?? member?.model ?? null;
  for (const window of state.windows.values()) {
    if (countsUseOf(window, model)) useWindowLate(policy, window, use);
  }
  if (member === undefined) return;
  learnPresence(member, use.at);
  const fair = fairnessWindow(state);
  const inPeriod = fair !== null && fair.startAt !== null && use.occurredAt >= fair.startAt;
  if (inPeriod) charge(state, member, use.collaboration, use.cost);
  if (!use.collaboration && use.cost > 0) notePast(member, use.occurredAt, use.cost);
  if (use.imported != null) seenBefore(member, use, use.imported.issued);
  if (use.issued === null) return;
  member.lastAt = use.at;
  told(member, { ...use, issued: use.issued }, use.at);
  member.presence.until = presentUntil(member);
}

/**
 * What another program recorded says when a member was last there, and what it was told then, where nothing later is known. Its next
 * answer is not smoothed against that one: another controller gave it.
 */
function seenBefore(member: Member, { occurredAt, collaboration }: UseEvent, issued: number | null): void {
  if (member.lastAt !== null && member.lastAt >= occurredAt) return;
  member.lastAt = occurredAt;
  member.lastWasCollaboration = collaboration;
  if (issued !== null) {
    member.issued = issued;
    member.toldAt = occurredAt;
  }
  member.presence.until = presentUntil(member);
}

const costBefore = (member: Member, { collaboration, turn: id, at, cost }: UseEvent): number =>
  collaboration ? noteBlock(member, at, cost) : costOfRunBefore(member, id ?? null, at);

/** Use by somebody without a share counts in the windows all the same. */
export function used(state: FairState, use: UseEvent): void {
  if (isByRun(state.policy)) return usedInRun(state, use);
  if (use.imported != null) return usedBefore(state, use);
  const member = state.members.get(use.key);
  const model = use.model ?? member?.model ?? null;
  for (const window of state.windows.values()) {
    if (countsUseOf(window, model)) useWindow(state.policy, window, use);
  }
  if (member === undefined) return;
  learnPresence(member, use.at);
  member.model = model;
  charge(state, member, use.collaboration, use.cost);
  if (!use.collaboration) {
    noteGap(member, use.at);
    noteWake(state.policy, member, use.cost);
  }
  member.lastAt = use.at;
  member.lastWasCollaboration = use.collaboration;
  if (use.issued !== null) told(member, { ...use, issued: use.issued }, use.at);
  member.presence.until = presentUntil(member);
}

function charge(state: FairState, member: Member, collaboration: boolean, cost: number): void {
  if (collaboration) {
    member.collaboration = Math.max(0, member.collaboration + cost);
    member.used = Math.max(0, member.used + state.policy.collaboration_charge * cost);
  } else {
    member.autonomy = Math.max(0, member.autonomy + cost);
    member.used = Math.max(0, member.used + cost);
  }
}

/** What a member is told. */
export interface Issued {
  /** Seconds from run to run. */
  readonly issued: number;
  /** Whether that is a wait for a full window. */
  readonly blocked: boolean;
  readonly pace?: Pace | undefined;
}

export function told(member: Member, { issued, blocked, pace }: Issued, at: number): void {
  member.issued = issued;
  member.recommended = blocked || pace?.isFresh === true ? null : issued;
  member.blocked = blocked;
  if (pace !== undefined) member.toldRate = pace.rate;
  member.unanswered = false;
  member.toldAt = at;
}

/** A use of a period that is over is history: its correction changes nothing that is shared out now. */
export function corrected(state: FairState, use: Correction, at: number): void {
  const member = state.members.get(use.key);
  const fair = fairnessWindow(state);
  const inPeriod = fair === null || !isOver(fair, use.occurredAt);
  if (member !== undefined && inPeriod) charge(state, member, use.collaboration, use.cost);
  for (const window of state.windows.values()) {
    if (countsUseOf(window, use.model ?? member?.model ?? null)) correctWindow(state.policy, window, { ...use, at });
  }
}
