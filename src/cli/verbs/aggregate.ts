/** `aggregate`: closes a day, so that its totals are a fact. A day that late reports changed is restated by closing it again. */
import type { Command } from 'commander';
import { addExamples, type Globals, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine } from '../output.js';
import { Reading } from '../reading.js';
import type { Recorder } from '../recorder.js';
import { withRecorder } from '../recording.js';
import { type DateText, parseDate } from '../times.js';

interface Options {
  readonly date: DateText;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .option('--date <date>', "day to close, in the pool's zone", parseDate, parseDate('yesterday'))
    .addOption(jsonOption());
  command.action(async (options: Options) => {
    const globals = globalsOf(command);
    await withRecorder(globals, (recorder) => closeDay(recorder, globals, options));
  });
  addExamples(command, 'aggregate', 'aggregate --date 2026-01-05', 'aggregate --date 3d --json');
}

async function closeDay(recorder: Recorder, globals: Globals, { date, json }: Options): Promise<void> {
  const { day, closed } = await Reading.of(globals, async (reading) => {
    const day = date.on(Date.now(), await reading.timeZone());
    return { day, closed: await wasClosed(reading, day) };
  });
  const { status, seq } = await recorder.record({ type: 'day.closed', payload: { date: day } });
  const outcome = status === 'repeated' ? 'unchanged' : closed ? 'restated' : 'closed';
  if (json === true) return printJson({ date: day, outcome, seq });
  printLine(seq === undefined ? `${day} is ${outcome}.` : `${day} is ${outcome} (seq ${seq}).`);
}

async function wasClosed(reading: Reading, day: string): Promise<boolean> {
  const { limits } = await import('../../limits.js');
  const closings = await reading.events({ types: ['day.closed'], backwards: true, limit: limits.closedDaysKept });
  return closings.some((event) => event.type === 'day.closed' && event.payload.date === day);
}
