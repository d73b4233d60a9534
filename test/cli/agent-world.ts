/** What tests of `run` are made of: a pool with a daemon, agents in processes of their own, and what of them is in the log. */
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { type Daemon, spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { program } from '../support/program.js';
import { onData, type Ran, spawnNode } from './run.js';

export interface EventLine {
  readonly type: string;
  /** Milliseconds UTC. */
  readonly recorded_at: number;
  readonly occurred_at: number;
  // biome-ignore lint/suspicious/noExplicitAny: what is in the log is what the tests are about
  readonly payload: any;
}

/** A pool with a daemon, which may be stopped and started again; agents find it by its data directory. */
export async function world(t: Test, policy: readonly string[] = []) {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  let daemon: Daemon | null = null;
  const start = async () => {
    daemon = await spawnDaemon(data);
  };
  const stop = async () => daemon?.stop();
  t.teardown(stop);
  await start();
  if (policy.length > 0) await onData(data)('policy', 'set', ...policy);
  const env = { XDG_STATE_HOME: join(folder, 'state'), CLAUDE_CONFIG_DIR: join(folder, 'claude') };
  const agent = (...args: readonly string[]) => running(t, ['run', ...args], { ...env, RESOURCE_SHARE_DATA: data });
  const events = async (): Promise<EventLine[]> => {
    const { stdout } = await onData(data)('export');
    return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  };
  const types = async () => (await events()).map(({ type }) => type).filter((type) => /^(turn|usage)/.test(type));
  const openTurns = async () => {
    const answer = await fetch(`${daemon?.url}/v1/turns`);
    return ((await answer.json()) as { turns: unknown[] }).turns.length;
  };
  return { folder, data, start, stop, agent, events, types, openTurns };
}

/** The program, with what it has written so far. */
function running(t: Test, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawnNode([program, ...args], env);
  t.teardown(() => child.kill('SIGKILL'));
  const wrote = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    wrote.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    wrote.stderr += text;
  });
  const ended: Promise<Ran> = once(child, 'close').then(([code]) => ({ code, ...wrote }));
  return { child, wrote, ended };
}

export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

export const count = (types: readonly string[], type: string) => types.filter((one) => one === type).length;
/** `test/support/made-client.ts` says what its steps are. */
export const madeClient = (...steps: readonly string[]) => ['--', process.execPath, madeClientFile, ...steps];
const madeClientFile = fileURLToPath(new URL('../support/made-client.js', import.meta.url));
export const shell = (script: string) => ['--', 'sh', '-c', script];
/** Whoever asks may run: an interval of a second is within what counts as in time. */
export const instant = ['interval_s_base=1', 'interval_s_min=1', 'method=static'];
export const settledTurn = ['turn.granted', 'usage.recorded', 'turn.settled'];

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
