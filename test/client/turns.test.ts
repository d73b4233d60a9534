// Goal: an agent that runs through the client runs in a turn, and what it used is in the ledger exactly once, whatever becomes
// of the turn, the daemon or the network.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { startServer } from '../../src/api/listen.js';
import { type RunningTurn, TurnClient, TurnError, type TurnSettings } from '../../src/client/index.js';
import type { LedgerEvent } from '../../src/events/envelope.js';
import type { PoolId } from '../../src/events/scalars.js';
import { ManualClock } from '../support/clock.js';
import { temporaryFolder } from '../support/folder.js';
import { temporaryLedger } from '../support/ledger.js';

const clock = new ManualClock(Date.now());
const { ledger } = await temporaryLedger(t, { clock });
const { url, app } = await startServer(ledger, { host: '127.0.0.1', port: 0, log: { level: 'silent' } });
t.teardown(() => app.close());
const nowhere = 'http://127.0.0.1:9';
/** Soon gives up on a daemon that is away; one that answers has all the time it needs. */
const quick = { timeoutMs: 100, requestTimeoutMs: 20_000, backoff: { baseMs: 1, maxMs: 5 } };
const patient = { timeoutMs: 20_000, requestTimeoutMs: 20_000, backoff: { baseMs: 1, maxMs: 5 } };

let pools = 0;
async function clientOn(t: Test, settings: Partial<TurnSettings> = {}) {
  const pool = `pool-${++pools}` as PoolId;
  await ledger.addPool(pool);
  const all = {
    url,
    spool: join(temporaryFolder(t), 'spool'),
    pool,
    instance: { host: 'desk', pid: 1 },
    ...patient,
    ...settings,
  };
  const events = () => ledger.readEvents(pool, { limit: 10_000 });
  const types = async () => (await events()).map(({ type }) => type).filter((type) => /^(turn|usage)/.test(type));
  const enforce = () =>
    ledger.submitOne(pool, { type: 'policy.set', payload: { mode: 'enforce' }, actor: 'local', source: 'test/1' });
  return { all, pool, events, types, enforce, turns: new TurnClient(all) };
}

