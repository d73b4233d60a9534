// Goal: a key that was first used on one route and is retried on another is answered there, or refused as used for something
// else, and never a fault: for every pair of routes that take keys. The wire tells when to run again, whoever was told nothing.
// After an import, which brings events under their keys without the requests, a key with another type or content is refused.
import t from 'tap';
import { Importer } from '../../src/ledger/import.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { ndjson, type TestServer, testServer } from '../api/support.js';
import { variant } from '../support/engines.js';

/** What one pair of requests is about: its own agent, with a turn, and its own key. */
interface Case {
  readonly name: string;
  readonly key: string;
  readonly turn: string;
  readonly token: number;
}

const amount = { mode: 'autonomy', cost_micro_usd: 250_000 };
const increment = { mode: 'autonomy', cost_delta: 0.25 };
const withKey = ({ key }: Case) => ({ 'idempotency-key': key });
const used = ({ key, name }: Case) => ({ type: 'usage.recorded', key, payload: { name, ...amount } });
const stream = (server: TestServer, item: object) =>
  server.post('/v1/events', ndjson([item]), { 'content-type': 'application/x-ndjson' });
const onTurn = (server: TestServer, of: Case, verb: string, more: object = {}) =>
  server.post(`/v1/turns/${of.turn}/${verb}`, { token: of.token, ...more }, withKey(of));

type Route = (server: TestServer, of: Case) => ReturnType<TestServer['post']>;
const wire: Route = (server, of) =>
  server.post('/resource-share/increment', { claude_name: of.name, ...increment }, withKey(of));
const asNdjson: Route = (server, of) => stream(server, used(of));
const routes: Record<string, Route> = {
  wire,
  choice: (server, of) => server.post('/autonomous-time/choice', { claude_name: of.name, choice: 'wait' }, withKey(of)),
  event: (server, of) => server.post('/v1/events', used(of)),
  array: (server, of) => server.post('/v1/events', [used(of)]),
  atomic: (server, of) => server.post('/v1/events?atomic=true', [used(of)]),
  'array with advice': (server, of) => server.post('/v1/events?advice=true', [used(of)]),
  ndjson: asNdjson,
  'choice as ndjson': (server, { name, key }) =>
    stream(server, { type: 'agent.chose', key, payload: { name, choice: 'wait' } }),
  'pause as ndjson': (server, { name, key }) => stream(server, { type: 'agent.paused', key, payload: { name } }),
  turn: (server, of) => server.post('/v1/turns', { name: of.name }, withKey(of)),
  renew: (server, of) => onTurn(server, of, 'renew'),
  settle: (server, of) => onTurn(server, of, 'settle', { usage: { cost_micro_usd: 1 } }),
  'settle as ndjson': (server, { turn, token, key }) =>
    stream(server, { type: 'turn.settled', key, payload: { turn, token, usage: { cost_micro_usd: 1 } } }),
  release: (server, of) => onTurn(server, of, 'release'),
};

async function* once(lines: readonly string[]): AsyncGenerator<readonly string[]> {
  yield lines;
}

t.test('no pair of routes is a fault', async (t) => {
  const server = await testServer(t);
  let pairs = 0;
  for (const [first, begin] of Object.entries(routes)) {
    for (const [second, retry] of Object.entries(routes)) {
      pairs += 1;
      const name = `Agent ${pairs}`;
      await server.send('identity.registered', { name, status: 'quarantined' });
      const turn = (await server.post('/v1/turns', { name, instance: { host: 'desk' } })).json();
      const of: Case = { name, key: `attempt ${pairs}`, turn: turn.turn, token: turn.token };
      const began = await begin(server, of);
      t.ok(began.statusCode < 400 && !began.body.includes('rejected'), `${first}: ${began.body}`);
      const { statusCode, body } = await retry(server, of);
      t.ok(statusCode < 500, `${first}, then ${second}: ${statusCode} ${statusCode < 500 ? '' : body}`);
    }
  }
});

t.test('the wire tells an interval for a use that was sent where none is told', async (t) => {
  const server = await testServer(t);
  const of = { name: 'Ada', key: 'k', turn: '', token: 0 };
  await asNdjson(server, of);
  const answer = await wire(server, of);
  t.match(answer.json(), { status: 'success', cost_recorded: 0.25, recommended_interval: 900 });
  t.equal((await server.ledger.readEvents('default' as never, { types: ['usage.recorded'], limit: 9 })).length, 1);
});

