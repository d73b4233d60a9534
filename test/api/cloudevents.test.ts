/** Goal: CloudEvents are taken in all three modes, once by their source and id, and each says what became of it. */
import { CloudEvent, HTTP, type Message } from 'cloudevents';
import t from 'tap';
import { eventsOf, figuresOf } from '../support/pushed.js';
import { type TestServer, testServer } from './support.js';

const data = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 125_000 };
const type = 'resource-share.usage.recorded';
const event = (id: string, more: object = {}) =>
  new CloudEvent({ type, source: '/build/7', id, time: '2026-01-05T09:30:00.000Z', data, ...more });

const send = (server: TestServer, body: unknown, headers: Record<string, string>) =>
  server.app.inject({
    method: 'POST',
    url: '/v1/cloudevents',
    payload: typeof body === 'string' ? body : JSON.stringify(body),
    headers,
  });
const sendMessage = (server: TestServer, { body, headers }: Message) =>
  send(server, body as string, headers as Record<string, string>);
const batched = (server: TestServer, events: readonly unknown[]) =>
  send(server, events, { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' });

t.test('the package sends structured and binary events, which are one by source and id', async (t) => {
  const server = await testServer(t);
  const first = await sendMessage(server, HTTP.structured(event('run-1')));
  t.equal(first.statusCode, 200);
  t.match(first.json(), {
    outcomes: [{ status: 'recorded', seq: Number, id: String, cloudevent: { source: '/build/7', id: 'run-1' } }],
    recorded: 1,
    repeated: 0,
  });
  const again = (await sendMessage(server, HTTP.binary(event('run-1')))).json();
  t.match(again, { outcomes: [{ status: 'repeated', id: first.json().outcomes[0].id }], recorded: 0, repeated: 1 });
  t.match((await sendMessage(server, HTTP.binary(event('run-2')))).json(), { outcomes: [{ status: 'recorded' }] });
  t.match(await eventsOf(server, 'usage.recorded'), [
    {
      source: 'cloudevents/1',
      key: 'cloudevent:/build/7:run-1',
      occurred_at: Date.parse('2026-01-05T09:30:00Z'),
      payload: data,
    },
    { key: 'cloudevent:/build/7:run-2' },
  ]);
  t.match(await figuresOf(server, 'cloudevents'), { read: 3, recorded: 2, repeated: 1 });
});

t.test('a batch is answered one by one, and other types are left out', async (t) => {
  const server = await testServer(t);
  const answer = await batched(server, [
    event('1'),
    event('2', { data: { name: 'Ada' } }),
    event('3', { type: 'com.example.build.done' }),
    event('4', { type: 'resource-share.nothing.known' }),
    event('1', { source: '/build/8' }),
    { specversion: '0.3', id: '5', source: '/x', type },
    event('6', { type: 'resource-share.quota.read', data: { windows: [{ key: 'week_all', percent_bp: 1_700 }] } }),
  ]);
  t.match(answer.json(), {
    outcomes: [
      { status: 'recorded', cloudevent: { source: '/build/7', id: '1' } },
      { status: 'rejected', code: 'invalid_field', field: 'payload.mode', cloudevent: { id: '2' } },
      { status: 'recorded', cloudevent: { source: '/build/8', id: '1' } },
      { status: 'recorded', windows: [{ key: 'week_all' }], cloudevent: { id: '6' } },
    ],
    recorded: 3,
    refused: 1,
    skipped: { 'unknown-type': 2, 'not-version-1-0': 1 },
  });
  t.equal(answer.json().outcomes.length, 4);
});

t.test('the same event without a time is the same later, and other data under its id is not', async (t) => {
  const server = await testServer(t);
  const plain = { specversion: '1.0', type, source: 'urn:build:7', id: 'a:b', data };
  const headers = { 'content-type': 'application/cloudevents+json' };
  t.match((await send(server, plain, headers)).json(), { recorded: 1 });
  server.clock.advance(60_000);
  t.match((await send(server, plain, headers)).json(), { recorded: 0, repeated: 1 });
  const other = { ...plain, data: { ...data, cost_micro_usd: 1 } };
  t.match((await send(server, other, headers)).json(), {
    outcomes: [{ status: 'rejected', code: 'key_reused' }],
    refused: 1,
  });
  const alike = { ...plain, source: 'urn:build:7:a', id: 'b' };
  t.match((await send(server, alike, headers)).json(), { recorded: 1 }, 'another source and id with the same colons');
  const long = { ...plain, source: `/${'s'.repeat(200)}`, id: 'i'.repeat(200) };
  t.match((await send(server, long, headers)).json(), { recorded: 1 });
  t.match((await send(server, long, headers)).json(), { repeated: 1 });
});

t.test('what is no event, of another form, or holds credentials is refused', async (t) => {
  const server = await testServer(t);
  const structured = { 'content-type': 'application/cloudevents+json' };
  const secret = event('1', { data: { ...data, tags: { token: 'sk-ant-secret-of-a-test' } } });
  for (const [body, headers, status] of [
    [data, { 'content-type': 'application/json' }, 415],
    [event('1'), { 'content-type': 'application/cloudevents+xml' }, 415],
    ['{', structured, 422],
    [{ id: '1' }, structured, 422],
    [data, { 'content-type': 'application/json', 'ce-id': '1' }, 422],
    [secret, structured, 422],
  ] as const) {
    const response = await send(server, body, headers);
    t.equal(response.statusCode, status, JSON.stringify(headers));
    t.notMatch(response.body, /secret-of-a-test/);
  }
  t.same(await eventsOf(server, 'usage.recorded'), []);
});
