/** `wait`: waits until an agent may run, for scripts that run it themselves. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { type DaemonFinder, daemonFinder } from '../../client/address.js';
import { exchange } from '../../client/http.js';
import { LedgerChanged } from '../../client/known-ledgers.js';
import { requireSettings } from '../../settings/resolve.js';
import { daemonOf } from '../daemon-address.js';
import { CliExit, exitCodes, negativeResult } from '../exit.js';
import { addExamples, settingOption, settingsFor } from '../options.js';
import { printLine } from '../output.js';
import { parseDuration } from '../times.js';

interface Options {
  readonly timeout?: number;
  readonly print?: true;
}

interface Advice {
  readonly wait_s: number | null;
  readonly advice: { readonly recheck_after_s: number | null; readonly reason: string };
}

const requestMsMax = 10_000;
/** A pause that only a person ends is looked at again as often as this. */
const pauseSeconds = 60;
/** Timers of node are a millisecond early at times. */
const marginMs = 5;

export function define(command: Command): void {
  command
    .description(
      'Wait until an agent may run. Prints first how many seconds that is; it asks again now and then, as that may change.',
    )
    .argument('<name>', 'the identity that is to run')
    .addOption(
      new Option('--timeout <duration>', 'how long to wait at most (default: as long as it takes)').argParser(
        parseDuration,
      ),
    )
    .option('--print', 'only print the seconds; empty where only a person ends the wait')
    .addOption(settingOption('url'));
  command.action((name: string, options: Options) => waitFor(command, name, options));
  command.addHelpText(
    'after',
    '\nExit code 0: it may run (with --print: the seconds are printed). 1: not within --timeout, or nobody has this name. 69: no daemon answers.',
  );
  addExamples(command, 'wait Ada && ./agent.sh', 'wait Ada --timeout 2h', 'wait Ada --print');
}

async function waitFor(command: Command, name: string, { timeout, print }: Options): Promise<void> {
  const resolved = settingsFor(command);
  const daemon = daemonFinder(daemonOf(resolved));
  const { pool } = requireSettings(resolved, 'pool');
  const query = new URLSearchParams(pool === undefined ? {} : { pool });
  const path = `v1/advice/${encodeURIComponent(name)}?${query}`;
  const deadline = Date.now() + (timeout ?? Number.POSITIVE_INFINITY);
  for (let isFirst = true; ; isFirst = false) {
    const { wait_s: seconds, advice } = await askAdvice(daemon, path);
    if (isFirst) printLine(seconds === null ? '' : String(seconds));
    if (print === true || seconds === 0) return;
    const pauseMs = Math.min(seconds ?? pauseSeconds, advice.recheck_after_s ?? Number.POSITIVE_INFINITY) * 1_000;
    if (Date.now() + pauseMs > deadline) {
      await sleep(Math.max(0, deadline - Date.now()));
      throw negativeResult(`${name} may not run yet: ${advice.reason}`);
    }
    await sleep(pauseMs + marginMs);
  }
}

async function askAdvice(daemon: DaemonFinder, path: string): Promise<Advice> {
  const answer = await Promise.resolve()
    .then(() => exchange({ method: 'GET', to: daemon(), path, timeoutMs: requestMsMax }))
    .catch((error: Error) => {
      if (error instanceof LedgerChanged) throw error;
      throw new CliExit(exitCodes.unavailable, `how long to wait, the daemon has to say: ${error.message}.`);
    });
  if (answer.status === 200) return JSON.parse(answer.text) as Advice;
  const { detail = `the daemon answered ${answer.status}` } = JSON.parse(answer.text) as { detail?: string };
  throw negativeResult(`${detail}.`);
}
