/** `demo`: a made week to look at, in a data directory of its own, and the daemon on it. */
import type { Command } from 'commander';
import type { DaemonSettings } from '../../daemon/daemon-settings.js';
import { systemTimeZone } from '../../runtime/time-zone.js';
import { requireSettings } from '../../settings/resolve.js';
import { usageError } from '../exit.js';
import { addExamples, ledgerOptions, settingFlags, settingsFor } from '../options.js';
import { printLine, remark } from '../output.js';
import { parsePastTime, type TimeText } from '../times.js';
import { addServeOptions, daemonSettings } from './serve.js';

interface Options {
  readonly serve: boolean;
  readonly until?: TimeText;
}

/** The usual port, or any that is free where it is taken: nobody has chosen it. */
async function portNear({ host, port }: DaemonSettings): Promise<number> {
  const { isFree } = await import('../demo/free-port.js');
  if (await isFree(host, port)) return port;
  remark(`Port ${port} is taken by another program: the demo takes a free one.`);
  return 0;
}

const demoData = './demo-data';

export function define(command: Command): void {
  addServeOptions(command)
    .description(
      `Make a week of use by made agents (names, account and source say so), in ${demoData} or --data, and serve it, while they go on.`,
    )
    .option('--no-serve', 'only make the data')
    .option('--until <time>', 'when the week ends (default: now)', parsePastTime);
  command.action(async ({ serve, until }: Options) => {
    const flags = settingFlags(command);
    if (flags.has('database')) throw usageError('a demo is made in a directory: choose it with --data.');
    const resolved = settingsFor(command);
    const data = flags.has('data') ? (requireSettings(resolved, 'data').data as string) : demoData;
    const { buildDemo } = await import('../demo/build.js');
    const done = await buildDemo(
      ledgerOptions(resolved, data),
      (until ?? parsePastTime('now')).at(Date.now(), systemTimeZone()),
    );
    printLine(done === 'made' ? `A made week is in ${data}.` : `The made week in ${data} is there already.`);
    if (!serve) return;
    const { runDaemon } = await import('../run-daemon.js');
    const { liveDemo } = await import('../demo/live.js');
    const settings = daemonSettings(resolved, data);
    const port = resolved.given.get('port')?.layer === 'default' ? await portNear(settings) : settings.port;
    // The week ends when it was to end, which may be long ago.
    await runDaemon({ ...settings, port, acceptClock: true, moreChores: [liveDemo()] });
  });
  addExamples(command, 'demo', 'demo --no-serve --data /tmp/demo', 'usage summary --data ./demo-data');
}
