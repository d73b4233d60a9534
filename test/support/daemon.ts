/** A daemon in a process of its own, as people run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { noData, noSettings, program } from './program.js';

export interface Daemon {
  /** Without a slash at the end. */
  readonly url: string;
  readonly process: ChildProcess;
  readonly pid: number;
  /** From the start of the process to the line that says it is ready. */
  readonly readyMs: number;
  /** Resolves when it has ended, however: its exit code, null after a signal. */
  readonly ended: Promise<number | null>;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<number | null>;
}

/** Where nobody else says where the keys of checkpoints are: not among the settings, which are a folder of this package. */
const keys = join(tmpdir(), 'resource-share-keys-of-tests');

/** With its sockets in data directories, which are gone after the test. */
const inherited = (): NodeJS.ProcessEnv => ({ ...process.env, XDG_RUNTIME_DIR: '' });

/** How the program is told where its database is: a data directory, or the URL of a server. */
export function databaseFlags(place: string): string[] {
  return [place.includes('://') ? '--database' : '--data', place];
}

/** Starts a daemon on a free port of loopback, and waits until it serves. */
export function spawnDaemon(place: string, ...flags: readonly string[]): Promise<Daemon> {
  return spawnWith(inherited(), place, flags);
}

/** As `spawnDaemon`, with variables on top of the environment of this process. */
export function spawnDaemonIn(
  env: Readonly<Record<string, string>>,
  place: string,
  ...flags: readonly string[]
): Promise<Daemon> {
  return spawnWith({ ...inherited(), ...env }, place, flags);
}

/**
 * Starts a daemon that will be killed. It counts no lines for the coverage: a process writes them when it ends by
 * itself, and a start that counts takes 0.82 s of processor time instead of 0.62 s.
 */
export function spawnDoomedDaemon(place: string): Promise<Daemon> {
  return spawnWith({ ...inherited(), NODE_V8_COVERAGE: undefined }, place, []);
}

/** As `spawnDoomedDaemon`, for one that is killed before it serves: it is not waited for. */
export const spawnStarting = (place: string): ChildProcess =>
  spawnServe({ ...inherited(), NODE_V8_COVERAGE: undefined }, place, []);

function spawnServe(env: NodeJS.ProcessEnv, place: string, flags: readonly string[]): ChildProcess {
  const args = [program, 'serve', '--port', '0', ...databaseFlags(place), '--log-level', 'error', ...flags];
  return spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { XDG_DATA_HOME: noData, RESOURCE_SHARE_CHECKPOINTS_KEYS: keys, ...env, XDG_CONFIG_HOME: noSettings },
  });
}

async function spawnWith(env: NodeJS.ProcessEnv, place: string, flags: readonly string[]): Promise<Daemon> {
  const started = performance.now();
  const child = spawnServe(env, place, flags);
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const url = await readyUrl(child);
  return {
    url,
    process: child,
    pid: child.pid as number,
    readyMs: performance.now() - started,
    ended,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

async function readyUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the daemon has no output');
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /https?:\/\/[^\s"/]+/.exec(line)?.[0];
    if (url !== undefined) {
      child.stdout.resume();
      return url;
    }
  }
  throw new Error('the daemon ended before it was ready');
}
