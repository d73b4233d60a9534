// Goal: whoever receives the audit trail gets each act once at least and in order, sees what is lacking, and learns no secret and no prompt;
// while a receiver is away nothing is lost, and somebody is told of it.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { AuditSink } from '../../src/audit/sink.js';
import { auditSinkOf } from '../../src/audit/sinks.js';
import { AuditTrail } from '../../src/audit/trail.js';
import type { PoolId } from '../../src/events/scalars.js';
import { limits } from '../../src/limits.js';
import { nextTurn, systemClock } from '../../src/runtime/clock.js';
import { command, inside, usage } from '../support/command.js';
import { variants } from '../support/engines.js';
import { minutes } from '../support/fold.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { type LedgerOptions, type TestLedger, temporaryLedger } from '../support/ledger.js';
import { alert } from '../support/outbox.js';
import { type Received, Receiver } from '../support/receiver.js';
import { serverOn } from './support.js';

interface AuditRecord {
  readonly id: string;
  readonly type: string;
  readonly severity: string;
  readonly actor: string | null;
  readonly pool: string | null;
  readonly seq: number | null;
  readonly previous: number | null;
  readonly data: Record<string, unknown>;
}

interface LogsRequest {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly { readonly body: { readonly stringValue: string } }[];
    }[];
  }[];
}

const recordsIn = ({ body }: Received): readonly AuditRecord[] =>
  (JSON.parse(body) as LogsRequest).resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body: { stringValue } }) => JSON.parse(stringValue))),
  );

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

interface Audited {
  readonly test: TestLedger;
  readonly trail: AuditTrail;
  /** Whether records are on their way. */
  isSending(): boolean;
  stop(): Promise<void>;
}

/** Sends the trail of a ledger to a collector, until it is stopped. What is recorded from here on is told. */
async function sendTo(t: Scope, test: TestLedger, receiver: Receiver): Promise<Audited> {
  const sink = await auditSinkOf({ otlp: `${receiver.url}/v1/logs` }, test.clock);
  let sending = 0;
  const watched: AuditSink = {
    name: sink.name,
    async send(records, signal) {
      sending += 1;
      try {
        return await sink.send(records, signal);
      } finally {
        sending -= 1;
      }
    },
    close: () => sink.close(),
  };
  const trail = new AuditTrail(test.ledger, [watched]);
  const ended = new AbortController();
  const running = trail.run(quiet, ended.signal);
  const stop = async () => {
    ended.abort(new Error('the daemon stops'));
    await running;
  };
  t.teardown(stop);
  while ((await test.ledger.auditStore.positions(sink.name)).size === 0) await nextTurn();
  return { test, trail, stop, isSending: () => sending > 0 };
}

const audited = async (t: Scope, receiver: Receiver, options: LedgerOptions = {}): Promise<Audited> =>
  sendTo(t, await temporaryLedger(t, options), receiver);

/** What the collector has taken; what came twice, once. */
function taken(receiver: Receiver): readonly AuditRecord[] {
  const records = receiver.got.flatMap((got, i) => (receiver.answered[i] === 200 ? recordsIn(got) : []));
  return [...new Map(records.map((record) => [record.id, record])).values()];
}

/** Looks until it is so. Where `passing` says how much, time passes while nothing is on its way. */
async function until({ test, isSending }: Audited, isSo: () => boolean, passing = 0): Promise<void> {
  const end = performance.now() + 60_000;
  for (let looks = 1; performance.now() < end; looks += 1) {
    if (isSo()) return;
    if (looks % 10 === 0 && passing > 0 && !isSending()) test.clock.advance(passing);
    await nextTurn();
  }
  throw new Error('it is not so');
}

