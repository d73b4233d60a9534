/** What people are told of the clock that events are recorded by. */
import type { Command } from '../events/command.js';
import type { PoolState } from '../events/state.js';
import { limits } from '../limits.js';
import { durationText } from '../text/duration.js';
import { instantText } from '../text/time.js';
import type { ClockDoubt, ClockJump } from './log-clock.js';
import { byLedger } from './own-commands.js';

/** The time that the log had, and the one it has since; milliseconds UTC. */
export interface ClockCorrection {
  readonly from: number;
  readonly to: number;
}

const suspectKey = 'clock-suspect';
const jumpedKey = 'clock-jumped';

export function doubtText({ kind, wall, head }: ClockDoubt): string {
  const by = durationText(Math.abs(wall - head) / 1_000);
  const what =
    kind === 'behind'
      ? `it is ${by} behind the newest event, which was recorded at ${instantText(head)}`
      : `the newest event was recorded at ${instantText(head)}, ${by} before that`;
  return `The clock says ${instantText(wall)}, but ${what}. Nothing is recorded until the clock is set right, or somebody says with \`resource-share clock accept\` that it is right.`;
}

/** The alerts to be raised and cleared in a pool that has these ones. */
export function clockAlerts(
  open: PoolState['alerts'],
  doubt: ClockDoubt | null,
  jumps: readonly ClockJump[],
  at: number,
): Command[] {
  const commands: Command[] = [];
  if (doubt !== null && !open.has(suspectKey)) commands.push(raised('clock-suspect', suspectKey, doubtText(doubt)));
  if (doubt === null && open.has(suspectKey)) commands.push(cleared(suspectKey, 'the clock is believed again'));
  const jumped = open.get(jumpedKey);
  if (jumped !== undefined && at - jumped.raisedAt > limits.clockJumpAlertMs) {
    commands.push(cleared(jumpedKey, 'it was a day ago'));
  }
  const far = jumps.find(({ by }) => Math.abs(by) >= limits.clockJumpToldMsMin);
  if (far !== undefined && jumped === undefined) commands.push(raised('clock-jumped', jumpedKey, jumpText(far)));
  return commands;
}

export const jumpText = ({ by, from }: ClockJump): string =>
  `The clock went ${by > 0 ? 'forward' : 'back'} by ${durationText(Math.abs(by) / 1_000)}, from ${instantText(from)}, and has stayed there for a minute: the log follows it.`;

const raised = (rule: string, dedupeKey: string, text: string): Command => ({
  type: 'alert.raised',
  payload: { rule, subject: 'clock', text, dedupe_key: dedupeKey },
  ...byLedger,
});

const cleared = (dedupeKey: string, reason: string): Command => ({
  type: 'alert.cleared',
  payload: { dedupe_key: dedupeKey, reason },
  ...byLedger,
});
