/** A home of its own for a client that is connected, and the program run in it. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Ran, run } from '../cli/run.js';
import { type Scope, temporaryFolder } from './folder.js';

export interface Home {
  readonly home: string;
  readonly data: string;
  readonly env: Readonly<Record<string, string>>;
  read(path: string): string;
  write(path: string, text: string): void;
  ask(...args: readonly string[]): Promise<Ran>;
  // biome-ignore lint/suspicious/noExplicitAny: what a verb prints is what the tests are about
  json(...args: readonly string[]): Promise<any>;
  /** What is in a folder, by path: kind, mode, content or target of each. Pipes are not opened. */
  tree(folder?: string): Readonly<Record<string, string>>;
}

export function madeHome(t: Scope, more: Readonly<Record<string, string>> = {}): Home {
  const home = temporaryFolder(t);
  const beside = temporaryFolder(t);
  const data = join(beside, 'data');
  const env = {
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_STATE_HOME: join(home, '.local/state'),
    TMUX_TMPDIR: beside,
    TMUX: '',
    CODEX_HOME: '',
    CLAUDE_CONFIG_DIR: '',
    RESOURCE_SHARE_DATA: data,
    ...more,
  };
  const ask = (...args: readonly string[]) => run(args, { env });
  return {
    ...homeAt(home),
    data,
    env,
    ask,
    json: async (...args) => {
      const { code, stdout, stderr } = await ask(...args, '--json');
      if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout);
    },
    tree: (folder = home) => treeOf(folder),
  };
}

/** Files of a home, by their path below it. */
export const homeAt = (home: string): Pick<Home, 'home' | 'read' | 'write'> => ({
  home,
  read: (path) => readFileSync(join(home, path), 'utf8'),
  write: (path, text) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  },
});

function treeOf(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name);
    const stats = lstatSync(path);
    const content = stats.isFile()
      ? createHash('sha256').update(readFileSync(path)).digest('hex')
      : stats.isSymbolicLink()
        ? readlinkSync(path)
        : '';
    found[name] = `${stats.mode.toString(8)} ${content}`;
  }
  return found;
}