for (const engine of variants) {
  const place = (t: Scope) => engine.place(t, { calm: true });

  t.test(`${engine.name}: acts are told in order, each with the one before it, and nothing of use`, async (t) => {
    const receiver = await Receiver.start(t);
    receiver.answer = () => ({ status: 200, body: '{}' });
    const world = await audited(t, receiver, { engine, place: await place(t) });
    const { test } = world;
    await until(world, () => taken(receiver).some(({ type }) => type === 'audit.began'));
    await test.record(command('identity.registered', { name: 'Ada' }));
    await test.record(usage('Ada', { cost_micro_usd: 1_000 }));
    await test.record(command('policy.set', { interval_s_base: 600 }));
    await test.record(inside('key.created', { key: 'k1', scope: 'admin' }));
    await test.record(alert('one', 'Ünïcode \u0007'));
    await until(world, () => taken(receiver).length >= 5);
    const records = taken(receiver);
    t.same(
      records.map(({ type, severity }) => [type, severity]),
      [
        ['audit.began', 'notice'],
        ['identity.registered', 'notice'],
        ['policy.set', 'notice'],
        ['key.created', 'notice'],
        ['alert.raised', 'warning'],
      ],
    );
    const [began, ...events] = records as readonly [AuditRecord, ...AuditRecord[]];
    t.same(began.data, { from: { default: 1 } });
    t.same(
      events.map(({ previous, seq }) => [previous, seq]),
      [
        [1, 2],
        [2, 4],
        [4, 5],
        [5, 6],
      ],
    );
    const first = receiver.got[0] as Received;
    t.match(first, { path: '/v1/logs', headers: { 'content-type': 'application/json' } });
    t.match(events[3], { actor: 'local', pool: 'default', data: { rule: 'tried', text: 'Ünïcode \u0007' } });
  });

  t.test(
    `${engine.name}: a collector that is away gets all of it later; somebody is told, and told when it is over`,
    async (t) => {
      const receiver = await Receiver.start(t);
      receiver.answer = () => ({ status: 503 });
      const world = await audited(t, receiver, { engine, place: await place(t) });
      const { test } = world;
      for (let i = 0; i < 3; i += 1) await test.record(alert(`before ${i}`));
      const raised = () =>
        [...test.ledger.stateAfter('default' as PoolId).alerts.values()].filter(({ rule }) => rule === 'audit-behind');
      await until(world, () => raised().length === 1, 500);
      t.match(raised(), [{ subject: `${receiver.url}/v1/logs`, text: /does not reach .*: it answered 503$/ }]);
      receiver.answer = () => ({ status: 200, body: '{}' });
      await until(world, () => raised().length === 0, 500);
      await until(world, () => taken(receiver).some(({ type }) => type === 'alert.cleared'), 1_000);
      const records = taken(receiver);
      const inLog = records.filter(({ seq }) => seq !== null);
      t.same(
        inLog.map(({ seq }) => seq),
        (await test.events()).filter(({ type }) => type.startsWith('alert.')).map(({ seq }) => seq),
      );
      t.same(
        inLog.slice(1).map(({ previous }) => previous),
        inLog.slice(0, -1).map(({ seq }) => seq),
      );
    },
  );

  t.test(`${engine.name}: what was not confirmed is sent again by the next process, and nothing else`, async (t) => {
    const receiver = await Receiver.start(t);
    receiver.answer = () => ({ status: 200, body: '{}' });
    const where = await place(t);
    const one = await audited(t, receiver, { engine, place: where });
    await one.test.record(alert('told'));
    await until(one, () => taken(receiver).length === 2);
    receiver.answer = () => ({ status: 500 });
    await one.test.record(alert('not told'));
    await until(one, () => receiver.answered.includes(500));
    one.trail.requested({
      actor: 'key:k',
      method: 'POST',
      route: '/v1/x',
      status: 200,
      address: '::1',
      request_id: 'r',
    });
    await one.stop();
    await one.test.close();
    receiver.answer = () => ({ status: 200, body: '{}' });
    const two = await audited(t, receiver, { engine, place: where, clock: one.test.clock });
    await until(two, () => taken(receiver).length >= 4);
    const records = taken(receiver);
    t.same(records.map(({ type, data }) => data.dedupe_key ?? type).sort(), [
      'audit.began',
      'not told',
      'request.admin',
      'told',
    ]);
    t.match(
      records.find(({ type }) => type === 'request.admin'),
      { actor: 'key:k', data: { method: 'POST', route: '/v1/x', status: 200, address: '::1' } },
    );
  });

  t.test(`${engine.name}: a log that ends before what was sent of it is shown as a gap`, async (t) => {
    const receiver = await Receiver.start(t);
    receiver.answer = () => ({ status: 200, body: '{}' });
    const world = await audited(t, receiver, { engine, place: await place(t) });
    const { test, stop } = world;
    await until(world, () => taken(receiver).length === 1);
    await stop();
    const sink = `${receiver.url}/v1/logs`;
    const other = { seq: 50, event: 'x' };
    t.ok(
      await test.ledger.auditStore.move(sink, 'default', 1, other),
      'as of a ledger that was restored from a backup',
    );
    const again = await sendTo(t, test, receiver);
    // The first one may have come twice: its process ended right behind it.
    const afterwards = () => taken(receiver).filter(({ type }) => type !== 'audit.began');
    await until(again, () => afterwards().length === 2, 500);
    await test.record(alert('after'));
    await until(again, () => afterwards().length === 3, 500);
    t.match(afterwards(), [
      { type: 'audit.gap', severity: 'error', data: { pool: 'default', sent_up_to: 50, log_ends_at: 1 } },
      { type: 'pool.configured', previous: 0, seq: 1 },
      { type: 'alert.raised', previous: 1, seq: 2 },
    ]);
  });

  t.test(`${engine.name}: a log that has another event where the last was that was sent is sent again`, async (t) => {
    const receiver = await Receiver.start(t);
    receiver.answer = () => ({ status: 200, body: '{}' });
    const { test, stop } = await audited(t, receiver, { engine, place: await place(t) });
    await test.record(alert('one'), alert('two'));
    await stop();
    const sink = `${receiver.url}/v1/logs`;
    const positions = await test.ledger.auditStore.positions(sink);
    const at = positions.get('default')?.seq as number;
    t.ok(await test.ledger.auditStore.move(sink, 'default', at, { seq: 3, event: 'another one' }));
    const again = await sendTo(t, test, receiver);
    await until(again, () => taken(receiver).filter(({ seq }) => seq !== null).length === 3, 500);
    t.match(
      taken(receiver).find(({ type }) => type === 'audit.gap'),
      { data: { sent_up_to: 3, log_ends_at: 3, why: 'the log is not the one that was sent' } },
    );
  });

  t.test(`${engine.name}: what is asked for while a daemon ends is told by the next one`, async (t) => {
    const receiver = await Receiver.start(t);
    receiver.answer = () => ({ status: 200, body: '{}' });
    const where = await place(t);
    const one = await audited(t, receiver, { engine, place: where });
    const { app, post } = serverOn(t, one.test, { audit: one.trail });
    await app.listen({ port: 0, host: '127.0.0.1' });
    await one.stop();
    t.equal((await post('/v1/maintenance', { for_s: 60 })).statusCode, 200);
    await app.close();
    await one.test.close();
    const two = await audited(t, receiver, { engine, place: where, clock: one.test.clock });
    const isAct = ({ type, data }: AuditRecord) => type === 'request.admin' && data.route === '/v1/maintenance';
    await until(two, () => taken(receiver).some(isAct));
  });

  t.test(`${engine.name}: a sink has so much room, and others have theirs`, async (t) => {
    const { ledger } = await temporaryLedger(t, { engine, place: await place(t) });
    const notes = ['1', '2', '3'].map((id) => ({ id, record: '{}' }));
    t.equal(await ledger.auditStore.addNotes('full', notes, 2), 2);
    t.equal(await ledger.auditStore.addNotes('full', notes, 2), 0);
    t.equal(await ledger.auditStore.addNotes('other', notes, 5), 3);
    await ledger.auditStore.removeNotes('full', ['1']);
    t.same(await ledger.auditStore.notes('full', 10), [{ id: '2', record: '{}' }]);
    t.equal(
      await ledger.auditStore.move('full', 'default', 0, { seq: 4, event: 'e' }, { id: '0', record: '{}' }),
      true,
    );
    t.equal(await ledger.auditStore.move('full', 'default', 0, { seq: 9, event: 'f' }), false, 'another has gone on');
    t.same(await ledger.auditStore.positions('full'), new Map([['default', { seq: 4, event: 'e' }]]));
    t.same(
      (await ledger.auditStore.notes('full', 10)).map(({ id }) => id),
      ['0', '2'],
    );
  });

  t.test(`${engine.name}: requests of the scope admin and refused keys are told, and no key is`, async (t) => {
    const receiver = await Receiver.start(t);
    receiver.answer = () => ({ status: 200, body: '{}' });
    const world = await audited(t, receiver, { engine, place: await place(t) });
    const { test, trail } = world;
    const { app, post, get } = serverOn(t, test, { audit: trail });
    const made = (await post('/v1/keys', { scope: 'admin' })).json() as { readonly id: string; readonly key: string };
    const header = { 'x-api-key': made.key };
    t.equal((await post('/v1/maintenance', { for_s: 60 }, header)).statusCode, 200);
    t.equal((await get('/v1/keys', header)).statusCode, 200);
    const bad = `rs_00000000_${'x'.repeat(43)}`;
    for (let i = 0; i < 3; i += 1) t.equal((await post('/v1/replay', {}, { 'x-api-key': bad })).statusCode, 401);
    await app.listen({ port: 0, host: '127.0.0.1' });
    await until(world, () => taken(receiver).some(({ type }) => type === 'login.refused'), 500);
    await until(world, () => taken(receiver).filter(({ type }) => type === 'request.admin').length === 5, 500);
    const records = taken(receiver);
    t.match(
      records
        .filter(({ type }) => type === 'request.admin')
        .map(({ actor, data: { route, status } }) => [actor, route, status]),
      [
        ['local', '/v1/keys', 201],
        [`key:${made.id}`, '/v1/maintenance', 200],
        [null, '/v1/replay', 401],
        [null, '/v1/replay', 401],
        [null, '/v1/replay', 401],
      ],
    );
    t.match(
      records.filter(({ type }) => type === 'login.refused').map(({ severity, data }) => ({ severity, data })),
      [{ severity: 'warning', data: { address: '127.0.0.1', count: 3 } }],
    );
    const sent = receiver.got.map(({ body }) => body).join();
    t.notOk(sent.includes(made.key.slice(12)) || sent.includes('x'.repeat(20)), 'no key');
  });
}

