// Goal: `collect` follows files beside the daemon, wherever that is and while it is away, and ends when it is asked to; a daemon that is
// told to collects by itself.
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { type Test, test } from 'tap';
import { claudeLine, response, textOf } from '../support/claude-lines.js';
import { type Daemon, spawnDaemon, spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { program } from '../support/program.js';
import { spawnNode } from './run.js';

const transcript = '.claude/projects/a/s1.jsonl';

/** A home with programs that write, and a data directory. */
function machine(t: Test) {
  const home = temporaryFolder(t);
  const data = temporaryFolder(t);
  const env = { HOME: home, XDG_STATE_HOME: join(home, 'state'), TMUX_TMPDIR: home, TMUX: '', CODEX_HOME: '' };
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    appendFileSync(join(home, path), text);
  };
  const follow = (...args: readonly string[]) => {
    const child = spawnNode([program, 'collect', ...args], env);
    t.teardown(() => child.kill('SIGKILL'));
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said.stderr += text;
    });
    const ended = once(child, 'close').then(([code]) => code as number | null);
    return {
      said,
      ended,
      signal: (name: NodeJS.Signals) => child.kill(name),
      /** Waits until it says so. */
      saying: async (what: RegExp) => {
        while (!what.test(said.stdout + said.stderr))
          await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
      },
    };
  };
  return { home, data, env, write, follow, cursors: () => readdirSync(join(home, 'state/resource-share/cursors')) };
}

interface Use {
  readonly claude_name: string;
}

async function usesOf({ url }: Daemon): Promise<readonly Use[]> {
  const answer = await fetch(`${url}/v1/usage?limit=1000`);
  return ((await answer.json()) as { rows: Use[] }).rows;
}

async function untilUses(daemon: Daemon, count: number): Promise<void> {
  while ((await usesOf(daemon)).length < count);
}

test('it follows for the daemon of the data directory, and ends softly', { timeout: 400_000 }, async (t) => {
  const { data, write, follow, cursors } = machine(t);
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  write(transcript, textOf(response(1)));
  const first = follow('--data', data, '--as', 'Ada', '--json', '--sweep', '5');
  await untilUses(daemon, 1);
  write(transcript, textOf(response(2)));
  write('.codex/sessions/2026/rollout-1.jsonl', '{}\n');
  await untilUses(daemon, 2);
  t.equal((await usesOf(daemon))[0]?.claude_name, 'Ada');
  first.signal('SIGINT');
  t.equal(await first.ended, 0);
  t.match(first.said.stderr, /Stopping as soon as/);
  const lines = first.said.stdout.trim().split('\n');
  t.match(
    lines.map((line) => JSON.parse(line)).filter(({ uses }) => uses > 0),
    [
      { format: 'claude-transcript', uses: 1, recorded: 1, corrected: 0, repeated: 0, complete: true },
      { uses: 1, recorded: 1 },
    ],
  );
  t.ok(cursors().length > 0);
  write(transcript, textOf(response(3)));
  const second = follow('--data', data, '--as', 'Ada');
  await untilUses(daemon, 3);
  second.signal('SIGTERM');
  t.equal(await second.ended, 0);
  t.match(second.said.stdout, /claude-transcript: 1 recorded/);
  t.notMatch(second.said.stdout, /known before/, 'it goes on where the other one was');
});

test('elsewhere, and while the daemon is away', { timeout: 400_000 }, async (t) => {
  const { data, home, write, follow } = machine(t);
  const first = await spawnDaemon(data);
  const port = new URL(first.url).port;
  write(transcript, textOf(response(1)));
  const collector = follow('--url', first.url, '--sweep', '5');
  await untilUses(first, 1);
  await first.stop();
  write(transcript, textOf(response(2), response(3)));
  await collector.saying(/nothing listens at .*; it is tried again/);
  await collector.saying(/2 waiting for the daemon/);
  rmSync(join(home, transcript));
  const second = await spawnDaemon(data, '--port', port);
  t.teardown(() => second.stop());
  await untilUses(second, 3);
  await collector.saying(/The daemon is back/);
  collector.signal('SIGINT');
  t.equal(await collector.ended, 0);
});

