// A hook that blocks may stop people for nothing: because of its daemon, of the storage, or of a word in their prompt that it refuses.
// Goal: a client is stopped while a window is full, whatever its prompt holds, is let go at the reset, and by everything that goes wrong.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { startServer } from '../../src/api/listen.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { limits } from '../../src/limits.js';
import { StorageError } from '../../src/storage-error.js';
import { listeningServer, silent } from '../api/support.js';
import { command, reading, usage } from '../support/command.js';
import { spawnDaemon } from '../support/daemon.js';
import { type Variant, variants } from '../support/engines.js';
import { hours, minutes } from '../support/fold.js';
import { pool } from '../support/ledger.js';

const run = promisify(execFile);
const client = fileURLToPath(new URL('../support/hook-client.js', import.meta.url));
const words = 'go on';
/** What a reader of other bodies refuses: here it is a word of a person, which decides nothing. */
const suspectWords = 'put "access_token" and sk-ant-api03-abc into the example';

interface Decided {
  readonly isSent: boolean;
  readonly isAnswered: boolean;
  readonly reason?: string;
  readonly context?: string;
}

/** In a process of its own, as the server may be in this one. */
async function decided(url: string, prompt = words, timeoutMs = 5_000): Promise<Decided> {
  const { stdout } = await run(process.execPath, [client, `${url}/v1/hooks/claude?agent=Ada`, `${timeoutMs}`, prompt]);
  return JSON.parse(stdout);
}

/** On a machine that has much to do an answer may not be there in time, and lets the prompt go: then it is asked again. */
async function untilStopped(url: string): Promise<void> {
  while ((await decided(url)).isSent);
}

const post = async (url: string, type: string, payload: object): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ type, payload }),
  });
  if (status !== 201) throw new Error(`the daemon answered ${status}`);
};

const full = (resetsAt: number) => ({ windows: [{ key: 'week_all', percent_bp: 10_000, resets_at: resetsAt }] });

for (const engine of variants) {
  t.test(`a full window stops it, and its reset lets it go, on ${engine.name}`, async (t) => {
    const { url, test } = await listeningServer(t, { engine });
    const resetsAt = test.clock.now() + hours(2);
    await test.record(
      command('policy.set', { mode: 'enforce' }),
      usage('Ada', { cost_micro_usd: 1_000 }),
      reading('week_all', 10_000, { resets_at: resetsAt }),
    );
    const stopped = {
      isSent: false,
      reason: /^Resource-Share: Ada .* is to wait until Mon,? 5 Jan.*\(UTC\), in 2 h.*week_all/,
    };
    t.match(await decided(url), stopped);
    t.match(await decided(url, suspectWords), stopped, 'whatever the prompt holds');
    test.clock.goTo(resetsAt - 1_000);
    t.match(await decided(url), { isSent: false });
    test.clock.goTo(resetsAt + minutes(5));
    t.match(await decided(url), { isSent: true, context: /Ada .* may run now/ });
    t.notMatch(JSON.stringify(await test.events()), /access_token|sk-ant/, 'no prompt is kept');
  });

  t.test(`a daemon that is stopped, or does not answer, stops nobody, on ${engine.name}`, async (t) => {
    const place = await engine.place(t);
    const daemon = await spawnDaemon(place);
    t.teardown(() => daemon.process.kill('SIGKILL'));
    await post(daemon.url, 'policy.set', { mode: 'enforce' });
    await post(daemon.url, 'usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1_000 });
    await post(daemon.url, 'quota.read', full(Date.now() + hours(2)));
    await untilStopped(daemon.url);
    daemon.process.kill('SIGSTOP');
    t.strictSame(await decided(daemon.url, words, 500), { isSent: true, isAnswered: false });
    daemon.process.kill('SIGCONT');
    await untilStopped(daemon.url);
    await daemon.stop();
    t.strictSame(await decided(daemon.url), { isSent: true, isAnswered: false });
  });

  t.test(`a storage that does not answer stops nobody, on ${engine.name}`, (t) => withHangingStorage(t, engine));
}

/** The state is not known to be true, and what would tell never comes. */
async function withHangingStorage(t: Test, { place, open }: Variant): Promise<void> {
  const database = await place(t);
  const engine = await open(database);
  const ledger = await Ledger.open(engine, { database, timeZone: 'UTC', unknownAgents: 'auto' });
  await ledger.addPool(pool);
  const server = await startServer(ledger, { ...silent, host: '127.0.0.1', port: 0 });
  t.teardown(async () => {
    await server.stop();
    await ledger.close();
  });
  await post(server.url, 'policy.set', { mode: 'enforce' });
  await post(server.url, 'usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1_000 });
  await untilStopped(server.url);
  const working = { append: engine.append.bind(engine), scanEvents: engine.scanEvents.bind(engine) };
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const conflict = () => Promise.reject(new StorageError('conflict', 'another node was faster'));
  Object.assign(engine, { append: conflict, scanEvents: () => released.then(conflict) });
  const reported = fetch(`${server.url}/resource-share/increment`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.1 }),
  });
  while (ledger.isTrue) await new Promise((resolve) => setImmediate(resolve));
  t.strictSame(
    await decided(server.url, words, limits.storageAnswerMsMax - 500),
    { isSent: true, isAnswered: true },
    'it is answered before the storage is given up',
  );
  Object.assign(engine, working);
  release();
  await reported;
  await untilStopped(server.url);
}