t.test('what comes faster than it is kept is counted, and the count is told', async (t) => {
  const receiver = await Receiver.start(t);
  receiver.answer = () => ({ status: 200, body: '{}' });
  const world = await audited(t, receiver);
  const { trail } = world;
  const request = { actor: null, method: 'POST', route: '/v1/x', status: 403, address: '::1', request_id: 'r' };
  for (let i = 0; i < 1_250; i += 1) trail.requested(request);
  await until(world, () => taken(receiver).some(({ type }) => type === 'audit.gap'), 500);
  const records = taken(receiver);
  t.equal(records.filter(({ type }) => type === 'request.admin').length, 1_000);
  t.match(
    records.find(({ type }) => type === 'audit.gap'),
    { data: { lost: 250 } },
  );
});

t.test('a collector that refuses some for good does not hold up the others, and is told so', async (t) => {
  const receiver = await Receiver.start(t);
  receiver.answer = (_got, count) => ({
    status: 200,
    body: count === 2 ? '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}' : '{}',
  });
  const world = await audited(t, receiver);
  const { test } = world;
  await until(world, () => taken(receiver).length === 1);
  await test.record(alert('refused'));
  await until(world, () => taken(receiver).length === 3);
  await test.record(alert('taken'));
  await until(world, () => taken(receiver).length === 4);
  t.match(taken(receiver).slice(1), [
    { data: { dedupe_key: 'refused' } },
    { type: 'audit.gap', data: { refused: /^it refused 1 of 1 records: .*too old/ } },
    { data: { dedupe_key: 'taken' } },
  ]);
});

