// Goal: a report that was accepted is in the ledger exactly once, whatever happens to the daemon, the network or the reporter.
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { startServer } from '../../src/api/listen.js';
import { backoffMs, retryAfterMs } from '../../src/client/backoff.js';
import { type ReporterSettings, UsageReporter } from '../../src/client/index.js';
import type { PoolId } from '../../src/events/scalars.js';
import { packageRoot } from '../../src/package-root.js';
import { run, spawnNode } from '../cli/run.js';
import { ManualClock } from '../support/clock.js';
import { temporaryFolder } from '../support/folder.js';
import { temporaryLedger } from '../support/ledger.js';
import { randomSource } from '../support/random.js';

const patient = { timeoutMs: 20_000, requestTimeoutMs: 20_000, backoff: { baseMs: 1, maxMs: 5 } };
const impatient = { timeoutMs: 300, requestTimeoutMs: 100, backoff: { baseMs: 1, maxMs: 5 } };
const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1_000 } as const;

/** One daemon for all tests, each with a pool of its own. */
const ledger = await temporaryLedger(t, { clock: new ManualClock(Date.now()) });
const { url, app } = await startServer(ledger.ledger, { host: '127.0.0.1', port: 0, log: { level: 'silent' } });
t.teardown(() => app.close());
const nowhere = 'http://127.0.0.1:9';

let pools = 0;
async function freshPool(): Promise<string> {
  pools += 1;
  const pool = `pool-${pools}`;
  await ledger.ledger.addPool(pool as PoolId);
  return pool;
}

