/** The program as people run it: a process, its output and its exit code. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { noData, noSettings, program } from '../support/program.js';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Where it runs. */
  readonly cwd?: string | undefined;
}

/** Settings of whoever runs the tests must not reach the program. */
function cleanEnv(env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const isKept = (name: string) => !name.startsWith('RESOURCE_SHARE_') || name === 'RESOURCE_SHARE_CHECKPOINTS_KEYS';
  const inherited = Object.entries(process.env).filter(([name]) => isKept(name));
  return {
    ...Object.fromEntries(inherited),
    XDG_CONFIG_HOME: noSettings,
    XDG_DATA_HOME: noData,
    XDG_RUNTIME_DIR: '',
    TZ: 'UTC',
    NO_COLOR: '1',
    ...env,
  };
}

/** Starts a script of this package. */
export function spawnNode(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
  cwd?: string,
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, args, { env: cleanEnv(env), stdio: 'pipe', cwd });
}

export function run(args: readonly string[], { env, input = '', cwd }: RunOptions = {}): Promise<Ran> {
  const child = spawnNode([program, ...args], env, cwd);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined).end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

/** Runs the program on one data directory. */
export function onData(data: string) {
  return async (...args: readonly string[]): Promise<Ran> => run([...args, '--data', data]);
}

/** As `onData`; the JSON it printed. Throws when it did not end well. */
export function jsonOn(data: string) {
  // biome-ignore lint/suspicious/noExplicitAny: what a verb prints is what the tests are about
  return async (...args: readonly string[]): Promise<any> => {
    const { code, stdout, stderr } = await run([...args, '--data', data, '--json']);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  };
}