t.test('a record that is too large is told without its data', async (t) => {
  const receiver = await Receiver.start(t);
  receiver.answer = () => ({ status: 200, body: '{}' });
  const world = await audited(t, receiver);
  const { test } = world;
  await test.record(alert('large', 'ü'.repeat(1_000)));
  const models = Array.from({ length: 32 }, (_, i) => `model ${i} ${'x'.repeat(20)}`);
  const windows = Array.from({ length: 20 }, (_, i) => ({
    key: `window ${i}`,
    length_s: 18_000,
    anchor: 'use',
    models,
  }));
  const policy = { windows };
  await test.record(command('policy.set', policy));
  await until(world, () => taken(receiver).length === 3);
  const [, alerted, set] = taken(receiver) as readonly [AuditRecord, AuditRecord, AuditRecord];
  t.equal((alerted.data.text as string).length, 1_000);
  t.match(set.data, { omitted: /^\d+ bytes are too many$/ });
  t.ok(limits.auditBytesMax >= 8_000);
  t.equal(minutes(1), limits.auditToldMs);
});

t.test(
  'of a batch that is too large for a collector the others arrive, and what it refuses alone is a gap',
  async (t) => {
    const receiver = await Receiver.start(t);
    receiver.answer = (got) => ({
      status: got.body.includes('poison') || recordsIn(got).length > 3 ? 413 : 200,
      body: '{}',
    });
    const world = await audited(t, receiver);
    await world.test.record(...Array.from({ length: 9 }, (_, i) => alert(`a${i}`)), alert('poison'), alert('last'));
    const isLast = ({ type, data }: AuditRecord) => type === 'alert.raised' && data.dedupe_key === 'last';
    await until(world, () => taken(receiver).some(isLast) && taken(receiver).some(({ type }) => type === 'audit.gap'));
    const alerts = taken(receiver).filter(({ type }) => type === 'alert.raised');
    t.same(
      alerts.map(({ data }) => data.dedupe_key),
      [...Array.from({ length: 9 }, (_, i) => `a${i}`), 'last'],
    );
    t.match(
      taken(receiver).find(({ type }) => type === 'audit.gap'),
      { data: { refused: 'it answered 413 to one record' } },
    );
  },
);