/** A server of our own making, in front of the real one or instead of it. */
async function stubServer(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function forward(request: IncomingMessage, to: string): Promise<Response> {
  return fetch(`${to}${request.url}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: await text(request),
  });
}

/** Keys of the uses in a pool, in the order of the log. */
async function keysIn(pool: string): Promise<(string | null)[]> {
  const events = await ledger.ledger.readEvents(pool as PoolId, { types: ['usage.recorded'], limit: 1_000_000 });
  return events.map(({ key }) => key);
}

async function reporterOn(t: Test, settings: Partial<ReporterSettings> = {}) {
  const all = { url, spool: join(temporaryFolder(t), 'spool'), pool: await freshPool(), ...patient, ...settings };
  return { ...all, reporter: new UsageReporter(all) };
}

const filesIn = (folder: string) =>
  readdirSync(folder).filter((name) => name.endsWith('.json') && !name.endsWith('.reason.json'));

t.test('a report is recorded at once, and its sender told when to run again', async (t) => {
  const { spool, pool, reporter } = await reporterOn(t);
  const outcome = await reporter.report(use);
  t.match(outcome, { status: 'recorded', seq: 3, advice: { interval_s: Number, quota_paused: false } });
  t.same(await keysIn(pool), [outcome.key]);
  t.same(filesIn(spool), [], 'nothing is left in the spool');
});

t.test('what is reported while the daemon is down is delivered once, in order, when it is up', async (t) => {
  const { spool, pool, reporter } = await reporterOn(t, { url: nowhere, ...impatient });
  const keys: string[] = [];
  for (const cost of [1, 2, 3]) {
    const outcome = await reporter.report({ ...use, cost_micro_usd: cost });
    t.match(outcome, { status: 'spooled', waiting: cost, cause: { transient: true, message: /nothing listens/ } });
    keys.push(outcome.key);
  }
  t.same(
    filesIn(spool),
    keys.map((key) => `${key}.json`),
    'one file each, named by its key',
  );
  const up = new UsageReporter({ url, spool, ...patient });
  t.match(await up.flush(), { accepted: 3, rejected: 0, waiting: 0, cause: null });
  t.match(await up.flush(), { accepted: 0, waiting: 0 });
  t.same(await keysIn(pool), keys);
});

t.test('an attempt that the deadline cuts short does not hide why the one before it failed', async (t) => {
  const silent = await stubServer(t, () => undefined);
  const { reporter } = await reporterOn(t, { url: silent, ...impatient, requestTimeoutMs: 250 });
  t.match(await reporter.report(use), { status: 'spooled', cause: { message: /did not answer within 0\.25 s/ } });
});

t.test('only what an agent hears counts as told: what waited in the spool does not ask', async (t) => {
  const { spool, pool, reporter } = await reporterOn(t, { url: nowhere, ...impatient });
  await reporter.report({ ...use, turn: 't7' });
  await reporter.report(use);
  const up = new UsageReporter({ url, spool, pool, ...patient });
  t.match(await up.report(use), { status: 'recorded', advice: { interval_s: Number } });
  const uses = await ledger.ledger.readEvents(pool as PoolId, { types: ['usage.recorded'], limit: 10 });
  const told = uses.map(({ payload }) => (payload as { issued_interval_s?: number }).issued_interval_s !== undefined);
  t.strictSame(told, [false, false, true]);
  t.match(uses[0]?.payload, { turn: 't7' });
});

t.test('an answer that gets lost neither loses nor doubles', async (t) => {
  const forwarded: Promise<unknown>[] = [];
  const silent = await stubServer(t, (request) => {
    forwarded.push(forward(request, url).then((answer) => answer.json()));
  });
  const { spool, pool, reporter } = await reporterOn(t, { url: silent, ...impatient });
  const first = await reporter.report(use);
  t.match(
    first,
    { status: 'spooled', cause: { message: /did not answer within/ } },
    'nobody said that it was recorded',
  );
  t.match(await forwarded[0], [{ status: 'recorded' }], 'though it was');

  const second = await new UsageReporter({ url, spool, pool, ...patient }).report(use);
  t.match(second, { status: 'recorded' });
  t.same(await keysIn(pool), [first.key, second.key]);
  t.same(filesIn(spool), []);
});

t.test('counters of a session may be sent as often as one likes', async (t) => {
  let answers = 0;
  const forgetful = await stubServer(t, async (request, response) => {
    const answer = await forward(request, url);
    answers += 1;
    if (answers % 2 === 1) response.destroy();
    else response.end(await answer.text());
  });
  const { pool, reporter } = await reporterOn(t, { url: forgetful });
  const session = { name: 'Ada', mode: 'autonomy', session: 's1' } as const;
  t.match(await reporter.report({ ...session, total_cost_usd: 1 }), { status: 'repeated' });
  await Promise.all([1.5, 4].map((total) => reporter.report({ ...session, total_cost_usd: total })));
  const sql = 'SELECT sum(cost_micro_usd) AS sum FROM resource_share_increments WHERE pool = ?';
  t.same(await ledger.ledger.query(sql, [pool]), [{ sum: 4_000_000 }]);
});

t.test('a server that asks for patience gets it', async (t) => {
  let requests = 0;
  const busy = await stubServer(t, async (request, response) => {
    requests += 1;
    if (requests < 3) response.writeHead(503, { 'retry-after': '0' }).end('{"detail":"later"}');
    else response.end(await (await forward(request, url)).text());
  });
  const { pool, reporter } = await reporterOn(t, { url: busy });
  t.match(await reporter.report(use), { status: 'recorded' });
  t.equal(requests, 3);
  t.equal((await keysIn(pool)).length, 1);

  let asked = 0;
  const away = await stubServer(t, (_request, response) => {
    asked += 1;
    response.writeHead(503, { 'retry-after': '3600' }).end();
  });
  const { reporter: hasty } = await reporterOn(t, { url: away });
  t.match(await hasty.report(use), { status: 'spooled', cause: { message: /answered 503/ } });
  t.equal(asked, 1, 'and does not wait for what cannot come in time');
});

t.test('whether a refused report is sent again is what the answer says, else what its status means', async (t) => {
  const problem = (retry?: string) => JSON.stringify({ detail: 'no', retry });
  const answers = [
    { status: 503, body: problem(), transient: true },
    { status: 409, body: problem(), transient: false },
    { status: 502, body: '<html>', transient: true },
    { status: 503, body: problem('never'), transient: false },
    { status: 409, body: problem('same-key'), transient: true },
    { status: 409, body: problem('a word of tomorrow'), transient: false },
  ];
  for (const { status, body, transient } of answers) {
    const server = await stubServer(t, async (_request, response) => {
      response.writeHead(status, { 'retry-after': '3600' }).end(body);
    });
    const { reporter } = await reporterOn(t, { url: server });
    t.match(await reporter.report(use), { status: 'spooled', cause: { transient } }, `${status} ${body}`);
  }
});

t.test('waits grow, differ, and have an end', async (t) => {
  const backoff = { baseMs: 500, maxMs: 60_000 };
  t.equal(
    backoffMs(0, backoff, 0, () => 1),
    500,
  );
  t.equal(
    backoffMs(3, backoff, 0, () => 1),
    4_000,
  );
  t.equal(
    backoffMs(20, backoff, 0, () => 1),
    60_000,
  );
  t.equal(
    backoffMs(3, backoff, 0, () => 0.25),
    1_000,
    'full jitter',
  );
  t.equal(
    backoffMs(0, backoff, 2_000, () => 0),
    2_000,
    'at least what was asked for',
  );
  t.equal(retryAfterMs('7', 0), 7_000);
  t.equal(retryAfterMs('Thu, 01 Jan 1970 00:00:09 GMT', 4_000), 5_000);
  t.equal(retryAfterMs('soon', 0), 0);
  t.equal(retryAfterMs(undefined, 0), 0);
});

t.test('a rejected report is put aside with its reason, and the others go on', async (t) => {
  const { spool, pool, reporter: down } = await reporterOn(t, { url: nowhere, ...impatient });
  const bad = await down.report({ ...use, cost_micro_usd: -5 });
  const reporter = new UsageReporter({ url, spool, pool, ...patient });
  const good = await reporter.report(use);
  t.match(good, { status: 'recorded' });
  t.same(await keysIn(pool), [good.key]);
  t.same(filesIn(join(spool, 'rejected')), [`${bad.key}.json`]);
  const reason = JSON.parse(readFileSync(join(spool, 'rejected', `${bad.key}.reason.json`), 'utf8'));
  t.match(reason, { code: 'invalid_field', detail: /cost_micro_usd is negative/ });
  const worse = await reporter.report({ ...use, tokens: { nonsense: 1 } });
  t.match(worse, { status: 'rejected', code: 'invalid_field', detail: /tokens\.nonsense/ });

  const key = '01JGV3M9Q8ZJ4X7W2K5T6R8N1P';
  writeFileSync(join(spool, `${key}.json`), 'half a rep');
  t.match(await reporter.flush(), { waiting: 0 });
  t.ok(filesIn(join(spool, 'rejected')).includes(`${key}.json`), 'so is a file that is no report');
});

t.test('what is spooled for a pool goes to that pool', async (t) => {
  const { spool, pool, reporter } = await reporterOn(t, { url: nowhere, ...impatient });
  const first = await reporter.report(use);
  const other = await freshPool();
  const second = await new UsageReporter({ url, spool, pool: other, ...patient }).report(use);
  t.same(await keysIn(pool), [first.key]);
  t.same(await keysIn(other), [second.key]);

  const lost = new UsageReporter({ url, spool, pool: 'lost', ...patient });
  t.match(await lost.report(use), { status: 'spooled', cause: { transient: false, message: /there is no pool lost/ } });
});

t.test('a spool that is full, or cannot be written, is an error before anything is sent', async (t) => {
  const { reporter } = await reporterOn(t, {
    url: nowhere,
    ...impatient,
    spoolLimits: { reportsMax: 2, reportBytesMax: 500 },
  });
  await reporter.report(use);
  await reporter.report(use);
  await t.rejects(reporter.report(use), { message: /is full: 2 reports wait/ });
  await t.rejects(reporter.report({ ...use, model: 'x'.repeat(500) }), {
    name: 'SpoolError',
    message: /larger than 500/,
  });
  const file = join(temporaryFolder(t), 'file');
  writeFileSync(file, '');
  await t.rejects(new UsageReporter({ url, spool: file }).report(use), /cannot be written/);
});

t.test('reporters that are killed at any moment lose nothing and double nothing', { timeout: 400_000 }, async (t) => {
  const { spool, pool } = await reporterOn(t);
  const script = join(packageRoot, 'dist/test/client/keep-reporting.js');
  const seed = Number(process.env.SEED ?? 7);
  t.comment(`seed ${seed}`);
  const random = randomSource(seed);
  const promised: string[] = [];
  for (let round = 0; round < 5; round += 1) {
    // Two share the spool; each is killed after a number of reports, the second one while nothing listens.
    const reporting = [url, round % 2 === 0 ? url : nowhere].map(async (to, i) => {
      const child = spawnNode([script, to, spool, pool, `Agent ${i}`]);
      const ended = once(child, 'close');
      let left = to === url ? 1 + Math.floor(random() * 20) : 1;
      for await (const key of createInterface({ input: child.stdout })) {
        promised.push(key);
        left -= 1;
        if (left === 0) child.kill('SIGKILL');
      }
      await ended;
    });
    await Promise.all(reporting);
  }
  const last = new UsageReporter({ url, spool, timeoutMs: 10_000 });
  t.match(await last.flush(), { waiting: 0, rejected: 0, cause: null });
  const keys = await keysIn(pool);
  t.ok(promised.length >= 10, `${promised.length} reports were promised`);
  t.same(
    promised.filter((key) => !keys.includes(key)),
    [],
    'each of them is in the ledger',
  );
  t.equal(new Set(keys).size, keys.length, 'and none twice');
});

t.test('`report` spools, sends, and says when to run again', async (t) => {
  const pool = await freshPool();
  const state = temporaryFolder(t);
  const env = { XDG_STATE_HOME: state, RESOURCE_SHARE_URL: url };
  const report = (...args: string[]) => run(['report', '--pool', pool, ...args], { env });

  const down = await report('Ada', '--cost', '0.125', '--timeout', '300ms', '--url', nowhere);
  t.equal(down.code, 75, 'safe, and not delivered');
  t.match(down.stdout, /Spooled, and safe: nothing listens at .*1 waiting/);
  t.equal(filesIn(join(state, 'resource-share/spool')).length, 1);
  t.match(await report('--flush', '--timeout', '300ms', '--url', nowhere), {
    code: 0,
    stdout: /0 delivered, 0 rejected, 1 waiting/,
  });

  const up = await report('Ada', '--session', 's1', '--total-cost-usd', '4.71', '--tag', 'team=red');
  t.match(up, { code: 0, stdout: /^Recorded as seq 4\.\nRun again in \d+ s \(\d+ min\)\.\n$/ });
  t.match(await report('--flush'), { code: 0, stdout: '0 delivered, 0 rejected, 0 waiting.\n' });
  t.equal((await keysIn(pool)).length, 2);

  const printed = await report('Ada', '--cost', '0.1', '--json');
  t.match(JSON.parse(printed.stdout), { status: 'recorded', key: String, seq: 5, advice: { interval_s: Number } });
  const rejected = await report('Eve\u0007', '--cost', '1');
  t.match(rejected, { code: 1, stderr: /rejected \(invalid_field\): payload\.name .*rejected\./ });
  t.match(await run(['report', 'Ada', '--pool', 'lost'], { env }), {
    code: 2,
    stderr: /there is no pool lost.*kept in the spool/,
  });
  t.match(await report(), { code: 64, stderr: /who used it/ });
  t.match(await report('--flush', 'Ada'), { code: 64 });
  t.match(await report('Ada', '--url', 'not a url'), {
    code: 64,
    stderr: /url is "not a url" \(flag --url\), but takes the URL of a daemon/,
  });
  mkdirSync(join(state, 'blocked'));
  writeFileSync(join(state, 'blocked/resource-share'), '');
  t.match(await run(['report', 'Ada'], { env: { XDG_STATE_HOME: join(state, 'blocked') } }), {
    code: 2,
    stderr: /cannot be written/,
  });
});
