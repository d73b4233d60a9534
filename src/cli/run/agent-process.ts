/** The command that `run` runs: with its own terminal, and the signals that this process is sent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants as fileModes } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { processEnvironment } from '../../settings/environment.js';

/** Those that ask a program to end, and are passed on. */
export const passedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Of the output so many characters are kept, from its end. */
const keptCharactersMax = 16_777_216;
/** So long a process that has ended may leave its output open to others. */
const outputMsMax = 2_000;

/** As shells say it: 128 and the number of the signal. */
export const exitCodeOfSignal = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

export interface AgentEnd {
  readonly exitCode: number;
  /** The end of what it wrote to stdout; empty where that was not read. */
  readonly output: string;
}

export interface AgentSettings {
  readonly command: readonly string[];
  readonly identity: string;
  /** Whether its stdout goes through this process; else it has that of this process. */
  readonly readsOutput: boolean;
  /** Gets what passes signals on. */
  readonly onStart: (child: Pick<ChildProcess, 'kill'>) => void;
}

/** Runs it to its end. Throws where it cannot be started. */
export async function runAgent({ command, identity, readsOutput, onStart }: AgentSettings): Promise<AgentEnd> {
  const [program = '', ...args] = withDeathSignal(command);
  const child = spawn(program, args, {
    stdio: ['inherit', readsOutput ? 'pipe' : 'inherit', 'inherit'],
    env: { ...processEnvironment(), RESOURCE_SHARE_AGENT: identity },
  });
  await once(child, 'spawn');
  onStart(child);
  let output = '';
  const closed = once(child, 'close');
  const { stdout } = child;
  stdout?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-keptCharactersMax);
  });
  stdout?.pipe(process.stdout, { end: false });
  // Where nobody reads it any more, what it says at its end is still of use.
  const readOn = () => stdout?.resume();
  process.stdout.once('error', readOn);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (readsOutput) await Promise.race([closed, wait(outputMsMax, undefined, { ref: false })]);
  process.stdout.off('error', readOn);
  return { exitCode: code ?? exitCodeOfSignal(signal ?? 'SIGKILL'), output };
}

/** Where Linux has a program for it, the command is sent SIGTERM when this process is killed, and does not run on unseen. */
function withDeathSignal(command: readonly string[]): readonly string[] {
  const helper = '/usr/bin/setpriv';
  // What cannot be started is to fail here, and not in the helper.
  if (!isExecutable(helper) || !isCommand(command[0] ?? '')) return command;
  return [helper, '--pdeathsig', 'TERM', '--', ...command];
}

function isCommand(name: string): boolean {
  if (name.includes('/')) return isExecutable(name);
  return (processEnvironment().PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, fileModes.X_OK);
    return true;
  } catch {
    return false;
  }
}
