/** Pools, replay, logging: what an operator uses. */
import { Writable } from 'node:stream';
import t from 'tap';
import { buildServer } from '../../src/api/server.js';
import { usage } from '../support/command.js';
import { temporaryLedger } from '../support/ledger.js';
import { parseLines, shapeOf, testServer } from './support.js';

t.test('pools are added with their zone, and listed', async (t) => {
  const server = await testServer(t);
  const added = await server.post('/v1/pools', { pool: 'team-a', time_zone: 'Asia/Tokyo' });
  t.equal(added.statusCode, 201);
  t.match(added.json(), { pool: 'team-a', time_zone: 'Asia/Tokyo', seq: 2 });
  const { pools } = (await server.get('/v1/pools')).json();
  t.strictSame(
    pools.map(({ pool, time_zone }: Record<string, string>) => [pool, time_zone]),
    [
      ['default', 'UTC'],
      ['team-a', 'Asia/Tokyo'],
    ],
  );
  t.match((await server.post('/v1/events?pool=team-a', { type: 'agent.resumed', payload: { name: 'x' } })).json(), {
    code: 'identity_unknown',
  });
});

t.test('a replay tells its progress and its report, line by line', async (t) => {
  const server = await testServer(t);
  await server.record(...Array.from({ length: 20 }, () => usage('Ada', { cost_micro_usd: 5 })));
  const check = await server.post('/v1/replay', { check: true });
  t.equal(check.statusCode, 200);
  t.match(check.headers['content-type'], /^application\/x-ndjson/);
  const lines = parseLines(check.body);
  t.match(lines[0], { kind: 'progress', phase: String, events: Number, total: 22, resumedAt: 0 });
  t.match(lines.at(-1), { kind: 'done', report: { identical: true, swapped: false, events: 22 } });
  t.equal((await server.ledger.head('default' as never)).seq, 22, 'a check records nothing');

  const rebuilt = parseLines((await server.post('/v1/replay', { projections: ['daily_resource_share'] })).body);
  t.match(rebuilt.at(-1), { kind: 'done', report: { projections: ['daily_resource_share'], identical: true } });
  const [event] = await server.ledger.readEvents('default' as never, { limit: 1, backwards: true });
  t.equal(event?.type, 'projection.rebuilt');
});

t.test('two replays at once: the second one is refused', async (t) => {
  const server = await testServer(t);
  await server.record(usage('Ada'));
  const replies = await Promise.all([
    server.post('/v1/replay', { check: true }),
    server.post('/v1/replay', { check: true }),
  ]);
  t.strictSame(replies.map((reply) => reply.statusCode).sort(), [200, 409]);
  t.ok(replies.some((reply) => reply.statusCode === 409 && reply.json().code === 'replay_running'));
});

t.test('at level debug the log has one line per request, with its id, and nothing of what was sent', async (t) => {
  const { ledger } = await temporaryLedger(t);
  let written = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      written += chunk;
      done();
    },
  });
  const app = buildServer(ledger, { log: { level: 'debug', destination } });
  t.teardown(() => app.close());
  const inject = (method: 'GET' | 'POST', url: string, headers = {}, payload?: string) =>
    app.inject({ method, url, headers: { 'content-type': 'application/json', ...headers }, payload });
  const body = JSON.stringify({ claude_name: 'Secret-Name', mode: 'autonomy', cost_delta: 1 });
  const first = await inject(
    'POST',
    '/resource-share/increment',
    { 'x-request-id': 'req-1.a:b', authorization: 'Bearer Secret-Token' },
    body,
  );
  t.equal(first.headers['x-request-id'], 'req-1.a:b');
  const second = await inject('GET', '/resource/today/Secret-Name?pool=default&note=Secret-Token', {
    'x-request-id': 'bad id\u00a0with{"json"}',
  });
  t.match(second.headers['x-request-id'], /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-z]+$/);
  await inject('GET', '/nothing?word=Secret-Token');
  await inject('POST', '/v1/events', {}, '{"Secret-Name" x}');
  const lines = parseLines(written);
  t.strictSame(
    lines.map(({ method, route, status }) => [method, route, status]),
    [
      ['POST', '/resource-share/increment', 200],
      ['GET', '/resource/today/:claude_name', 200],
      ['GET', '/nothing', 404],
      ['POST', '/v1/events', 400],
    ],
  );
  t.equal(lines[0]?.request_id, 'req-1.a:b');
  t.notMatch(written, /Secret/);
  t.type(shapeOf(lines[0]), 'object');
});

t.test('a fault is logged with its cause and the id the client was given', async (t) => {
  const { ledger } = await temporaryLedger(t);
  let written = '';
  const destination = {
    write(line: string) {
      written += line;
    },
  };
  const app = buildServer(ledger, { log: { level: 'error', destination } });
  t.teardown(() => app.close());
  ledger.submitOne = () => Promise.reject(new Error('the cause'));
  const payload = { claude_name: 'Ada', mode: 'autonomy' };
  const response = await app.inject({ method: 'POST', url: '/resource-share/increment', payload });
  const [line] = parseLines<{ request_id: string; err: { message: string } }>(written);
  t.equal(line?.err.message, 'the cause');
  t.equal(line?.request_id, response.json().request_id);
});
