/** Goal: whatever is refused is a problem document with the right status, and the log of events stays as it was. */
import { connect } from 'node:net';
import t from 'tap';
import { limits } from '../../src/limits.js';
import { problems } from '../../src/problems.js';
import { noon } from '../support/fold.js';
import { listeningServer, testServer } from './support.js';

const use = { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } };
const using = (change: object) => ({ ...use, payload: { ...use.payload, ...change } });

interface Case {
  readonly name: string;
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly code: keyof typeof problems;
  /** One of the fields the problem must name. */
  readonly field?: string;
}

const json = { 'content-type': 'application/json' };
const cases: readonly Case[] = [
  { name: 'malformed JSON', body: '{"type":', code: 'malformed_json' },
  { name: 'malformed JSON in the middle', body: '{"type" "x"}', code: 'malformed_json' },
  { name: 'an empty body', body: '', code: 'malformed_json' },
  { name: 'invalid UTF-8', body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), code: 'invalid_utf8' },
  { name: 'an overlong UTF-8 form', body: Buffer.from([0x22, 0xc0, 0xaf, 0x22]), code: 'invalid_utf8' },
  { name: 'no object', body: '7', code: 'invalid_field', field: 'body' },
  { name: 'null', body: 'null', code: 'invalid_field', field: 'body' },
  { name: 'no payload', body: { type: 'usage.recorded' }, code: 'invalid_field', field: 'payload' },
  { name: 'an unknown type', body: { ...use, type: 'usage.invented' }, code: 'unknown_type', field: 'type' },
  { name: 'a type only the product writes', body: { type: 'projection.rebuilt', payload: {} }, code: 'unknown_type' },
  { name: 'a name of Object.prototype as type', body: { type: 'constructor', payload: {} }, code: 'unknown_type' },
  { name: 'an unknown version', body: { ...use, version: 99 }, code: 'unknown_version', field: 'version' },
  { name: 'an unknown field', body: using({ colour: 'red' }), code: 'invalid_field', field: 'payload.colour' },
  { name: 'a wrong type', body: using({ name: 7 }), code: 'invalid_field', field: 'payload.name' },
  {
    name: 'negative tokens',
    body: using({ tokens: { input: -1 } }),
    code: 'invalid_field',
    field: 'payload.tokens.input',
  },
  {
    name: 'fractional tokens',
    body: using({ tokens: { input: 1.5 } }),
    code: 'invalid_field',
    field: 'payload.tokens.input',
  },
  {
    name: 'absurd tokens',
    body: using({ tokens: { total: 1e15 } }),
    code: 'invalid_field',
    field: 'payload.tokens.total',
  },
  {
    name: 'absurd cost',
    body: using({ cost_micro_usd: 2e12 }),
    code: 'invalid_field',
    field: 'payload.cost_micro_usd',
  },
  {
    name: 'a control character in a name',
    body: using({ name: 'A\u0000' }),
    code: 'invalid_field',
    field: 'payload.name',
  },
  {
    name: 'an override of direction in a name',
    body: using({ name: 'x\u202Ey' }),
    code: 'invalid_field',
    field: 'payload.name',
  },
  { name: 'a control in a name', body: using({ name: 'x\u0007y' }), code: 'invalid_field', field: 'payload.name' },
  {
    name: 'a lone surrogate',
    body: '{"type":"usage.recorded","payload":{"name":"\\ud800","mode":"autonomy"}}',
    code: 'invalid_field',
  },
  {
    name: 'a date in the far future',
    body: { ...use, occurred_at: noon + 86_400_000 },
    code: 'occurred_in_future',
    field: 'occurred_at',
  },
  {
    name: 'a date after the year 9999',
    body: { ...use, occurred_at: 1e18 },
    code: 'invalid_field',
    field: 'occurred_at',
  },
  {
    name: 'a date before 2000',
    body: { ...use, occurred_at: '1999-01-01T00:00:00Z' },
    code: 'invalid_field',
    field: 'occurred_at',
  },
  {
    name: 'a correction of nothing',
    body: { type: 'usage.corrected', payload: { corrects: '01JGV3M9Q8ZJ4X7W2K5T6R8N1P', difference: {}, reason: 'r' } },
    code: 'event_unknown',
  },
  {
    name: 'a command of more than its limit',
    body: using({ project: 'x'.repeat(limits.bodyBytesMax) }),
    code: 'too_large',
  },
  { name: 'a body of 10 MB', body: `[${' '.repeat(10_000_000)}]`, code: 'too_large' },
  { name: 'an array of too many', body: Array(limits.arrayCommandsMax + 1).fill(use), code: 'too_large' },
  {
    name: 'another content type',
    headers: { 'content-type': 'text/plain' },
    body: 'x',
    code: 'unsupported_media_type',
  },
  {
    name: 'a form',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'a=b',
    code: 'unsupported_media_type',
  },
  {
    name: 'a stream where none is taken',
    url: '/pause',
    headers: { 'content-type': 'application/x-ndjson' },
    body: '{}',
    code: 'unsupported_media_type',
  },
  {
    name: 'a compressed body',
    headers: { ...json, 'content-encoding': 'gzip' },
    body: 'x',
    code: 'unsupported_media_type',
  },
  {
    name: 'a page of another origin',
    headers: { ...json, origin: 'https://evil.example', host: 'localhost' },
    body: use,
    code: 'cross_site',
  },
  { name: 'the opaque origin', headers: { ...json, origin: 'null' }, body: use, code: 'cross_site' },
  {
    name: 'another port of the same host',
    headers: { ...json, origin: 'http://localhost:1', host: 'localhost' },
    body: use,
    code: 'cross_site',
  },
  { name: 'an unknown pool', url: '/v1/events?pool=nowhere', body: use, code: 'pool_unknown' },
  { name: 'a pool that is no name', url: '/v1/events?pool=..%2F', body: use, code: 'pool_unknown' },
  { name: 'an unknown parameter', url: '/v1/events?atomik=true', body: use, code: 'request_invalid', field: 'atomik' },
  {
    name: 'a parameter given twice',
    url: '/v1/events?pool=a&pool=b',
    body: use,
    code: 'request_invalid',
    field: 'pool',
  },
  {
    name: 'an empty idempotency key',
    headers: { ...json, 'idempotency-key': '""' },
    body: use,
    code: 'request_invalid',
    field: 'idempotency-key',
  },
  {
    name: 'an unknown route, whatever is sent to it',
    url: '/nothing',
    headers: { 'content-type': 'image/png' },
    body: 'x',
    code: 'route_unknown',
  },
  { name: 'an unknown route', method: 'GET', url: '/v1/nothing', code: 'route_unknown' },
  { name: 'an unknown route, written to', url: '/nothing', body: use, code: 'route_unknown' },
  { name: 'a wrong method', method: 'DELETE', url: '/v1/events/3', code: 'method_not_allowed' },
  { name: 'a wrong method of the original wire', method: 'GET', url: '/pause', code: 'method_not_allowed' },
  { name: 'a badly encoded path', method: 'GET', url: '/resource/today/%zz', code: 'request_invalid' },
  { name: 'a badly encoded query', method: 'GET', url: '/v1/events?identity=%ff', code: 'request_invalid' },
  { name: 'a cursor this server did not give', method: 'GET', url: '/v1/events?cursor=abc', code: 'cursor_invalid' },
  { name: 'a cursor of another shape', method: 'GET', url: '/v1/usage?cursor=WzFd', code: 'cursor_invalid' },
  { name: 'an absurd limit', method: 'GET', url: '/v1/events?limit=100000', code: 'request_invalid', field: 'limit' },
  { name: 'a limit of nothing', method: 'GET', url: '/v1/daily?limit=0', code: 'request_invalid', field: 'limit' },
  {
    name: 'a time that is none',
    method: 'GET',
    url: '/v1/events?since=yesterday',
    code: 'request_invalid',
    field: 'since',
  },
  {
    name: 'a date that is none',
    method: 'GET',
    url: '/v1/events?since=2026-02-30',
    code: 'request_invalid',
    field: 'since',
  },
  {
    name: 'an event type that is none',
    method: 'GET',
    url: '/v1/events?type=usage',
    code: 'request_invalid',
    field: 'type',
  },
  { name: 'an event nobody knows', method: 'GET', url: '/v1/events/01JGV3M9Q8ZJ4X7W2K5T6R8N1P', code: 'event_unknown' },
  { name: 'a seq nobody has reached', method: 'GET', url: '/v1/events/999999', code: 'event_unknown' },
  { name: 'a place that is neither', method: 'GET', url: "/v1/events/x'--", code: 'event_unknown' },
  { name: 'a seq beyond the head', method: 'GET', url: '/v1/usage?as_of_seq=999999', code: 'seq_beyond_head' },
  { name: 'a time that has not come', method: 'GET', url: '/v1/usage?as_of=2030-01-01', code: 'seq_beyond_head' },
  {
    name: 'two moments at once',
    method: 'GET',
    url: '/v1/usage?as_of=2020-01-01&as_of_seq=1',
    code: 'request_invalid',
    field: 'as_of',
  },
  {
    name: 'a format there is not',
    method: 'GET',
    url: '/v1/usage?format=xml',
    code: 'request_invalid',
    field: 'format',
  },
  {
    name: 'a media type there is not',
    method: 'GET',
    url: '/v1/usage',
    headers: { accept: 'image/png' },
    code: 'not_acceptable',
  },
  {
    name: 'a filter the table has not',
    method: 'GET',
    url: '/v1/quota?identity=Ada',
    code: 'request_invalid',
    field: 'identity',
  },
  { name: 'a feed from beyond the head', method: 'GET', url: '/v1/stream?after_seq=99999', code: 'seq_beyond_head' },
  {
    name: 'a feed after no seq',
    method: 'GET',
    url: '/v1/stream',
    headers: { 'last-event-id': 'x' },
    code: 'request_invalid',
  },
  { name: 'a pool that exists', url: '/v1/pools', body: { pool: 'default' }, code: 'pool_exists' },
  { name: 'a pool by a bad name', url: '/v1/pools', body: { pool: 'A B' }, code: 'invalid_field', field: 'pool' },
  {
    name: 'a pool in no zone',
    url: '/v1/pools',
    body: { pool: 'x', time_zone: 'Mars/Base' },
    code: 'invalid_field',
    field: 'time_zone',
  },
  { name: 'a replay of no projection', url: '/v1/replay', body: { projections: ['nothing'] }, code: 'invalid_field' },
];

