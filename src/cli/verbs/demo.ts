/** `demo`: a made week to look at, in a data directory of its own, and the daemon on it. */
import type { Command } from 'commander';
import { systemTimeZone } from '../../runtime/time-zone.js';
import { requireSettings } from '../../settings/resolve.js';
import { usageError } from '../exit.js';
import { addExamples, ledgerOptions, settingFlags, settingsFor } from '../options.js';
import { printLine } from '../output.js';
import { parsePastTime, type TimeText } from '../times.js';
import { addServeOptions, daemonSettings } from './serve.js';

interface Options {
  readonly serve: boolean;
  readonly until?: TimeText;
}

const demoData = './demo-data';

export function define(command: Command): void {
  addServeOptions(command)
    .description(
      `Make a week of use by made agents (names, account and source say so), in ${demoData} or --data, and serve it.`,
    )
    .option('--no-serve', 'only make the data')
    .option('--until <time>', 'when the week ends (default: now)', parsePastTime);
  command.action(async ({ serve, until }: Options) => {
    const flags = settingFlags(command);
    if (flags.has('database')) throw usageError('a demo is made in a directory: choose it with --data.');
    const resolved = settingsFor(command);
    const data = flags.has('data') ? requireSettings(resolved, 'data').data : demoData;
    const { buildDemo } = await import('../demo/build.js');
    const done = await buildDemo(
      ledgerOptions(resolved, data),
      (until ?? parsePastTime('now')).at(Date.now(), systemTimeZone()),
    );
    printLine(done === 'made' ? `A made week is in ${data}.` : `The made week in ${data} is there already.`);
    if (!serve) return;
    const { runDaemon } = await import('../run-daemon.js');
    // The week ends when it was to end, which may be long ago.
    await runDaemon({ ...daemonSettings(resolved, data), acceptClock: true });
  });
  addExamples(command, 'demo', 'demo --no-serve --data /tmp/demo', 'usage summary --data ./demo-data');
}
