// Goal: an agent works in collaboration while somebody is attached to its own tmux session, and the log says how that was known.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Test, test } from 'tap';
import { claudeLine, textOf } from '../support/claude-lines.js';
import { temporaryFolder } from '../support/folder.js';
import { TmuxServer, withoutTmux } from '../support/tmux.js';
import { run } from './run.js';

const rules = [
  { cwd: '/srv/p1/**', identity: 'Ada', tmux: 'ada' },
  { identity: 'Bob', tmux: 'bob', entrypoint: 'cli' },
];

/** Runs the program on a ledger of its own. */
function onLedger(t: Test, env: Readonly<Record<string, string>>) {
  const data = temporaryFolder(t);
  const all = { ...env, RESOURCE_SHARE_SOURCES_RULES: JSON.stringify(rules), XDG_STATE_HOME: join(data, 'state') };
  const ok = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await run([...args, '--data', data], { env: all });
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };
  /** The mode of the newest use, and how it was found. */
  const newest = async () => {
    const [event] = JSON.parse(await ok('audit', 'events', '--type', 'usage.recorded', '--limit', '1', '--json'));
    return `${event.payload.name} ${event.payload.mode} ${event.payload.mode_source}`;
  };
  return { data, env: all, ok, newest };
}

test('two agents of one machine', { skip: withoutTmux }, async (t) => {
  const server = await TmuxServer.start(t, 'ada', 'bob', 'autonomous-claude');
  const { ok, newest, data } = onLedger(t, server.env);
  const record = async (name: string, ...args: readonly string[]) => {
    await ok('usage', 'record', name, '--cost', '0.1', '--mode', 'auto', ...args);
    return newest();
  };
  const transcript = join(data, 'a.jsonl');
  /** A response of so many minutes ago. */
  const collect = async (id: string, minutes: number) => {
    const timestamp = new Date(Date.now() - minutes * 60_000).toISOString();
    writeFileSync(transcript, textOf(claudeLine({ message: { id }, line: { requestId: id, timestamp } })));
    await ok('collect', '--once', 'claude-transcript', '--path', transcript);
    return newest();
  };
  t.equal(await record('Ada', '--tmux', 'ada'), 'Ada autonomy tmux');
  const leave = await server.attach('ada');
  t.equal(await record('Ada', '--tmux', 'ada'), 'Ada collaboration tmux');
  t.equal(await record('Bob', '--tmux', 'bob'), 'Bob autonomy tmux', 'somebody looks at the other one');
  t.equal(await record('Ada', '--tmux', 'a'), 'Ada autonomy default', 'there is no session of that name');
  t.equal(await record('Max'), 'Max autonomy tmux', 'the usual session');
  t.equal(await collect('msg_1', 0), 'Ada collaboration tmux', 'as the rule of its folder says');
  t.equal(await collect('msg_2', 20), 'Ada autonomy default', 'tmux does not know the past');
  await leave();
  t.equal(await collect('msg_3', 0), 'Ada autonomy tmux');
  t.equal(await record('Ada', '--tmux', 'ada'), 'Ada autonomy tmux');
});

test('a report says how its mode was found', { skip: withoutTmux }, async (t) => {
  const server = await TmuxServer.start(t, 'ada');
  await server.attach('ada');
  const spool = temporaryFolder(t);
  const args = ['report', 'Ada', '--cost', '0.1', '--spool', spool, '--url', 'http://127.0.0.1:1', '--timeout', '1s'];
  t.equal((await run([...args, '--mode', 'auto', '--tmux', 'ada'], { env: server.env })).code, 75);
  const [file = ''] = readdirSync(spool).filter((name) => name.endsWith('.json'));
  t.match(JSON.parse(readFileSync(join(spool, file), 'utf8')).usage, { mode: 'collaboration', mode_source: 'tmux' });
});

test('without tmux, what else is known counts', async (t) => {
  const nowhere = { TMUX_TMPDIR: temporaryFolder(t), TMUX: '' };
  for (const env of [nowhere, { ...nowhere, PATH: temporaryFolder(t) }]) {
    const { ok, newest } = onLedger(t, env);
    await ok('usage', 'record', 'Ada', '--cost', '0.1', '--mode', 'auto');
    t.equal(await newest(), 'Ada autonomy default');
    await ok('usage', 'record', 'Ada', '--cost', '0.1');
    t.equal(await newest(), 'Ada autonomy undefined');
  }
});