t.test('every refusal is a problem document', async (t) => {
  const server = await testServer(t);
  const before = await server.ledger.head('default' as never);
  for (const { name, method = 'POST', url = '/v1/events', headers = json, body, code, field } of cases) {
    const payload =
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const response = await server.app.inject({
      method: method as 'GET',
      url,
      headers,
      payload,
    });
    const problem = response.json();
    const { status, title, retry } = problems[code];
    t.equal(problem.code, code, `${name}: ${response.body.slice(0, 300)}`);
    t.equal(response.statusCode, status, name);
    t.match(problem, { type: `/problems#${code}`, title, status, detail: String, retry, errors: Array });
    t.match(response.headers['content-type'], /^application\/problem\+json/);
    t.equal(response.headers['x-request-id'], problem.request_id);
    t.equal(response.headers['x-content-type-options'], 'nosniff');
    t.equal(response.headers['cache-control'], 'no-store');
    t.equal('retry-after' in response.headers, retry !== 'never', `${name}: whether to wait is said`);
    if (field !== undefined)
      t.ok(
        problem.errors.some((error: { field: string }) => error.field === field),
        `${name}: ${JSON.stringify(problem.errors)}`,
      );
  }
  t.strictSame(await server.ledger.head('default' as never), before, 'nothing was recorded');
});

