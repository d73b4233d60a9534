// Goal: while the storage is away the server says so and lives on; nothing is lost, and all of it goes on by itself.
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startServer } from '../../src/api/listen.js';
import { UsageReporter } from '../../src/client/index.js';
import type { Engine } from '../../src/engines/engine.js';
import { openEngine } from '../../src/engines/open.js';
import type { Command } from '../../src/events/command.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { limits } from '../../src/limits.js';
import { StorageError, type StorageFault } from '../../src/storage-error.js';
import { temporaryFolder } from '../support/folder.js';
import { pool } from '../support/ledger.js';

const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1_000 } as const;
const recording = { type: 'usage.recorded', payload: use, actor: 'test', source: 'test/1' } as Command;
const impatient = { timeoutMs: 500, requestTimeoutMs: 500, backoff: { baseMs: 1, maxMs: 5 } };

/** A server whose storage fails as it is told to. */
async function failingServer(t: Test) {
  const database = temporaryFolder(t);
  const engine = await openEngine(database, 'writer');
  const ledger = await Ledger.open(engine, { database, timeZone: 'UTC', unknownAgents: 'auto' });
  await ledger.addPool(pool);
  let logged = '';
  const destination = {
    write(line: string) {
      logged += line;
    },
  };
  const server = await startServer(ledger, { host: '127.0.0.1', port: 0, log: { level: 'error', destination } });
  t.teardown(() => server.stop());
  const working: Pick<Engine, 'append' | 'pools' | 'scanEvents'> = {
    append: engine.append.bind(engine),
    pools: engine.pools.bind(engine),
    scanEvents: engine.scanEvents.bind(engine),
  };
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const failWith = (answer: () => Promise<never>) =>
    Object.assign(engine, { append: answer, pools: answer, scanEvents: answer });
  return {
    ledger,
    url: server.url,
    logged: () => logged,
    fail: (reason: StorageFault, message: string) => failWith(() => Promise.reject(new StorageError(reason, message))),
    hang: () => failWith(() => new Promise<never>(() => undefined)),
    /** What is appended waits until it recovers, and goes on then. */
    holdAppends: () => {
      const append: Engine['append'] = async (...given) => {
        await held;
        return working.append(...given);
      };
      Object.assign(engine, { append });
    },
    recover: () => {
      letGo();
      return Object.assign(engine, working);
    },
    report: () =>
      fetch(`${server.url}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'usage.recorded', payload: use }),
      }),
  };
}

t.test('what may pass by itself is told from what needs hands', async (t) => {
  const server = await failingServer(t);
  for (const [reason, code] of [
    ['unavailable', 'storage_unavailable'],
    ['conflict', 'storage_unavailable'],
    ['locked', 'storage_unavailable'],
    ['full', 'storage_failed'],
    ['read_only', 'storage_failed'],
    ['corrupt', 'storage_failed'],
  ] as const) {
    server.fail(reason, `it is ${reason} at postgres://u:hunter2@db/ledger`);
    const response = await server.report();
    t.equal(response.status, 503, reason);
    t.match(response.headers.get('content-type'), /^application\/problem\+json/);
    t.equal(response.headers.get('retry-after'), String(limits.retryAfterSeconds));
    t.match(await response.json(), { code, detail: `it is ${reason} at postgres://u@db/ledger` });
  }
  t.equal(server.logged().trim().split('\n').length, 6, 'each is logged');
  t.notMatch(server.logged(), /hunter2/);
});

t.test('the server says what is wrong, and lives on', async (t) => {
  const server = await failingServer(t);
  const get = async (path: string) => {
    const response = await fetch(`${server.url}${path}`);
    return { status: response.status, body: await response.json() };
  };
  t.match(await get('/ready'), { status: 200, body: { status: 'ready' } });
  t.match(await get('/health'), { status: 200, body: { storage_fault: null } });

  server.fail('unavailable', 'no host answers');
  t.equal((await server.report()).status, 503);
  t.match(await get('/ready'), { status: 503, body: { code: 'storage_unavailable', detail: 'no host answers' } });
  t.match(await get('/ready'), { body: { part: 'storage' } });
  t.match(await get('/health'), {
    status: 503,
    body: { status: 503, code: 'storage_unavailable', part: 'storage', storage_fault: 'no host answers', seq: 1 },
  });
  t.match(await get('/health/live'), { status: 200 }, 'it is no reason to restart it');
  server.recover();
  t.match(await get('/health'), { status: 200 }, 'nobody has to append for it to be healthy again');
  server.fail('unavailable', 'no host answers');

  server.hang();
  const asked = performance.now();
  t.match(await Promise.all([get('/ready'), get('/ready')]), [
    { status: 503, body: { code: 'storage_unavailable', detail: /did not answer within 2 s/ } },
    { status: 503 },
  ]);
  t.ok(performance.now() - asked < 2 * limits.storageAnswerMsMax, 'a storage that says nothing is not waited for');
});

t.test('nobody who asks how it does waits for those who append', async (t) => {
  const server = await failingServer(t);
  server.holdAppends();
  const waiting = Array.from({ length: 1_500 }, () => server.ledger.submit(pool, { commands: [recording] }));
  for (const path of ['/health', '/health/live', '/health/ready', '/ready', '/metrics']) {
    const answer = await fetch(`${server.url}${path}`);
    t.equal(answer.status, 200, path);
    t.match(await answer.text(), path === '/metrics' ? /^resource_share_queue_commands [1-9]/m : /healthy|live|ready/);
  }
  server.recover();
  await Promise.all(waiting);
  t.equal(server.ledger.queued, 0);
});

t.test('reports wait in the spool of the client, and follow once, in order', async (t) => {
  const server = await failingServer(t);
  const settings = { url: server.url, spool: join(temporaryFolder(t), 'spool'), ...impatient };
  const reporter = new UsageReporter(settings);
  const keys = [(await reporter.report(use)).key];

  server.fail('unavailable', 'no host answers');
  for (const waiting of [1, 2, 3]) {
    const outcome = await reporter.report(use);
    t.match(outcome, { status: 'spooled', waiting, cause: { transient: true, message: /503: no host answers/ } });
    keys.push(outcome.key);
  }

  server.recover();
  const last = await reporter.report(use);
  t.match(last, { status: 'recorded' });
  keys.push(last.key);
  const events = await server.ledger.readEvents(pool, { types: ['usage.recorded'], limit: 100 });
  t.same(
    events.map(({ key }) => key),
    keys,
  );
  t.equal(server.ledger.storageFault, null);
  t.match(await reporter.flush(), { accepted: 0, waiting: 0 });
});
