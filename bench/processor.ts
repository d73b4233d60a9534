/** Processor time, as Linux counts it: on a shared machine the clock also counts the others. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Processor time of all threads of a process so far, in milliseconds. Linux counts it in nanoseconds for each thread. */
export function cpuMsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const spentNs = (thread: string) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return threads.reduce((sum, thread) => sum + spentNs(thread), 0) / 1e6;
}

/** Of a whole command, its start and whatever it starts included. What it prints is thrown away. */
export function cpuMsOfCommand(command: readonly string[], env: Readonly<Record<string, string>> = {}): number {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', '"$@" > /dev/null || exit; times', 'sh', ...command], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`);
  // The second line is of what the shell started: `0m1.25s 0m0.5s`.
  const times = [...(stdout.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return times.reduce((sum, [, minutes, seconds]) => sum + 60_000 * Number(minutes) + 1_000 * Number(seconds), 0);
}