/** A daemon that can be cut off: requests are dropped, or carried out and left without an answer. */
async function proxy(t: Test, isBroken: (path: string) => 'drop' | 'mute' | null): Promise<string> {
  const answer: RequestListener = async (request, response) => {
    const broken = isBroken(request.url ?? '');
    const key = request.headers['idempotency-key'];
    const headers = {
      'content-type': 'application/json',
      ...(key === undefined ? {} : { 'idempotency-key': String(key) }),
    };
    const body = await text(request);
    const answered = broken === 'drop' ? null : await fetch(`${url}${request.url}`, { method: 'POST', headers, body });
    if (answered === null || broken === 'mute') request.socket.destroy();
    else response.writeHead(answered.status, { 'content-type': 'application/json' }).end(await answered.text());
  };
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const aborted = (turn: RunningTurn) => until(() => turn.signal.aborted);
const usages = (events: readonly LedgerEvent[]) => events.filter(({ type }) => type === 'usage.recorded');

t.test('asks, runs, settles, and says when to run again', async (t) => {
  const { turns, types, events } = await clientOn(t);
  const outcome = await turns.withTurn(
    'Ada',
    async (turn) => {
      t.equal(turn.id, 't3');
      t.equal(turn.signal.aborted, false);
      turn.used({ cost_micro_usd: 1 });
      turn.used({ cost_micro_usd: 125_000 });
      return 'done';
    },
    { estimate_micro_usd: 77, model: 'opus' },
  );
  t.match(outcome, {
    status: 'run',
    result: 'done',
    turn: 't3',
    report: { status: 'recorded', advice: { interval_s: 900 } },
  });
  t.strictSame(await types(), ['turn.granted', 'usage.recorded', 'turn.settled']);
  const log = await events();
  t.match(log[2]?.payload, { estimate_micro_usd: 77, instance: { host: 'desk', pid: 1 }, model: 'opus' });
  t.match(usages(log)[0]?.payload, { name: 'Ada', mode: 'autonomy', cost_micro_usd: 125_000, model: 'opus' });
});

t.test('what used nothing is given back; what failed is settled with what it used, and fails', async (t) => {
  const { turns, types } = await clientOn(t);
  t.match(await turns.withTurn('Ada', async () => 5), { status: 'run', result: 5, report: null });
  const fail = (turn: RunningTurn) => {
    turn.used({ cost_micro_usd: 9 });
    throw new Error('out of order');
  };
  await t.rejects(
    turns.withTurn('Ada', async (turn) => fail(turn)),
    /out of order/,
  );
  await t.rejects(
    turns.withTurn('Ada', () => Promise.reject(new Error('at once'))),
    /at once/,
  );
  t.strictSame(await types(), [
    ...['turn.granted', 'turn.released'],
    ...['turn.granted', 'usage.recorded', 'turn.settled'],
    ...['turn.granted', 'turn.released'],
  ]);
});

t.test('a denied agent waits as long as it is told, and asks again; or gives up when its time is over', async (t) => {
  const pauses: number[] = [];
  const sleep = async (milliseconds: number, signal: AbortSignal | undefined) => {
    if (signal !== undefined) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    else pauses.push(milliseconds);
    if (signal === undefined) clock.advance(milliseconds);
  };
  const { turns, types, enforce, all } = await clientOn(t, { sleep });
  await enforce();
  const run = async (turn: RunningTurn) => turn.used({ cost_micro_usd: 100_000 });
  const first = await turns.withTurn('Ada', run);
  t.match(await new TurnClient({ ...all, waitMsMax: 1_000 }).withTurn('Ada', run), {
    status: 'denied',
    cause: 'before-its-time',
    retry_after_s: Number,
  });
  t.match(await turns.withTurn('Ada', run), { status: 'run' });
  const told = first.status === 'run' && first.report?.status === 'recorded' ? first.report.advice?.interval_s : 0;
  t.strictSame(pauses, [Number(told) * 1_000]);
  t.equal((await types()).filter((type) => type === 'turn.denied').length, 2);
});

t.test('a long wait is asked about again now and then, and ends with the signal of the caller', async (t) => {
  const pauses: number[] = [];
  const stop = new AbortController();
  const sleep = async (milliseconds: number) => {
    pauses.push(milliseconds);
    if (pauses.length === 3) stop.abort(new Error('enough'));
  };
  const { turns, enforce, pool } = await clientOn(t, { sleep });
  await enforce();
  const windows = [{ key: 'week_all', percent_bp: 10_000, resets_at: (clock.now() + 80_000_000) as never }];
  await ledger.submitOne(pool, { type: 'quota.read', payload: { windows }, actor: 'local', source: 'test/1' });
  await t.rejects(
    turns.withTurn('Ada', async () => t.fail('it ran'), { signal: stop.signal }),
    /enough/,
  );
  t.strictSame(pauses, [1_800_000, 1_800_000, 1_800_000], 'each half hour');
});

t.test('a turn is renewed while the agent runs, and lost when another run of the same instance takes it', async (t) => {
  const { turns, types, events, pool } = await clientOn(t, { ttlSeconds: 1 });
  const outcome = await turns.withTurn('Ada', async (turn) => {
    turn.used({ cost_micro_usd: 40 });
    await until(async () => (await types()).filter((type) => type === 'turn.renewed').length >= 2);
    const asked = { name: 'Ada' as never, instance: { host: 'desk', pid: 1 } };
    await ledger.submitOne(pool, { type: 'turn.granted', payload: asked, actor: 'local', source: 'test/1' });
    await aborted(turn);
    t.match(turn.signal.reason, /t3 is lost: turn_fenced/);
  });
  t.match(outcome, { status: 'run', report: { status: 'recorded' } });
  t.notOk((await types()).includes('turn.settled'), 'the turn is not its own any more');
  t.match(usages(await events()), [{ payload: { cost_micro_usd: 40 } }], 'what it used is on record');
});

t.test('a run that takes too long is told to end, and its turn is left to expire', async (t) => {
  const { turns, types } = await clientOn(t, { runMsMax: 20 });
  await turns.withTurn('Ada', async (turn) => {
    await aborted(turn);
    turn.used({ cost_micro_usd: 1 });
  });
  t.strictSame(await types(), ['turn.granted', 'usage.recorded', 'turn.settled'], 'it came back in time');
});

t.test('while the daemon is away, agents run and their use waits on disk; or they wait', async (t) => {
  const { turns, all, types } = await clientOn(t, { url: nowhere, ...quick });
  const run = async (turn: RunningTurn) => {
    t.equal(turn.id, null);
    turn.used({ cost_micro_usd: 70 });
  };
  t.match(await turns.withTurn('Ada', run), { status: 'run', turn: null, report: { status: 'spooled', waiting: 1 } });
  const waiting = new TurnClient({ ...all, ifAway: 'wait', waitMsMax: 50 });
  t.match(await waiting.withTurn('Ada', async () => t.fail('it ran')), { status: 'away', cause: /nothing listens/ });
  t.match(await new TurnClient({ ...all, url }).flush(), { accepted: 1, waiting: 0 });
  t.strictSame(await types(), ['usage.recorded']);
});

t.test('a daemon that goes away during the run gets the turn settled when it is back', async (t) => {
  let away = false;
  const through = await proxy(t, () => (away ? 'drop' : null));
  const { turns, all, types } = await clientOn(t, { url: through, ...quick });
  const outcome = await turns.withTurn('Ada', async (turn) => {
    away = true;
    turn.used({ cost_micro_usd: 70 });
  });
  t.match(outcome, { report: { status: 'spooled' } });
  away = false;
  const back = new TurnClient({ ...all, ...patient });
  t.match(await back.flush(), { accepted: 1, rejected: 0, waiting: 0 });
  t.strictSame(await types(), ['turn.granted', 'usage.recorded', 'turn.settled']);
});

t.test('a use that arrives after its turn expired is recorded without it, once', async (t) => {
  let away = false;
  const through = await proxy(t, () => (away ? 'drop' : null));
  const { turns, all, types, events } = await clientOn(t, { url: through, ...quick });
  await turns.withTurn('Ada', async (turn) => {
    away = true;
    turn.used({ session: 's', total_cost_usd: 2 });
  });
  away = false;
  const back = new TurnClient({ ...all, ...patient });
  clock.advance(400_000);
  t.match(await back.flush(), { accepted: 1, rejected: 0, waiting: 0 });
  t.match(await back.flush(), { accepted: 0, rejected: 0, waiting: 0 });
  t.strictSame(await types(), ['turn.granted', 'turn.expired', 'usage.recorded']);
  t.match(usages(await events())[0]?.payload, {
    cost_micro_usd: 2_000_000,
    instance: { host: 'desk', pid: 1 },
    turn: /^t\d+$/,
  });
});

t.test('answers that get lost double nothing', async (t) => {
  const seen = new Map<string, number>();
  const through = await proxy(t, (path) => {
    const step = path.split('?')[0] ?? '';
    seen.set(step, (seen.get(step) ?? 0) + 1);
    return seen.get(step) === 1 ? 'mute' : null;
  });
  const { turns, types, pool } = await clientOn(t, { url: through });
  t.match(await turns.withTurn('Ada', async (turn) => turn.used({ cost_micro_usd: 3 })), {
    status: 'run',
    report: { status: 'repeated', advice: { interval_s: 900 } },
  });
  t.strictSame(
    [...seen],
    [
      ['/v1/turns', 2],
      ['/v1/events', 2],
    ],
  );
  t.strictSame(await types(), ['turn.granted', 'usage.recorded', 'turn.settled']);
  t.equal(ledger.state(pool).turns.size, 0);
});

t.test('what will never be granted is an error at once', async (t) => {
  const { all } = await clientOn(t);
  const run = async () => t.fail('it ran');
  await t.rejects(new TurnClient({ ...all, pool: 'nobody' }).withTurn('Ada', run), { code: 'pool_unknown' });
  const faulty = new TurnClient(all).withTurn('a\u202Eb', run);
  await t.rejects(faulty, TurnError);
});
