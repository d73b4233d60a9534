/**
 * Goal: a collector on another machine, which reaches the daemon's loopback by a forward alone, loses nothing while the daemon is away
 * for an hour of its clock: files are rotated, cut, replaced and removed meanwhile, the collector itself is started again, and then
 * everything arrives, in order and once. Both ways of docs/guides/several-machines.md.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { response, textOf } from '../support/claude-lines.js';
import { spawnDaemon } from '../support/daemon.js';
import { variant } from '../support/engines.js';
import { fakeClock, withoutFaketime } from '../support/faketime.js';
import { temporaryFolder } from '../support/folder.js';
import { openNamespace, withoutNamespace } from '../support/namespace.js';
import { noSettings, program } from '../support/program.js';

const port = 18_765;
/** Twelve steps of five minutes. */
const [steps, stepSeconds] = [12, 300];
/** Of each step. */
const lines = 5;

for (const way of ['a port', 'a Unix socket']) {
  t.test(`by ${way}`, { skip: withoutNamespace || withoutFaketime, timeout: 400_000 }, async (t) => {
    const place = await variant.place(t);
    const first = await spawnDaemon(place);
    const home = temporaryFolder(t);
    const socket = join(home, 'ledger.sock');
    await forwarding(t, socket, Number(new URL(first.url).port));
    const { enter } = await openNamespace(t, port, socket);
    const clock = fakeClock(t);
    const url = way === 'a port' ? `http://127.0.0.1:${port}` : `unix:${socket}`;
    const args = [...enter, process.execPath, program, 'collect', '--url'];
    const env = {
      ...process.env,
      HOME: home,
      XDG_STATE_HOME: join(home, 'state'),
      XDG_CONFIG_HOME: noSettings,
      XDG_RUNTIME_DIR: '',
      TMUX_TMPDIR: home,
      CODEX_HOME: '',
      CLAUDE_CONFIG_DIR: '',
      NODE_V8_COVERAGE: undefined,
    };
    const direct = spawnSync(args[0] as string, [...args.slice(1), first.url, '--once', '--timeout', '0'], { env });
    t.not(direct.status, 0, 'the daemon itself cannot be reached from there');
    const start = () => collecting(t, [...args, url, '--sweep', '5'], { ...env, ...clock.env, FAKETIME_NO_CACHE: '1' });

    const folder = join(home, '.claude/projects/p');
    const file = join(folder, 'session.jsonl');
    mkdirSync(folder, { recursive: true });
    let written = 0;
    const more = (count = lines) => textOf(...Array.from({ length: count }, () => response(written++)));
    writeFileSync(file, more());
    let collector = start();
    await collector.saying(new RegExp(`\\b${lines} recorded`));
    await first.stop();

    for (let step = 1; step <= steps; step += 1) {
      clock.set(step * stepSeconds);
      change(step, file, more);
      await collector.saying(new RegExp(`\\b${step * lines} waiting for the daemon`));
      if (step !== steps / 2) continue;
      collector.child.kill('SIGTERM');
      t.equal(await collector.ended, 0);
      collector = start();
    }
    t.ok(collector.hours() > 0.4, 'of the hour it saw its part since it was started again');
    rmSync(folder, { recursive: true });
    const second = await spawnDaemon(place, '--port', new URL(first.url).port);
    t.teardown(() => second.stop());
    clock.set((steps + 1) * stepSeconds);
    mkdirSync(folder);
    writeFileSync(file, more(1));
    await collector.saying(/The daemon is back/);
    while ((await responsesOf(second.url)).length < written);
    collector.child.kill('SIGTERM');
    t.equal(await collector.ended, 0);
    const all = Array.from({ length: written }, (_, i) => `msg_${i}`);
    t.strictSame(await responsesOf(second.url), all, 'everything is there, in order and once');
  });
}

/** What it held before is gone from the file in three steps of four. */
function change(step: number, file: string, more: () => string): void {
  if (step % 4 === 0) return appendFileSync(file, more());
  if (step % 4 === 1) {
    renameSync(file, `${file.replace('.jsonl', '')}.1.jsonl`);
    return writeFileSync(file, more());
  }
  if (step % 4 === 2) {
    truncateSync(file);
    return appendFileSync(file, more());
  }
  writeFileSync(`${file}.new`, more());
  renameSync(`${file}.new`, file);
}

/** The end of a forward that is beside the daemon: while that is away, it takes connections and closes them. */
async function forwarding(t: Test, socket: string, to: number): Promise<void> {
  const server = createServer((from) => {
    const daemon = connect(to, '127.0.0.1');
    from.on('error', () => daemon.destroy()).pipe(daemon);
    daemon.on('error', () => from.destroy()).pipe(from);
  });
  await once(server.listen(socket), 'listening');
  t.teardown(() => server.close());
}

function collecting(t: Test, [command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv) {
  const child: ChildProcess = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  let said = '';
  const outputs = [child.stdout, child.stderr].flatMap((output) => output ?? []);
  for (const output of outputs)
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  return {
    child,
    ended,
    /** That passed by its clock, between the first and the last that it said. */
    hours: () => {
      const times = said.match(/^[0-9-]+ [0-9:]+Z/gm)?.map((text) => Date.parse(text.replace(' ', 'T'))) ?? [];
      return (Math.max(...times) - Math.min(...times)) / 3_600_000;
    },
    /** Waits until it says so; throws where it ends before. */
    async saying(what: RegExp): Promise<void> {
      while (!what.test(said)) {
        const code = await Promise.race([...outputs.map((output) => once(output, 'data')), ended]);
        if (!Array.isArray(code) && !what.test(said)) throw new Error(`it ended with ${code}: ${said}`);
      }
    },
  };
}

async function responsesOf(url: string): Promise<readonly (string | undefined)[]> {
  const answer = await fetch(`${url}/v1/events?type=usage.recorded&format=ndjson`);
  const found = (await answer.text()).split('\n').filter((line) => line !== '');
  return found.map(
    (line) => (JSON.parse(line) as { payload: { meter?: { response?: string } } }).payload.meter?.response,
  );
}