t.test('a token that is none is not quoted', async (t) => {
  const path = join(temporaryFolder(t), 'token');
  writeFileSync(path, 'secret-one\nsecret-two\n');
  const sink = await auditSinkOf({ otlp: 'http://127.0.0.1:9/v1/logs?key=hidden', token_file: path }, systemClock);
  t.match(sink.name, /^http:\/\/127\.0\.0\.1:9\/v1\/logs\?[0-9a-f]{8}$/, 'nor is what is behind the path');
  const failed = await sink.send([], new AbortController().signal).catch((error: Error) => error);
  t.match(failed, { message: `${path} holds no token: one word in ASCII` });
});

t.test('many batches go over one connection to a syslog server, and leave nothing behind', async (t) => {
  const got: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('data', (bytes) => got.push(String(bytes)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const clock = { ...systemClock, sleep: () => nextTurn() };
  const { port } = server.address() as AddressInfo;
  const sink = await auditSinkOf({ syslog: `tcp://127.0.0.1:${port}` }, clock);
  t.teardown(() => {
    process.off('warning', note);
    sink.close();
    server.close();
  });
  const record = {
    id: 'x',
    time: '2026-01-05T12:00:00.000Z',
    type: 'a',
    severity: 'notice',
    actor: null,
    pool: null,
    seq: null,
    previous: null,
    data: {},
  } as const;
  for (let batch = 0; batch < 25; batch += 1) await sink.send([record], new AbortController().signal);
  for (let looks = 0; looks < 1_000 && (got.join('').match(/sequenceId/g) ?? []).length < 25; looks += 1)
    await nextTurn();
  t.equal((got.join('').match(/sequenceId/g) ?? []).length, 25);
  t.equal(connections, 1);
  t.same(warnings, []);
});

t.test('a sink that is stuck is told of, and holds up neither the others nor the end', async (t) => {
  const receiver = await Receiver.start(t);
  receiver.answer = () => ({ status: 200, body: '{}' });
  const { ledger, clock } = await temporaryLedger(t);
  let asked = 0;
  // As a file on a disk of another machine that is gone: nothing comes of it, and nothing stops it.
  const stuck: AuditSink = {
    name: 'stuck',
    send: () => {
      asked += 1;
      return new Promise(() => undefined);
    },
    close: () => undefined,
  };
  const trail = new AuditTrail(ledger, [stuck, await auditSinkOf({ otlp: `${receiver.url}/v1/logs` }, clock)]);
  const ended = new AbortController();
  const running = trail.run(quiet, ended.signal);
  const alerts = () => [...ledger.stateAfter('default' as PoolId).alerts.values()];
  const end = performance.now() + 60_000;
  while (!taken(receiver).some(({ type }) => type === 'alert.raised') && performance.now() < end) {
    clock.advance(100);
    await nextTurn();
  }
  t.match(alerts(), [{ rule: 'audit-behind', text: /stuck: it did not take the records in time$/ }]);
  t.equal(asked, 1, 'it is not asked again before it has answered');
  ended.abort(new Error('the daemon stops'));
  await running;
});
