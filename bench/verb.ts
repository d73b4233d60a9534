/** A verb of the command line, timed from start to end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { program } from '../test/support/program.js';
import { watchPeak } from './memory.js';

export interface VerbRun {
  readonly seconds: number;
  readonly peakMb: number;
}

/** Its progress goes to stderr. */
export async function runVerb(...args: readonly string[]): Promise<VerbRun> {
  const started = performance.now();
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 2] });
  const watched = watchPeak(child.pid ?? 0);
  const [code] = await once(child, 'exit');
  const peakMb = watched.stop();
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
  return { seconds: (performance.now() - started) / 1_000, peakMb };
}
