// Goal: one process writes; everybody else goes through it, beside it, or is told who it is.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { type Test, test } from 'tap';
import { temporaryFolder } from '../support/folder.js';
import { temporaryLedger } from '../support/ledger.js';
import { program } from '../support/program.js';
import { jsonOn, onData, run, spawnNode } from './run.js';

interface Served {
  readonly url: string;
  readonly pid: number;
  readonly line: string;
  /** Exit code after SIGTERM. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function served(
  t: Test,
  data: string,
  env: Record<string, string> = {},
  ...flags: string[]
): Promise<Served> {
  const child = spawnNode([program, 'serve', '--data', data, ...flags], {
    RESOURCE_SHARE_PORT: '0',
    RESOURCE_SHARE_LOG_LEVEL: 'warn',
    ...env,
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  child.stderr.resume();
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url === undefined) continue;
    child.stdout.resume();
    return {
      url,
      line,
      pid: child.pid as number,
      stop: (signal = 'SIGTERM') => {
        child.kill(signal);
        return ended;
      },
    };
  }
  throw new Error(`the daemon ended with ${await ended}`);
}

test('a daemon serves, everybody else goes through it, and it drains', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const [cli, json] = [onData(data), jsonOn(data)];
  const daemon = await served(t, data, { RESOURCE_SHARE_TIME_ZONE: 'Europe/Berlin' });
  t.match(daemon.line, `Serving ${data} at ${daemon.url}`);
  t.equal((await fetch(`${daemon.url}/health`)).status, 200);

  const second = await cli('serve', '--port', '0');
  t.equal(second.code, 2);
  t.match(second.stderr, `process ${daemon.pid} on ${hostname()}`, 'a second daemon is told who has the data');
  t.match(await run(['import', '-', '--data', data], { input: '' }), { code: 2, stderr: /stop the daemon first/ });

  const recorded = await json('usage', 'record', 'Ada', '--cost', '1', '--key', 'k');
  t.match(recorded, { status: 'recorded', seq: 4, advice: { interval_s: 900 } });
  t.match(await json('usage', 'record', 'Ada', '--cost', '1', '--key', 'k'), { status: 'repeated', seq: 4 });
  t.match(await json('usage', 'list'), [{ claude_name: 'Ada', source: 'cli/1' }], 'reads work beside the daemon');
  t.match(await cli('identities', 'pause', 'Nobody'), { code: 1, stderr: /no identity is called Nobody/ });
  t.match(await cli('usage', 'record', 'Ada', '--tokens', 'nonsense=1'), {
    code: 64,
    stderr: /payload\.tokens\.nonsense/,
  });
  t.match(await json('aggregate'), { outcome: 'unchanged' });
  t.match(await cli('pools', 'add', 'research'), { code: 0 });
  t.match(await cli('pools', 'add', 'research'), { code: 1, stderr: /there is a pool research/ });
  t.match(await json('usage', 'record', 'Eve', '--cost', '2', '--pool', 'research'), { seq: 4 });
  t.match(await cli('usage', 'record', 'Eve', '--cost', '2', '--pool', 'nope'), {
    code: 2,
    stderr: /there are default, research\./,
  });

  t.match(await json('replay'), { identical: true, swapped: false });
  t.match(await json('replay', '--check'), { identical: true });
  t.match(await cli('replay', '--projection', 'nonsense'), { code: 64, stderr: /there is no projection nonsense/ });
  t.match(await json('verify'), [
    { pool: 'default', ok: true },
    { pool: 'research', ok: true },
  ]);
  const head = (await (await fetch(`${daemon.url}/v1/head`)).json()) as object;
  t.match((await json('verify'))[0], { hash: (head as { hash: string }).hash });

  t.equal(await daemon.stop(), 0, 'SIGTERM drains and ends well');
  const zones = await json('audit', 'events', '--type', 'pool.configured');
  t.match(zones, [{ payload: { time_zone: 'Europe/Berlin' } }]);

  const again = await served(t, data, {}, '--time-zone', 'Asia/Tokyo');
  t.match(
    (await json('audit', 'events', '--type', 'pool.configured')).at(-1),
    { payload: { time_zone: 'Asia/Tokyo' } },
    'another zone is appended',
  );
  t.equal(await again.stop('SIGINT'), 0);
  t.match(
    await json('usage', 'record', 'Ada', '--cost', '1'),
    { status: 'recorded' },
    'and then this process may write',
  );
});

test('a daemon that cannot start says why', async (t) => {
  const folder = temporaryFolder(t);
  for (const host of ['0.0.0.0', '::', '192.168.0.1', 'example.org']) {
    t.match(
      await run(['serve', '--host', host, '--data', join(folder, 'a')]),
      { code: 2, stderr: /not loopback/ },
      host,
    );
  }
  t.match(await run(['serve', '--time-zone', 'Mars/Olympus', '--port', '0', '--data', join(folder, 'a')]), {
    code: 64,
    stderr: /time zone/,
  });
  t.match(await run(['serve', '--unknown-agents', 'maybe', '--data', join(folder, 'a')]), { code: 64 });

  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const { port } = other.address() as { port: number };
  t.match(await run(['serve', '--port', String(port), '--data', join(folder, 'b')]), {
    code: 2,
    stderr: new RegExp(`port ${port} .* is taken`),
  });
  t.match(
    await onData(join(folder, 'b'))('usage', 'record', 'Ada', '--cost', '1'),
    { code: 0 },
    'and has let go of the data',
  );
});

test('a holder that takes no commands is named', async (t) => {
  const { place: folder } = await temporaryLedger(t);
  const refused = await onData(folder)('usage', 'record', 'Ada', '--cost', '1');
  t.equal(refused.code, 2);
  t.match(refused.stderr, `process ${process.pid} on ${hostname()}`);
  t.match(await onData(folder)('pools', 'list'), { code: 0 }, 'reading goes on');
});

test('unknown agents are treated as the daemon was told', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const daemon = await served(t, data, {}, '--unknown-agents', 'reject');
  t.match(await onData(data)('usage', 'record', 'Eve', '--cost', '1'), { code: 1, stderr: /Eve is not registered/ });
  t.equal(await daemon.stop(), 0);
});

test('tables of another release are rebuilt while the daemon serves', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  await jsonOn(data)('usage', 'record', 'Ada', '--cost', '1');
  const db = new Database(join(data, 'resource_tracking.db'));
  db.exec(
    `UPDATE projections SET version = 0 WHERE name = 'daily_resource_share'; UPDATE daily_resource_share SET reports = 9`,
  );
  db.close();
  const child = spawnNode([program, 'serve', '--data', data, '--port', '0']);
  t.teardown(() => child.kill('SIGKILL'));
  child.stdout.resume();
  const messages: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    messages.push(JSON.parse(line).msg);
    if (messages.at(-1) === 'the tables are rebuilt') child.kill('SIGTERM');
  }
  t.ok(messages.some((message) => message.includes('built by other rules')));
  t.match(await jsonOn(data)('replay', '--check'), { identical: true });
  t.match(await jsonOn(data)('audit', 'events', '--type', 'projection.rebuilt'), [
    { payload: { projections: ['daily_resource_share'], identical: false } },
  ]);
});

test('a demo is served, and served again', async (t) => {
  const data = join(temporaryFolder(t), 'demo');
  for (const first of [true, false]) {
    const child = spawnNode([program, 'demo', '--data', data, '--port', '0', '--log-level', 'warn']);
    t.teardown(() => child.kill('SIGKILL'));
    child.stderr.resume();
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    t.match((await lines.next()).value, first ? 'A made week is in' : 'is there already');
    const url = /http:\/\/\S+/.exec(String((await lines.next()).value))?.[0];
    t.match(await (await fetch(`${url}/health`)).json(), { status: 'healthy', claudes_registered: Number });
    child.kill('SIGTERM');
    t.equal((await once(child, 'close'))[0], 0);
  }
});
