// Goal: the quota is read by whatever reader is set, by hand and by a daemon; what could not be read is kept for people and recorded by
// nobody, and people are told after the second time, until it is read again.
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { BackgroundWork } from '../../src/daemon/background-work.js';
import { quotaCheck } from '../../src/jobs/quota-check.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { variants } from '../support/engines.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { pool, temporaryLedger } from '../support/ledger.js';
import { TmuxServer, withoutTmux } from '../support/tmux.js';
import { run } from './run.js';

const said = 'Current session: 17% used · resets 3pm (UTC)\nCurrent week (all models): 23.25% used\n';

/** A client that says what stands in a file. */
function client(t: Scope) {
  const folder = temporaryFolder(t);
  const words = join(folder, 'words');
  const program = join(folder, 'client.mjs');
  writeFileSync(
    program,
    `import { readFileSync } from 'node:fs';\nprocess.stdout.write(readFileSync(${JSON.stringify(words)}));`,
  );
  const captures = join(folder, 'state', 'resource-share', 'captures');
  const kept = () => readdirSync(captures, { withFileTypes: true }).map(({ name }) => name);
  return {
    folder,
    captures,
    kept,
    command: [process.execPath, program],
    says: (text: string) => writeFileSync(words, text),
  };
}

function byHand(t: Scope, reader: object, more: Readonly<Record<string, string>> = {}) {
  const it = client(t);
  const env = {
    ...more,
    XDG_STATE_HOME: join(it.folder, 'state'),
    RESOURCE_SHARE_SOURCES_QUOTA: JSON.stringify({ command: it.command, ...reader }),
  };
  const on = (...args: string[]) => run([...args, '--data', join(it.folder, 'data')], { env });
  return { ...it, on };
}

t.test('what the client says is recorded', async (t) => {
  const { on, says } = byHand(t, { reader: 'usage-text' });
  says(said);
  t.match(await on('quota', 'check'), { code: 0, stdout: /The reading is recorded/ });
  const { stdout } = await on('quota', 'history', '--json');
  t.match(JSON.parse(stdout), [{ window_key: /./, source: 'claude-usage-text' }, { window_key: /./ }]);
});

t.test('a command of the user may write any format of a reading', async (t) => {
  const { on, says } = byHand(t, { reader: 'command' });
  says('{"five_hour": {"utilization": 17, "resets_at": "2036-01-05T12:00:00Z"}}');
  const { code, stdout } = await on('quota', 'check', '--json');
  t.equal(code, 0);
  t.match(JSON.parse(stdout), { read: true, results: [{ status: 'recorded' }] });
});

t.test('what could not be read is kept, closed to others, the newest ten; nothing is recorded', async (t) => {
  const { on, says, kept, captures } = byHand(t, { reader: 'usage-text' });
  says('Please log in first.');
  for (let i = 0; i < 12; i += 1)
    t.match(await on('quota', 'check'), { code: 1, stderr: /holds no reading.*is kept in/s });
  t.equal(kept().length, 10);
  t.equal(statSync(join(captures, kept()[0] ?? '')).mode & 0o777, 0o600);
  t.strictSame(JSON.parse((await on('quota', 'history', '--json')).stdout), []);
  chmodSync(captures, 0o700);
  says(`${said}\nkey sk-ant-api03-${'a1B2'.repeat(20)}`);
  const before = kept();
  t.match(await on('quota', 'check'), { code: 1, stderr: /is refused/ });
  t.strictSame(kept(), before, 'what may hold credentials is not kept');
});

t.test('where none is set, and where it cannot be run, it is said', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  t.match(await run(['quota', 'check', '--data', data]), { code: 64, stderr: /no reader of the quota is set/ });
  const { on } = byHand(t, { reader: 'usage-text', command: ['/nowhere/client'] });
  t.match(await on('quota', 'check'), { code: 1, stderr: /could not be run: spawn/ });
  const wrong = byHand(t, { reader: 'command', command: undefined });
  t.match(await wrong.on('quota', 'check'), { code: 64, stderr: /sources\.quota/ });
});

t.test('the screen of the client is read in a session of its own, which is ended', { skip: withoutTmux }, async (t) => {
  const server = await TmuxServer.start(t, 'other');
  const folder = temporaryFolder(t);
  const program = join(folder, 'client.mjs');
  const screen = ['  Current session', '  ████████▌      17% used', '  Resets 2:15pm (UTC)', ''].join('\\n');
  writeFileSync(
    program,
    `process.stdout.write('ready> ');\nprocess.stdin.on('data', (text) => { if (String(text).includes('/usage')) process.stdout.write(${JSON.stringify(screen)}.replaceAll('\\\\n', '\\r\\n')); });`,
  );
  const { on } = byHand(t, { reader: 'usage-screen', command: [process.execPath, program] }, server.env);
  t.match(await on('quota', 'check'), { code: 0, stdout: /The reading is recorded/ });
  t.match(await on('quota', 'history'), { stdout: /session_5hour +17 %/ });
  const { execFileSync } = await import('node:child_process');
  const sessions = execFileSync('tmux', ['list-sessions', '-F', '#{session_name}'], {
    env: { ...process.env, ...server.env },
  });
  t.equal(String(sessions), 'other\n');
});

for (const engine of variants)
  t.test(`${engine.name}: a daemon tells people after the second failure, once, until it is read again`, async (t) => {
    const { command, captures, says } = client(t);
    const test = await temporaryLedger(t, { engine });
    const reader = { reader: 'usage-text', command } as const;
    const work = new BackgroundWork(test.ledger, {
      more: [quotaCheck({ reader, captures, pool: undefined })],
      schedules: { 'daily-aggregate': { enabled: false } },
    });
    t.teardown(() => work.stop());
    work.start({ debug() {}, info() {}, warn() {}, error() {} } as never);
    const check = async () => {
      const { id } = await work.work.queue.add({ kind: 'quota-check' });
      for (;;) {
        const [row] = await test.ledger.query<{ state: string; result: string }>('SELECT * FROM jobs WHERE id = ?', [
          id,
        ]);
        if (row?.state === 'succeeded') return JSON.parse(row.result);
        await nextTurn();
      }
    };
    const open = () => [...test.ledger.state(pool).alerts.keys()];
    says(said);
    t.match(await check(), { read: true, windows: ['session_5hour', 'week_all'] });
    says('nothing');
    t.match(await check(), { read: false, failure: /holds no reading/ });
    t.strictSame(open(), []);
    await check();
    await check();
    t.strictSame(open(), ['quota-reader']);
    says(said);
    await check();
    t.strictSame(open(), []);
    const types = (await test.events()).map(({ type }) => type).filter((type) => /^(quota|alert)/.test(type));
    t.strictSame(types, ['quota.read', 'alert.raised', 'quota.read', 'alert.cleared']);
  });