test('the second signal ends it at once', { timeout: 400_000 }, async (t) => {
  const { write, follow } = machine(t);
  const silent = createServer(() => undefined);
  const port = await listening(t, silent);
  write(transcript, textOf(response(1)));
  for (const isOnce of [true, false]) {
    const collector = follow('--url', `http://127.0.0.1:${port}`, ...(isOnce ? ['--once'] : []));
    await new Promise<void>((resolve) => silent.once('request', () => resolve()));
    collector.signal('SIGINT');
    await collector.saying(/once more stops at once/);
    collector.signal('SIGINT');
    t.equal(await collector.ended, isOnce ? 2 : 0);
  }
});

test('what is under way at the first signal is still recorded', { timeout: 400_000 }, async (t) => {
  const { write, follow } = machine(t);
  write(transcript, textOf(response(1)));
  for (const isOnce of [true, false]) {
    let answer = () => {};
    const slow = createServer((_request, reply) => {
      answer = () => {
        reply.end(JSON.stringify([{ status: 'recorded', seq: 1, id: 'x', hash: 'y' }]));
      };
    });
    const asked = once(slow, 'request');
    const port = await listening(t, slow);
    const collector = follow('--url', `http://127.0.0.1:${port}`, '--json', ...(isOnce ? ['--once'] : []));
    await asked;
    collector.signal('SIGINT');
    await collector.saying(/once more stops at once/);
    answer();
    await collector.ended;
    const told = JSON.parse(collector.said.stdout) as object;
    t.match(Array.isArray(told) ? told[0] : told, { recorded: 1 });
  }
});

async function listening(t: Test, to: Server): Promise<number> {
  await once(to.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => to.close().closeAllConnections());
  return (to.address() as AddressInfo).port;
}

test('a daemon that is told to collects by itself', { timeout: 400_000 }, async (t) => {
  const { data, home, env, write } = machine(t);
  write(transcript, textOf(response(1), response(1, { output_tokens: 50 }), response(2)));
  const on = { ...env, RESOURCE_SHARE_SOURCES_COLLECT: 'true', RESOURCE_SHARE_SOURCES_SWEEP_S: '5' };
  const first = await spawnDaemonIn({ ...on, RESOURCE_SHARE_AGENT: 'Ada' }, data);
  await untilUses(first, 2);
  write(transcript, textOf(response(1, { output_tokens: 70 }), claudeLine({ line: { type: 'user' } })));
  write('.gemini/tmp/p/chats/session-1.jsonl', textOf({ sessionId: 'g1' }));
  await untilUses(first, 3);
  const { sources } = (await (await fetch(`${first.url}/v1/sources`)).json()) as { sources: { format: string }[] };
  t.match(
    sources.find(({ format }) => format === 'claude-transcript'),
    { read: 3, recorded: 2, corrected: 1, repeated: 0, refused: 0, last_seen_at: /Z$/ },
  );
  t.equal(await first.stop(), 0);
  t.match(readdirSync(join(data, 'cursors')), [/^claude-transcript-/]);
  t.notOk(existsSync(join(home, 'state')), 'its cursors are with its data');
  t.notMatch(readFileSync(join(data, 'cursors', readdirSync(join(data, 'cursors'))[0] ?? '')), 'words');
  write(transcript, textOf(response(4)));
  const second = await spawnDaemonIn(on, data);
  await untilUses(second, 4);
  const again = (await (await fetch(`${second.url}/v1/sources`)).json()) as { sources: object[] };
  t.match(again.sources, [{ format: 'claude-transcript', read: 1, recorded: 1, repeated: 0 }]);
  await second.stop();
  writeFileSync(join(home, transcript), textOf(response(5)));
  const off = await spawnDaemonIn(env, data);
  t.strictSame(await (await fetch(`${off.url}/v1/sources`)).json(), { sources: [] });
  await off.stop();
});
