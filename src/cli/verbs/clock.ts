/** `clock`: whether the clock that events are recorded by is believed, and saying that it is right. */

import type { Command } from 'commander';
import { instantText } from '../../text/time.js';
import { negativeResult } from '../exit.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine, printText } from '../output.js';

export function define(command: Command): void {
  const status = command
    .command('status')
    .description('Say whether the clock is believed; ends with 1 where nothing is recorded because it is not.')
    .addOption(jsonOption());
  status.action(async ({ json }: { json?: true }) => {
    const { withClient } = await import('../open-client.js');
    const { state, logTime, detail } = await withClient(globalsOf(status), (client) => client.clock());
    if (json === true) printJson({ state, log_time: new Date(logTime).toISOString(), detail });
    else if (detail === null) printText(`${stateTexts[state]} An event would be recorded at ${instantText(logTime)}.`);
    if (detail !== null) throw negativeResult(detail);
  });
  addExamples(status, 'clock status', 'clock status --json');

  const accept = command
    .command('accept')
    .description(
      "Say that the clock is right now: the log goes on from there, also where that is before its newest event. With a daemon it is the daemon's clock.",
    )
    .option('--reason <text>', 'kept in the log with the correction')
    .addOption(jsonOption());
  accept.action(async ({ reason, json }: { reason?: string; json?: true }) => {
    const { withClient } = await import('../open-client.js');
    const correction = await withClient(globalsOf(accept), (client) => client.acceptClock(reason));
    if (json === true) return printJson(correction);
    if (correction === null) return printLine('The clock is believed already: nothing was corrected.');
    printLine(`The log goes on at ${instantText(correction.to)}; it was at ${instantText(correction.from)}.`);
  });
  addExamples(accept, 'clock accept', 'clock accept --reason "the battery of the clock was flat"');

  addExamples(command, 'clock status', 'clock accept');
}

const stateTexts = {
  confirmed: 'The clock is believed.',
  unconfirmed: 'The clock jumped a moment ago. Until it has stayed there for a minute, the time goes on without it.',
  suspect: '',
} as const;
