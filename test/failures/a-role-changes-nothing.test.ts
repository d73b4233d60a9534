// Goal: what a role, a search_path or a pooler in between are set to does not change answers: floats are the same, and where it
// cannot work the start says what stands in the way. It called an empty search_path a fault of its own, and started behind a
// pooler in transaction mode, where a part of all answers failed.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openEngine } from '../../src/engines/open.js';
import { testServer } from '../api/support.js';
import { run } from '../cli/run.js';
import { variants } from '../support/engines.js';
import { temporaryFolder } from '../support/folder.js';
import { freePort } from '../support/free-port.js';
import { queryOnce } from '../support/postgres-server.js';

const postgres = variants.find(({ name }) => name === 'postgres');
const skip = postgres === undefined ? 'PostgreSQL was not chosen' : false;

const setting = (place: string, text: string) =>
  queryOnce(place, `ALTER DATABASE "${new URL(place).pathname.slice(1)}" SET ${text}`);

t.test('floats are written whole, whatever the role says', { skip }, async (t) => {
  const place = await (postgres as NonNullable<typeof postgres>).place(t);
  await setting(place, 'extra_float_digits = -10');
  const server = await testServer(t, { place, engine: postgres as NonNullable<typeof postgres> });
  const body = { claude_name: 'Ada', mode: 'autonomy', cost_delta: 1, context_percentage: 33.333333333333336 };
  await server.post('/resource-share/increment', body);
  t.match((await server.get('/v1/usage')).json(), { rows: [{ context_percentage: 33.333333333333336 }] });
});

t.test('an empty search_path is said', { skip }, async (t) => {
  const place = await (postgres as NonNullable<typeof postgres>).place(t);
  await setting(place, "search_path = ''");
  const { code, stderr } = await run(['serve', '--port', '0', '--database', place]);
  t.equal(code, 2);
  t.match(stderr, /search_path/);
  t.notMatch(stderr, /fault of this program/);
});

t.test(
  'a pooler in transaction mode is refused, one that keeps sessions is not',
  { skip: skip || missing() },
  async (t) => {
    const place = await (postgres as NonNullable<typeof postgres>).place(t);
    const shared = await pooler(t, place, 'transaction');
    await t.rejects(openEngine(shared, 'writer'), { message: /pool_mode = transaction/ });
    const refused = await run(['serve', '--port', '0', '--database', shared]);
    t.equal(refused.code, 2);
    t.match(refused.stderr, /pool_mode = session/);
    const engine = await openEngine(await pooler(t, place, 'session'), 'writer');
    t.strictSame(await engine.pools(), []);
    await engine.close();
  },
);

function missing(): string | false {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'pgbouncer is not installed';
  }
}

async function pooler(t: Test, place: string, mode: string): Promise<string> {
  const { hostname, port, pathname, username, password } = new URL(place);
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  const own = await freePort();
  const login = `user=${username || 'postgres'}${password === '' ? '' : ` password=${password}`}`;
  const lines = [
    '[databases]',
    `* = host=${hostname} port=${port} ${login}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${own}`,
    'auth_type = any',
    `pool_mode = ${mode}`,
    'unix_socket_dir =',
    'ignore_startup_parameters = extra_float_digits,statement_timeout,idle_in_transaction_session_timeout,options',
  ];
  writeFileSync(join(folder, 'pgbouncer.ini'), `${lines.join('\n')}\n`);
  const account = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn('pgbouncer', [...account, join(folder, 'pgbouncer.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.teardown(() => stopped(child));
  await listening(child);
  return `postgres://${username || 'postgres'}@127.0.0.1:${own}${pathname}`;
}

async function listening(child: ChildProcess): Promise<void> {
  let said = '';
  for await (const part of child.stderr as NodeJS.ReadableStream) {
    said += String(part);
    if (said.includes('process up')) break;
  }
  if (!said.includes('process up')) throw new Error(`pgbouncer did not start: ${said}`);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
