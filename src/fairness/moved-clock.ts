/**
 * What a correction of the clock changes: what was stamped by a clock that was ahead counts as so much earlier, so that the time
 * that has passed since is what really passed.
 */
import { type FairState, hourMs, type Member, type Window } from './state.js';

/** Nothing where the clock was behind: then time has only passed. */
export function moveBack(state: FairState, from: number, to: number): void {
  if (from <= to) return;
  const moved = (at: number): number => (at > to ? Math.max(0, at - (from - to)) : at);
  state.hour = Math.min(state.hour, Math.floor(to / hourMs));
  for (const member of state.members.values()) moveMember(member, moved);
  for (const window of state.windows.values()) moveWindow(window, moved, to);
}

type Move = (at: number) => number;

const movedOrNull = (moved: Move, at: number | null): number | null => (at === null ? null : moved(at));

/** Not the end of a pause, which the event that set it knows of: see `clockCorrected`. */
function moveMember(member: Member, moved: Move): void {
  member.lastAt = movedOrNull(moved, member.lastAt);
  const { run, block } = member;
  if (run !== null) member.run = { ...run, start: moved(run.start), last: moved(run.last) };
  if (block !== null) member.block = { ...block, start: moved(block.start) };
  member.presence.until = moved(member.presence.until);
  member.presence.at = moved(member.presence.at);
}

/** A period that only the wrong clock began has no known end: the next reading tells it. */
function moveWindow(window: Window, moved: Move, to: number): void {
  if (window.startAt !== null && window.startAt > to) {
    window.startAt = null;
    window.resetAt = null;
    window.refusedUntil = null;
    window.full = false;
  }
  if (window.resetAt !== null && window.resetAt - to > window.lengthMs) window.resetAt = null;
  window.at = moved(window.at);
  window.lastRead = movedOrNull(moved, window.lastRead);
  window.refusedAt = movedOrNull(moved, window.refusedAt);
  window.reopenedAt = movedOrNull(moved, window.reopenedAt);
  window.history.times = window.history.times.map(moved);
  window.human.at = moved(window.human.at);
  window.human.lastAt = movedOrNull(moved, window.human.lastAt);
  window.burn.at = moved(window.burn.at);
  window.before = null;
}