t.test('405 says what is allowed; the same path with the right method is not refused', async (t) => {
  const server = await testServer(t);
  t.equal((await server.app.inject({ method: 'PUT', url: '/v1/events' })).headers.allow, 'GET, HEAD, POST');
  t.equal((await server.app.inject({ method: 'OPTIONS', url: '/pause' })).headers.allow, 'POST');
  t.equal((await server.app.inject({ method: 'HEAD', url: '/health' })).statusCode, 200);
});

t.test('the same origin may write, and so may a program', async (t) => {
  const server = await testServer(t);
  t.equal((await server.post('/v1/events', use, { origin: 'http://localhost', host: 'localhost' })).statusCode, 201);
  t.equal((await server.post('/v1/events', use)).statusCode, 201);
});

t.test('the detail of malformed JSON names the place, and never quotes the body', async (t) => {
  const server = await testServer(t);
  t.match((await server.post('/v1/events', '{"secret-token" 1}')).json().detail, /from character 16 on/);
  for (const body of ['{"secret-token" 1}', 'secret-token', '{"a": secret-token}', '{"secret-token":']) {
    t.notMatch((await server.post('/v1/events', body)).body, /secret-token/);
  }
});

t.test('a reused key is refused with 422 and leaves the first outcome alone', async (t) => {
  const server = await testServer(t);
  const first = await server.post('/v1/events', { ...use, key: 'k' });
  t.equal(first.statusCode, 201);
  t.match((await server.post('/v1/events', { ...using({ cost_micro_usd: 6 }), key: 'k' })).json(), {
    status: 422,
    code: 'key_reused',
  });
  const again = await server.post('/v1/events', { ...use, key: 'k' });
  t.equal(again.statusCode, 200);
  t.strictSame(again.json(), { ...first.json(), status: 'repeated' });
});

