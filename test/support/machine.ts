/** A machine with marks on it of what must not be kept: all that is kept and shown of them is looked through. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { run, spawnNode } from '../cli/run.js';
import { temporaryFolder } from './folder.js';
import { program } from './program.js';
import { Secrets } from './secrets.js';

/** A home with what programs left there, a ledger beside it, and all that was shown of them. */
export class Machine {
  readonly secrets = new Secrets();
  readonly home: string;
  /** Below it nothing of the marks may be. */
  readonly kept: string;
  /** What commands printed and the daemon answered, by what was asked. */
  readonly shown = new Map<string, Buffer>();
  readonly #env: Record<string, string>;

  constructor(t: Test) {
    this.home = temporaryFolder(t);
    this.kept = temporaryFolder(t);
    const state = join(this.kept, 'state');
    this.#env = { HOME: this.home, XDG_STATE_HOME: state, TMUX_TMPDIR: this.home, TMUX: '', CODEX_HOME: '' };
  }

  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.home, path)), { recursive: true });
      writeFileSync(join(this.home, path), content);
    }
  }

  async cli(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run([...args, '--data', join(this.kept, 'data')], { env: this.#env });
    if (code !== 0 && code !== 1) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
    this.show(`resource-share ${args.join(' ')}`, `${stdout}\n${stderr}`);
    return stdout;
  }

  /** At the level that says most; what it logs is among what it showed. */
  async serve(): Promise<{ readonly url: string; stop(): Promise<void> }> {
    const args = ['serve', '--port', '0', '--log-level', 'trace', '--data', join(this.kept, 'data')];
    const child = spawnNode([program, ...args], this.#env);
    const ended = new Promise((resolve) => child.on('close', resolve));
    let said = '';
    const url = await new Promise<string>((resolve, reject) => {
      const take = (text: Buffer) => {
        said += text;
        const found = /http:\/\/127\.[^\s"/]+/.exec(said)?.[0];
        if (found !== undefined) resolve(found);
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.on('close', () => reject(new Error(said)));
    });
    return {
      url,
      stop: async () => {
        child.kill('SIGTERM');
        await ended;
        this.show(`log of the daemon at ${url}`, said);
      },
    };
  }

  show(what: string, text: string | Uint8Array): void {
    this.shown.set(`${what} [${this.shown.size}]`, Buffer.from(text as string));
  }

  async ask(url: string, init: RequestInit = {}): Promise<{ readonly status: number; readonly text: string }> {
    const headers = { cookie: `session=${this.secrets.of('cookie')}`, 'x-api-key': this.secrets.of('api key') };
    const answer = await fetch(url, { ...init, headers: { ...headers, ...init.headers } });
    const text = await answer.text();
    this.show(`${init.method ?? 'GET'} ${url}`, `${JSON.stringify([...answer.headers])}\n${text}`);
    return { status: answer.status, text };
  }

  async push(url: string, type: string, body: string | Uint8Array, headers: object = {}): Promise<number> {
    const init = { method: 'POST', body, headers: { 'content-type': type, ...headers } };
    return (await this.ask(url, init as RequestInit)).status;
  }
}