t.test('after an import a key stands for what its event shows', async (t) => {
  const from = await testServer(t);
  const use = { name: 'Ada', ...amount };
  await from.send('usage.recorded', { ...use, tags: { a: 'b' }, model: 'opus' }, { key: 'use' });
  await from.send(
    'usage.recorded',
    { name: 'Ada', mode: 'autonomy', session: 's', total_cost_usd: 2 },
    { key: 'total' },
  );
  await from.send('agent.paused', { name: 'Ada', reason: 'rest' }, { key: 'pause' });
  await from.send('quota.read', { windows: [{ key: 'week_all', percent_bp: 100 }] }, { key: 'reading' });
  const exported = (await from.get('/v1/events', { accept: 'application/x-ndjson' })).body.split('\n');
  const place = await variant.place(t);
  const settings = { database: place, timeZone: 'UTC', unknownAgents: 'auto' } as const;
  const ledger = await Ledger.open(await variant.open(place), settings);
  await new Importer(ledger, undefined).run(once(exported));
  await ledger.close();
  const server = await testServer(t, { place });
  const send = (key: string, type: string, payload: object) => server.post('/v1/events', { type, key, payload });
  const said = { ...use, tags: { a: 'b' }, model: 'opus' };
  t.match((await send('use', 'usage.recorded', said)).json(), { status: 'repeated' });
  t.match((await send('use', 'usage.recorded', { ...said, name: 'ADA' })).json(), { status: 'repeated' });
  t.match(
    (await send('total', 'usage.recorded', { name: 'Ada', mode: 'autonomy', session: 's', total_cost_usd: 2 })).json(),
    {
      status: 'repeated',
    },
  );
  t.match((await send('pause', 'agent.paused', { name: 'Ada', reason: 'rest' })).json(), { status: 'repeated' });
  t.match((await send('reading', 'quota.read', { windows: [{ key: 'week_all', percent_bp: 100 }] })).json(), {
    status: 'repeated',
  });
  const others: [string, string, object][] = [
    ['use', 'usage.recorded', use],
    ['use', 'usage.recorded', { ...said, cost_micro_usd: 1 }],
    ['use', 'usage.recorded', { ...said, name: 'Bob' }],
    ['use', 'usage.recorded', { ...said, tags: { a: 'c' } }],
    ['use', 'agent.paused', { name: 'Ada' }],
    ['total', 'usage.recorded', { name: 'Ada', mode: 'autonomy', session: 's', total_cost_usd: 3 }],
    ['pause', 'agent.paused', { name: 'Ada', reason: 'work' }],
    ['pause', 'agent.resumed', { name: 'Ada' }],
    ['reading', 'quota.read', { windows: [{ key: 'week_all', percent_bp: 200 }] }],
  ];
  for (const [key, type, payload] of others) {
    const answer = await send(key, type, payload);
    t.match(answer.json(), { code: 'key_reused' }, `${key} ${type} ${JSON.stringify(payload)}`);
    t.equal(answer.statusCode, 422);
  }
  const wire = await server.post(
    '/resource-share/increment',
    { claude_name: 'Ada', ...increment },
    { 'idempotency-key': 'pause' },
  );
  t.equal(wire.statusCode, 422, 'on the wire, too');
});

t.test('a header that must be there once is refused when it is there twice', async (t) => {
  const server = await testServer(t);
  const { port } = new URL(await server.app.listen({ port: 0, host: '127.0.0.1' }));
  const { connect } = await import('node:net');
  const body = JSON.stringify({ claude_name: 'Ada', ...increment });
  for (const header of ['Idempotency-Key', 'webhook-id', 'Content-Type']) {
    const socket = connect(Number(port), '127.0.0.1');
    const value = header === 'Content-Type' ? 'application/json' : 'x1';
    const type = header === 'Content-Type' ? '' : 'Content-Type: application/json\r\n';
    socket.end(
      `POST /resource-share/increment HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${type}${header}: ${value}\r\n${header}: ${value}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    let answer = '';
    for await (const part of socket) answer += part;
    t.match(answer, /^HTTP\/1\.1 400 /, header);
  }
  t.equal((await server.ledger.head('default' as never)).seq, 1, 'nothing was recorded');
});
