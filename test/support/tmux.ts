/** A server of tmux of a test's own, with terminals that look at its sessions. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { type Scope, temporaryFolder } from './folder.js';

const has = (tool: string, flag: string) => spawnSync(tool, [flag]).status === 0;

/** Why tests with tmux are left out; false where they are not. */
export const withoutTmux: string | false = !has('tmux', '-V')
  ? 'tmux is not installed'
  : !has('script', '--version') && 'script, of util-linux, is not installed';

export class TmuxServer {
  /** For programs that are to find it, in the place of any other. */
  readonly env: Readonly<Record<string, string>>;

  /** With a session of each name, which nobody looks at. */
  static async start(t: Scope, ...sessions: readonly string[]): Promise<TmuxServer> {
    const server = new TmuxServer(temporaryFolder(t));
    t.teardown(() => server.#tmux('kill-server'));
    for (const session of sessions) await server.#tmux('-f', '/dev/null', 'new-session', '-d', '-s', session, 'cat');
    await server.#tmux('set-hook', '-g', 'client-attached', 'wait-for -S attached');
    await server.#tmux('set-hook', '-g', 'client-detached', 'wait-for -S detached');
    return server;
  }

  private constructor(folder: string) {
    this.env = { TMUX_TMPDIR: folder, TMUX: '', TERM: 'xterm' };
  }

  /** Opens a terminal that looks at a session, until what is returned is called. */
  async attach(session: string): Promise<() => Promise<void>> {
    const env = { ...process.env, ...this.env };
    const terminal = spawn('script', ['-qfc', `tmux attach -t ${session}`, '/dev/null'], { env });
    terminal.stdout.resume();
    await this.#tmux('wait-for', 'attached');
    return async () => {
      const ended = once(terminal, 'exit');
      await this.#tmux('detach-client', '-s', session);
      await this.#tmux('wait-for', 'detached');
      await ended;
    };
  }

  async #tmux(...args: readonly string[]): Promise<void> {
    await promisify(execFile)('tmux', args, { env: { ...process.env, ...this.env } });
  }
}
