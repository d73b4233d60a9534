/** Goal: what exporters of OpenTelemetry send is taken in all its forms, counts once, and harms nobody. */
import { gzipSync } from 'node:zlib';
import protobuf from 'protobufjs/minimal.js';
import t, { type Test } from 'tap';
import type { Command } from '../../src/events/command.js';
import { limits } from '../../src/limits.js';
import { Problem } from '../../src/problems.js';
import { type Log, logsJson, logsProtobuf, metricsJson, tracesJson } from '../support/otlp.js';
import { eventsOf, figuresOf } from '../support/pushed.js';
import { type TestServer, testServer } from './support.js';

const json = 'application/json';
const protobufType = 'application/x-protobuf';
const ada = { 'service.name': 'claude-code', 'agent.id': 'Ada' };

const call = (request: string, more: Log['attributes'] = {}): Log => ({
  time: '1767605400000000000',
  body: 'claude_code.api_request',
  attributes: {
    'session.id': 's1',
    request_id: request,
    model: 'claude-opus-5-5',
    input_tokens: { int: '1200' },
    output_tokens: { int: 340 },
    ...more,
  },
});

const push = (server: TestServer, url: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  server.app.inject({
    method: 'POST',
    url,
    payload: typeof body === 'string' ? body : Buffer.from(body),
    headers: { 'content-type': json, ...headers },
  });
const gzip = { 'content-encoding': 'gzip' };

t.test('a response counts once, in whichever encoding, at whichever path, and however often it comes', async (t) => {
  const server = await testServer(t);
  const ways: [string, string | Uint8Array, Record<string, string>][] = [
    ['/v1/logs', logsJson([call('req_1')], ada), {}],
    ['/v1/otlp/v1/logs', logsProtobuf([call('req_1')], ada), { 'content-type': protobufType }],
    ['/v1/otlp/v1/logs', gzipSync(logsJson([call('req_1')], ada)), gzip],
    ['/v1/logs/', gzipSync(logsProtobuf([call('req_1')], ada)), { 'content-type': protobufType, ...gzip }],
    ['/v1/logs', logsJson([call('req_1')], ada), { 'content-type': 'application/json; charset=utf-8' }],
  ];
  for (const [url, body, headers] of ways) {
    const response = await push(server, url, body, headers);
    t.equal(response.statusCode, 200, `${url} ${JSON.stringify(headers)}`);
    const isProtobuf = headers['content-type'] === protobufType;
    t.equal(response.body, isProtobuf ? '' : '{}');
    t.match(response.headers['content-type'], isProtobuf ? protobufType : json);
  }
  const uses = await eventsOf(server, 'usage.recorded');
  t.match(uses, [
    {
      source: 'otlp/1',
      payload: { name: 'Ada', tokens: { input: 1_200, output: 340 }, meter: { request: 'req_1' }, session: 's1' },
    },
  ]);
  t.equal(uses.length, 1);
  t.match(await figuresOf(server, 'otlp'), {
    read: 5,
    recorded: 1,
    repeated: 4,
    corrected: 0,
    refused: 0,
    skipped: {},
  });
});

t.test('better figures of a response are counted as a correction', async (t) => {
  const server = await testServer(t);
  await push(server, '/v1/logs', logsJson([call('req_1')], ada));
  await push(server, '/v1/logs', logsJson([call('req_1', { output_tokens: { int: 500 } }), call('req_2')], ada));
  t.match(await eventsOf(server, 'usage.corrected'), [{ payload: { difference: { tokens: { output: 160 } } } }]);
  t.match(await figuresOf(server, 'otlp'), { read: 3, recorded: 2, corrected: 1, repeated: 0 });
});

t.test('spans and counters are taken by their paths', async (t) => {
  const server = await testServer(t);
  const usage = { 'gen_ai.usage.input_tokens': { int: 10 }, 'gen_ai.response.id': 'msg_1' };
  const at = { trace: '5b8efff798038103d269b633813fc60c', span: 'eee19b7ec3c1b174', end: '1767605400000000000' };
  t.equal(
    (await push(server, '/v1/traces', tracesJson([{ attributes: usage, ...at }], { 'agent.id': 'Ben' }))).body,
    '{}',
  );
  const points = [{ attributes: { 'gen_ai.request.model': 'gpt-5' }, value: { int: 7 }, end: '1767605400000000000' }];
  const counters = metricsJson([{ name: 'gen_ai.client.inference.usage.input_tokens', points }], {
    'agent.id': 'Cleo',
  });
  for (let i = 0; i < 2; i++) t.equal((await push(server, '/v1/metrics', counters)).body, '{}');
  t.match(
    (await eventsOf(server, 'usage.recorded')).map(({ payload }) => payload),
    [
      { name: 'Ben', tokens: { input: 10 } },
      { name: 'Cleo', tokens: { input: 7 }, meter: { rule: 'sum' } },
    ],
  );
  t.match(await figuresOf(server, 'otlp'), { recorded: 2, repeated: 1, refused: 0 });
});

t.test('what is sent to the endpoint itself is taken in JSON, whatever it is', async (t) => {
  const server = await testServer(t);
  t.equal((await push(server, '/v1/otlp', logsJson([call('req_1')], ada))).body, '{}');
  const usage = { 'gen_ai.usage.input_tokens': { int: 10 }, 'gen_ai.response.id': 'msg_1' };
  t.equal((await push(server, '/v1/otlp', tracesJson([{ attributes: usage }], ada))).statusCode, 200);
  const bytes = await push(server, '/v1/otlp', logsProtobuf([call('req_2')], ada), { 'content-type': protobufType });
  t.match(bytes.json(), { status: 400, code: 'request_invalid', detail: /\/v1\/logs/ });
  t.match(await figuresOf(server, 'otlp'), { recorded: 1 });
});

t.test('who sends it may say whose use it is: a query before a header, both before the data', async (t) => {
  const server = await testServer(t);
  const body = (request: string) => logsJson([call(request)], ada);
  const utf8 = Buffer.from('Zoë').toString('latin1');
  await push(server, '/v1/logs', body('req_1'), { 'x-resource-share-agent': utf8 });
  await push(server, '/v1/logs', body('req_3'), { 'x-resource-share-agent': 'Renée' });
  await push(server, '/v1/logs?agent=Ben', body('req_2'), { 'x-resource-share-agent': 'Cleo' });
  const names = (await eventsOf(server, 'usage.recorded')).map(({ payload }) => payload.name);
  t.same(names, ['Zoë', 'Renée', 'Ben']);
  t.match((await push(server, '/v1/logs?agent=%07', body('req_3'))).json(), { status: 400, code: 'request_invalid' });
  t.match((await push(server, '/v1/logs?pool=none', body('req_3'))).json(), { status: 404, code: 'pool_unknown' });
});

t.test('records that cannot be used are told in the encoding of the request', async (t) => {
  const server = await testServer(t);
  const logs = [call('req_1', { input_tokens: -5 }), call('req_2')];
  const told = (await push(server, '/v1/logs', logsJson(logs, ada))).json();
  t.match(told, { partialSuccess: { rejectedLogRecords: '1', errorMessage: /^not used: 1 × / } });
  const answer = await push(server, '/v1/logs', logsProtobuf(logs, ada), { 'content-type': protobufType });
  const reader = protobuf.Reader.create(answer.rawPayload);
  t.equal(reader.uint32(), 0x0a);
  t.equal(reader.uint32(), answer.rawPayload.length - 2);
  t.same([reader.uint32(), reader.int64().toString()], [0x08, '1']);
  t.same([reader.uint32(), reader.string()], [0x12, told.partialSuccess.errorMessage]);
  t.match(await figuresOf(server, 'otlp'), { recorded: 1, repeated: 1 });
});

t.test('what the ledger does not take is a partial success, too', async (t) => {
  const server = await testServer(t, { unknownAgents: 'reject' });
  const told = (await push(server, '/v1/logs', logsJson([call('req_1')], ada))).json();
  t.match(told, { partialSuccess: { rejectedLogRecords: '1', errorMessage: 'not used: 1 × agent_unknown' } });
  t.match(await figuresOf(server, 'otlp'), { read: 1, recorded: 0, refused: 1 });
});

t.test('other types, and what cannot be decoded, are refused', async (t) => {
  const server = await testServer(t);
  const body = logsJson([call('req_1')], ada);
  const bytes = logsProtobuf([call('req_1')], ada);
  for (const [sent, headers, status, code] of [
    [body, { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    [body, { 'content-type': 'application/json', 'content-encoding': 'br' }, 415, 'unsupported_media_type'],
    ['{"resourceLogs":', {}, 400, 'malformed_json'],
    ['[]', {}, 400, 'malformed_json'],
    ['', {}, 400, 'malformed_json'],
    [bytes.subarray(0, bytes.length - 3), { 'content-type': protobufType }, 400, 'request_invalid'],
    [body, gzip, 400, 'request_invalid'],
    [gzipSync(body).subarray(0, 40), gzip, 400, 'request_invalid'],
  ] as const) {
    const response = await push(server, '/v1/logs', sent, headers);
    t.match(response.json(), { status, code }, `${JSON.stringify(headers)} ${String(sent).slice(0, 20)}`);
  }
  t.equal((await server.app.inject({ method: 'POST', url: '/v1/logs' })).statusCode, 415, 'a type is needed');
  const elsewhere = await push(server, '/v1/events', gzipSync(body), gzip);
  t.equal(elsewhere.statusCode, 415, 'gzip is for telemetry alone');
  t.same(await eventsOf(server, 'usage.recorded'), []);
});

t.test('a bomb is stopped at the limit, and nothing of it is recorded', async (t) => {
  const server = await testServer(t);
  const bomb = gzipSync(Buffer.concat([Buffer.from(logsJson([call('req_1')], ada)), Buffer.alloc(200_000_000, ' ')]));
  t.ok(bomb.length < limits.pushBytesMax, `it is small: ${bomb.length}`);
  t.match((await push(server, '/v1/logs', bomb, gzip)).json(), { status: 413, code: 'too_large' });
  t.match((await push(server, '/v1/logs', ' '.repeat(limits.pushBytesMax + 1))).json(), { status: 413 });
  const padded = logsJson([call('req_2')], ada).padEnd(limits.pushBytesMax, ' ');
  t.equal((await push(server, '/v1/logs', padded)).statusCode, 200, 'the limit itself is taken');
  t.equal((await eventsOf(server, 'usage.recorded')).length, 1);
});

t.test('damaged protobuf and JSON that nests without end are answered, whatever they are', async (t) => {
  const server = await testServer(t);
  const bytes = logsProtobuf([call('req_1'), call('req_2')], ada);
  const statuses = new Set<number>();
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    statuses.add((await push(server, '/v1/logs', flipped, { 'content-type': protobufType })).statusCode);
  }
  t.same([...statuses].sort(), [200, 400]);
  const deep = `{"resourceLogs":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  t.equal((await push(server, '/v1/logs', deep)).statusCode, 200);
  const deepObjects = `{"resourceLogs":${'{"a":'.repeat(20_000)}"access_token"${'}'.repeat(20_000)}}`;
  t.match((await push(server, '/v1/logs', deepObjects)).json(), { status: 422, code: 'body_refused' });
  t.equal((await push(server, '/v1/logs', logsJson([call('req_9')], ada))).statusCode, 200, 'it lives on');
});

const lines: string[] = [];
const log = { level: 'trace', destination: { write: (line: string) => void lines.push(line) } } as const;

t.test('a body with credentials is refused whole, and nothing of it is kept or logged', async (t) => {
  const server = await testServer(t, { log });
  const secret = 'sk-ant-secret-of-a-test';
  for (const [body, type] of [
    [logsJson([call('req_1', { token: secret })], ada), json],
    [logsProtobuf([call('req_1', { token: secret })], ada), protobufType],
  ] as const) {
    const response = await push(server, '/v1/logs', body, { 'content-type': type });
    t.match(response.json(), { status: 422, code: 'body_refused' });
    t.notMatch(response.body, /secret-of-a-test/);
  }
  t.same(await eventsOf(server, 'usage.recorded'), []);
  t.match(await figuresOf(server, 'otlp'), { read: 0, skipped: { 'body-refused': 2 } });
  t.ok(lines.length > 0);
  t.notMatch(lines.join(''), /secret-of-a-test/);
});

t.test('what people and tools wrote is dropped, and costs no use that is beside it', async (t) => {
  const server = await testServer(t, { log });
  const prompt = { 'event.name': 'user_prompt', prompt: 'why is access_token null in words-of-a-person?' };
  for (const [i, body] of [logsJson, logsProtobuf].entries()) {
    const logs = [{ attributes: prompt }, call(`req_${i}`)];
    const response = await push(server, '/v1/logs', body(logs, ada), { 'content-type': i === 0 ? json : protobufType });
    t.equal(response.statusCode, 200);
  }
  t.equal((await eventsOf(server, 'usage.recorded')).length, 2);
  const all = (await server.get('/v1/events?limit=1000')).body;
  t.notMatch(all + lines.join(''), /words-of-a-person/);
});

t.test('a full queue is passed on, and what is sent again then counts once', async (t) => {
  const server = await testServer(t);
  const body = logsJson([call('req_1'), call('req_2')], ada);
  const submit = server.ledger.submit.bind(server.ledger);
  server.ledger.submit = () => Promise.reject(new Problem('queue_full', '10000 commands are waiting'));
  const refused = await push(server, '/v1/logs', body);
  t.match(refused.json(), { status: 503, code: 'queue_full' });
  t.match(refused.headers['retry-after'], /^[1-9]\d*$/);
  server.ledger.submit = submit;
  await push(server, '/v1/logs', body);
  await push(server, '/v1/logs', body);
  t.match(await figuresOf(server, 'otlp'), { recorded: 2, repeated: 2 });
});

t.test('a large body is submitted in batches, one after the other', async (t) => {
  const server = await testServer(t);
  const sizes: number[] = [];
  const submit = server.ledger.submit.bind(server.ledger);
  let underWay = 0;
  server.ledger.submit = async (pool, submission: { readonly commands: readonly Command[] }) => {
    underWay += 1;
    t.equal(underWay, 1, 'one at a time');
    sizes.push(submission.commands.length);
    const outcomes = await submit(pool, submission);
    underWay -= 1;
    return outcomes;
  };
  const logs = Array.from({ length: 700 }, (_, i) => call(`req_${i}`));
  t.equal((await push(server, '/v1/logs', logsProtobuf(logs, ada), { 'content-type': protobufType })).statusCode, 200);
  t.same(sizes, [250, 250, 200]);
  t.match(await figuresOf(server, 'otlp'), { read: 700, recorded: 700 });
});

t.test('pages of other sites and other names do not get in', async (t: Test) => {
  const server = await testServer(t);
  const body = logsJson([call('req_1')], ada);
  t.equal((await push(server, '/v1/logs', body, { origin: 'https://elsewhere.example' })).statusCode, 403);
  t.equal((await push(server, '/v1/logs', body, { host: 'elsewhere.example' })).statusCode, 421);
  t.same(await eventsOf(server, 'usage.recorded'), []);
});
