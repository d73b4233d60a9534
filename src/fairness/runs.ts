/**
 * Runs: what a wake of an agent was, however many reports tell of it. The autonomous reports of one member that belong together
 * are one run; what is learnt of it (its cost, the wait before it, how long it lasts) is learnt once, and is the same whether it
 * was told in one report or in sixty. "A run" in docs/concepts/fair-share.md.
 */
import { clamp } from './filter.js';
import type { Policy } from './policy.js';
import type { Member, PastRuns, Run } from './state.js';
import { costGain, noteGapOf } from './wakes.js';

/** Use that is told so many milliseconds after it happened is history: nobody runs there now. */
export const lateMs = 900_000;

/** Half of the wait that is left, between these: after so long a silence a report begins another run. */
const silenceSeconds = { least: 120, most: 300 };

/** What tells whether a report belongs to a run. */
export interface Running {
  /** What it was told last, in seconds. */
  readonly issued: number | null;
  readonly run: Pick<Run, 'start' | 'last' | 'turn' | 'closed'> | null;
}

/** Seconds of silence that end a member's run. */
function silenceOf({ issued }: Running, { start, last }: NonNullable<Running['run']>): number {
  const left = (start - last) / 1_000 + (issued ?? 0);
  return clamp(left / 2, silenceSeconds.least, silenceSeconds.most);
}

/** Whether a run goes on at a time: it is not closed, and has not been silent for long. One with a turn goes on until that ends. */
export function goesOn(member: Member, at: number): boolean {
  const { run } = member;
  if (run === null || run.closed) return false;
  return run.turn !== null || (at - run.last) / 1_000 < silenceOf(member, run);
}

/** Whether a report belongs to the run that is known. A turn's reports belong to its run, however late. */
export function belongs(member: Running, turn: string | null, at: number): boolean {
  const { run } = member;
  if (run === null) return false;
  if (turn !== null) return run.turn === turn;
  return !run.closed && (at - run.last) / 1_000 < silenceOf(member, run);
}

/** An autonomous report, told in time. */
export function reportRun(policy: Policy, member: Member, turn: string | null, at: number, cost: number): void {
  if (!belongs(member, turn, at)) beginRun(member, turn, at);
  const run = member.run as Run;
  run.cost += cost;
  run.last = at;
  if (run.cost <= 0) return;
  const { costBefore, runsBefore } = run;
  const counted = runsBefore === 0 ? run.cost : Math.min(run.cost, 4 * costBefore);
  member.wakeCost = costBefore + costGain(policy, runsBefore) * (counted - costBefore);
  member.wakes = runsBefore + 1;
}

export function beginRun(member: Member, turn: string | null, at: number): void {
  if (member.run !== null) learnWait(member, member.run, at);
  member.run = {
    start: at,
    last: at,
    cost: 0,
    turn,
    closed: false,
    costBefore: member.wakeCost,
    runsBefore: member.wakes,
    recommendedBefore: member.recommended,
  };
}

/** What the beginning of a run says of the wait before it, from start to start, and of the length of the run before. */
function learnWait(member: Member, before: Run, at: number): void {
  const gap = (at - before.start) / 1_000;
  if (!member.lastWasCollaboration) noteGapOf(member, gap);
  if (member.blocked || member.issued === null || gap < 0.75 * member.issued) return;
  const length = (before.last - before.start) / 1_000;
  const { runLength } = member;
  member.runLength = runLength === null ? length : runLength + runLengthGain * (length - runLength);
}

/** Half-life of 8 runs. */
const runLengthGain = 1 - 2 ** (-1 / 8);

export function closeRun(member: Member, turn: string): void {
  if (member.run?.turn === turn) member.run.closed = true;
}

const pastGain = 0.1;

export function notePast(member: Member, occurredAt: number, cost: number): void {
  const { past } = member;
  const goesOnThen = past !== null && Math.abs(occurredAt - past.last) < silenceSeconds.most * 1_000;
  const run: PastRuns = goesOnThen
    ? past
    : { start: occurredAt, last: occurredAt, cost: 0, meanBefore: past?.mean ?? null, mean: 0 };
  run.last = Math.max(run.last, occurredAt);
  run.cost += cost;
  run.mean = run.meanBefore === null ? run.cost : run.meanBefore + pastGain * (run.cost - run.meanBefore);
  member.past = run;
}

/** A run that lasts longer than this is no wake: the member goes on and on. Seconds. */
const onSeconds = { least: 1_200, most: 7_200 };

/** How fast a member uses that goes on and on: dollars per hour, and for how long already, in hours; null where none does. */
export function goingOn(member: Member, at: number): { readonly rate: number; readonly hours: number } | null {
  const { run, runLength } = member;
  if (run === null || !goesOn(member, at)) return null;
  const age = (at - run.start) / 1_000;
  if (age <= Math.max(onSeconds.least, Math.min(1.5 * (runLength ?? 0), onSeconds.most))) return null;
  return { rate: (3_600 * run.cost) / age, hours: age / 3_600 };
}

/** Seconds since the current run began, from which on intervals count. */
export const sinceRun = ({ run }: Member, at: number): number =>
  run === null ? 0 : Math.max(0, at - run.start) / 1_000;

/** Whether a wait counts from the start of the run; one for a full window does not after a person worked with the agent. */
export const isCountedFrom = ({ run, blocked, lastWasCollaboration }: Member): boolean =>
  run !== null && !(blocked && lastWasCollaboration);

/** From when on the interval a member was told counts, under version 2 of the method; null: from its last report. */
export const intervalStart = (member: Member): number | null =>
  member.run !== null && isCountedFrom(member) ? member.run.start : null;

/** Whether it reported moments ago, in a run without a turn: one with a turn runs while the turn is held. */
export const reportedLately = (member: Member, at: number): boolean =>
  member.run !== null && member.run.turn === null && goesOn(member, at);

const blockMs = 300_000;

/** X for the report of a person at a time; counts it. */
export function noteBlock(member: Member, at: number, cost: number): number {
  if (member.block === null || at - member.block.start >= blockMs) member.block = { start: at, cost: 0 };
  const before = member.block.cost;
  member.block.cost += cost;
  return before;
}

/** X for an autonomous report, before it is counted. */
export const costOfRunBefore = (member: Member, turn: string | null, at: number): number =>
  belongs(member, turn, at) ? (member.run as Run).cost : 0;
