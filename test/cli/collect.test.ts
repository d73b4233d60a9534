// Goal: `collect --once` records what the programs of this machine left behind, once, and says what it did.
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Test, test } from 'tap';
import { claudeLine, response, textOf } from '../support/claude-lines.js';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { run } from './run.js';

/** A home with files, and a ledger beside it. */
function machine(t: Test, files: Readonly<Record<string, string>>) {
  const home = temporaryFolder(t);
  const data = temporaryFolder(t);
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const env = { HOME: home, XDG_STATE_HOME: join(home, 'state'), TMUX_TMPDIR: home, TMUX: '', CODEX_HOME: '' };
  const ask = (...args: readonly string[]) => run([...args, '--data', data], { env });
  const json = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await ask(...args, '--json');
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  };
  return { home, data, write, ask, json, collect: (...args: readonly string[]) => json('collect', '--once', ...args) };
}

const gemini = textOf(
  { sessionId: 'g1', startTime: '2026-11-28T10:00:00.000Z' },
  {
    id: 'm1',
    type: 'gemini',
    timestamp: '2026-11-28T10:00:01.000Z',
    model: 'gemini-3-pro',
    tokens: { input: 5, output: 7, total: 12 },
  },
);
const codex = textOf(
  { timestamp: '2026-11-28T10:00:00Z', type: 'session_meta', payload: { id: 'c1' } },
  {
    timestamp: '2026-11-28T10:00:01Z',
    type: 'token_usage_record',
    payload: {
      thread_id: 'c1',
      turn_id: 't1',
      response_id: 'resp_1',
      usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
    },
  },
);

test('what is on the machine is recorded, in the local ledger and by a daemon, and once', async (t) => {
  const { collect, json, data, write, home } = machine(t, {
    '.claude/projects/a/s1.jsonl': textOf(response(1), response(2)),
    '.codex/sessions/2026/11/28/rollout-1.jsonl': codex,
    '.gemini/tmp/p/chats/session-1.jsonl': gemini,
  });
  const done = await collect('--as', 'Ada');
  t.strictSame(
    done.map((one: Record<string, unknown>) => [
      one.format,
      one.files,
      one.uses,
      one.recorded,
      one.corrected,
      one.complete,
    ]),
    [
      ['claude-transcript', 1, 2, 2, 0, true],
      ['codex-rollout', 1, 1, 1, 0, true],
      ['gemini-chat', 1, 1, 1, 0, true],
    ],
  );
  const uses = await json('usage', 'list');
  t.equal(uses.length, 4);
  t.ok(uses.every((use: { claude_name: string }) => use.claude_name === 'Ada'));
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  write('.claude/projects/a/s2.jsonl', textOf(response(2), response(3), response(1, { output_tokens: 50 })));
  t.match(await collect('claude-transcript', '--as', 'Ada'), [
    { files: 2, uses: 3, recorded: 1, corrected: 1, repeated: 1, skipped: {} },
  ]);
  rmSync(join(home, 'state'), { recursive: true });
  t.match(await collect('--as', 'Ada'), [{ repeated: 3, recorded: 0 }, { repeated: 1 }, { repeated: 1 }]);
  t.equal((await json('usage', 'list')).length, 6, 'three responses, one correction, two of others');
});

test('a ledger that does not have what was collected gets it again', async (t) => {
  const { collect, ask, json, data, home } = machine(t, { '.claude/projects/a/s1.jsonl': textOf(response(1)) });
  t.match(await collect(), [{ recorded: 1 }]);
  const backup = temporaryFolder(t);
  cpSync(data, backup, { recursive: true });
  writeFileSync(join(home, '.claude/projects/a/s2.jsonl'), textOf(response(2)));
  t.match(await collect(), [{ recorded: 1 }]);
  rmSync(data, { recursive: true });
  cpSync(backup, data, { recursive: true });
  const again = await ask('collect', '--once');
  t.match(again, { code: 0, stderr: /The ledger does not have what was collected of claude-transcript before/ });
  t.equal((await json('usage', 'list')).length, 2);
  const [file = ''] = readdirSync(join(home, 'state/resource-share/cursors'));
  writeFileSync(join(home, 'state/resource-share/cursors', file), 'damage');
  t.match(await ask('collect', '--once'), { code: 0, stderr: /is damaged: everything is read again/ });
  t.equal((await json('usage', 'list')).length, 2);
});

test('a dry run records nothing, and forgets nothing', async (t) => {
  const { collect, ask, home } = machine(t, { '.claude/projects/a/s1.jsonl': textOf(response(1)) });
  t.match(await collect('--dry-run'), [{ format: 'claude-transcript', uses: [{ response: 'msg_1' }] }]);
  t.notOk(readdirSync(home).includes('state'));
  t.match(await collect(), [{ recorded: 1 }]);
  t.match(await collect('--dry-run'), [{ uses: [] }]);
  t.match((await ask('collect', '--once')).stdout, /claude-transcript +1 +0 +0/);
});

test('the explicit identity and mode, else those of rules, are recorded', async (t) => {
  const { json, collect, home } = machine(t, {
    'a.jsonl': textOf(response(1)),
    'b.jsonl': textOf(claudeLine({ message: { id: 'msg_2' }, line: { requestId: 'req_2', entrypoint: 'sdk-cli' } })),
  });
  await collect('claude-transcript', '--path', join(home, 'a.jsonl'), '--as', 'Ada', '--mode', 'collaboration');
  await collect('claude-transcript', '--path', join(home, 'b.jsonl'));
  const events = await json('audit', 'events', '--type', 'usage.recorded');
  t.match(
    events.map(({ payload, source }: { payload: object; source: string }) => ({ ...payload, source })),
    [
      { name: 'Ada', mode: 'collaboration', mode_source: 'explicit' },
      { mode: 'autonomy', mode_source: 'entrypoint', project: 'p1', source: 'claude-transcript/1' },
    ],
  );
});

test('what was made up long ago is no crowd of unknown names', async (t) => {
  const { json, collect, home } = machine(t, {});
  const lines = Array.from({ length: 60 }, (_, i) =>
    claudeLine({ message: { id: `msg_${i}` }, line: { requestId: `req_${i}`, cwd: `/srv/p${i}` } }),
  );
  writeFileSync(join(home, 'a.jsonl'), textOf(...lines));
  const rules = lines.map(({ cwd }, i) => ({ cwd, identity: `Agent ${i}` }));
  writeFileSync(join(home, 'config.json'), JSON.stringify({ sources: { rules } }));
  await collect('claude-transcript', '--path', join(home, 'a.jsonl'), '--config', join(home, 'config.json'));
  const identities = await json('identities', 'list');
  t.equal(identities.length, 60);
  t.strictSame(
    identities.filter(({ status }: { status: string }) => status === 'quarantined'),
    [],
  );
});

test('what is wrong with a question is said', async (t) => {
  const { ask, home } = machine(t, {});
  t.match(await ask('collect', '--once', '--watch'), { code: 64, stderr: /cannot be used with/ });
  t.match(await ask('collect', '--once'), { code: 1, stderr: /There is nothing to read: no .*projects.*no .*gemini/ });
  t.match(await ask('collect', '--once', 'telegrams'), { code: 64, stderr: /is no format that can be read/ });
  t.match(await ask('collect', '--once', '--path', home), { code: 64, stderr: /Name the one format/ });
  t.match(await ask('collect', '--once', 'usage-json'), { code: 64, stderr: /Name the file or the folder/ });
  t.match(await ask('collect', '--once', 'usage-json', '--path', join(home, 'none')), { code: 2, stderr: /none/ });
});