t.test('a fault of our own shows nothing of itself', async (t) => {
  const server = await testServer(t);
  server.ledger.submitOne = () => Promise.reject(new Error('secret internals'));
  const response = await server.post('/v1/events', use);
  t.equal(response.statusCode, 500);
  t.equal(response.json().code, 'internal');
  t.notMatch(response.body, /secret/);
});

t.test('a full queue asks to come back later', async (t) => {
  const server = await testServer(t);
  const commands = (keyed: boolean) =>
    Array.from(
      { length: limits.queueCommandsMax },
      (_, i) => ({ ...use, key: keyed ? `key-${i}` : undefined, actor: 'a', source: 's' }) as never,
    );
  const underWay = server.ledger.submit('default' as never, { commands: commands(false) });
  while (server.ledger.queued > 0) await new Promise(setImmediate);
  // Keys are looked up behind what is being written, so these wait.
  const filling = [underWay, server.ledger.submit('default' as never, { commands: commands(true) })];
  const response = await server.post('/v1/events', use);
  t.match(response.json(), { status: 503, code: 'queue_full', retry: 'same-key' });
  t.equal(response.headers['retry-after'], String(limits.retryAfterSeconds));
  await Promise.all(filling);
  t.equal((await server.post('/v1/events', use)).statusCode, 201, 'later it is taken');
});

t.test('over a real socket, a body of 10 MB gets its answer and bytes that are no HTTP too', async (t) => {
  const { url } = await listeningServer(t);
  const large = await fetch(`${url}/v1/events`, { method: 'POST', headers: json, body: `[${' '.repeat(10_000_000)}]` });
  t.equal(large.status, 413);
  t.equal(((await large.json()) as { code: string }).code, 'too_large');
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end('this is no HTTP\r\n\r\n');
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  t.match(answer, /^HTTP\/1\.1 400 /);
  t.match(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))), { status: 400, code: 'request_invalid' });
});
