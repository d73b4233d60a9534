/** Goal: streams of any length and shape get one outcome per line, in order, and every good line is recorded once. */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import t from 'tap';
import { LineSplitter, overlong } from '../../src/api/events/lines.js';
import { OutcomeStream } from '../../src/api/events/outcome-stream.js';
import { limits } from '../../src/limits.js';
import { Problem } from '../../src/problems.js';
import { logFault } from '../support/ledger.js';
import { listeningServer, ndjson, parseLines, testServer } from './support.js';

const type = { 'content-type': 'application/x-ndjson' };
const use = (cost: number, more: object = {}) => ({
  type: 'usage.recorded',
  payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: cost },
  ...more,
});

interface OutcomeLine {
  readonly status: string;
  readonly seq?: number;
  readonly code?: string;
}

t.test('mixed lines: good, bad, blank, overlong, not UTF-8, and a last one without a line feed', async (t) => {
  const server = await testServer(t);
  const body = Buffer.concat([
    Buffer.from(`${JSON.stringify(use(1))}\r\n`),
    Buffer.from('\n   \n'),
    Buffer.from('{"type":\n'),
    Buffer.from([0x22, 0xff, 0x22, 0x0a]),
    Buffer.from(`${JSON.stringify(use(2, { key: 'x'.repeat(limits.lineBytesMax) }))}\n`),
    Buffer.from(`${JSON.stringify({ ...use(2), type: 'nonsense' })}\n`),
    Buffer.from(`${JSON.stringify(use(4))}\n[]\n`),
    Buffer.from(JSON.stringify(use(8))),
  ]);
  const response = await server.post('/v1/events', body, type);
  t.equal(response.statusCode, 200);
  t.match(response.headers['content-type'], /^application\/x-ndjson/);
  t.strictSame(
    parseLines<OutcomeLine>(response.body).map(({ status, code }) => code ?? status),
    [
      'recorded',
      'malformed_json',
      'invalid_utf8',
      'too_large',
      'unknown_type',
      'recorded',
      'invalid_field',
      'recorded',
    ],
  );
  t.equal((await server.get('/v1/daily')).json().rows[0].total_cost_micro_usd, 13);
});

t.test('a large stream: outcomes in order, every line once', async (t) => {
  const server = await testServer(t);
  const count = 12_345;
  const items = Array.from({ length: count }, (_, i) => (i % 100 === 50 ? { bad: i } : use(i)));
  const response = await server.post('/v1/events', ndjson(items), type);
  const outcomes = parseLines<OutcomeLine>(response.body);
  t.equal(outcomes.length, count);
  let last = 0;
  let inOrder = true;
  for (const [i, { status, seq = 0 }] of outcomes.entries()) {
    if (i % 100 === 50) inOrder &&= status === 'rejected';
    else {
      inOrder &&= status === 'recorded' && seq > last;
      last = seq;
    }
  }
  t.ok(inOrder);
  const sum = items.reduce((total, _, i) => total + (i % 100 === 50 ? 0 : i), 0);
  t.equal((await server.get('/v1/daily')).json().rows[0].total_cost_micro_usd, sum);
  t.equal(logFault(await server.stored()), null);
});

t.test('keys make a stream that is sent again harmless', async (t) => {
  const server = await testServer(t);
  const body = ndjson(Array.from({ length: 600 }, (_, i) => use(1, { key: `k${i}` })));
  const first = parseLines<OutcomeLine>((await server.post('/v1/events', body, type)).body);
  const again = parseLines<OutcomeLine>((await server.post('/v1/events', body, type)).body);
  t.ok(again.every(({ status }) => status === 'repeated'));
  t.strictSame(
    again.map(({ seq }) => seq),
    first.map(({ seq }) => seq),
  );
});

t.test('advice is left out unless it is asked for', async (t) => {
  const server = await testServer(t);
  const [plain] = parseLines((await server.post('/v1/events', ndjson([use(1)]), type)).body);
  t.strictSame(Object.keys(plain ?? {}), ['status', 'seq', 'id', 'hash']);
  const [advised] = parseLines((await server.post('/v1/events?advice=1', ndjson([use(1)]), type)).body);
  t.match(advised, { advice: { interval_s: 900, reason: String } });
  const [asked] = parseLines((await server.post('/v1/events?ask=true', ndjson([use(1)]), type)).body);
  t.match(asked, { advice: { interval_s: 900 } });
});

t.test('an empty stream is answered by an empty one', async (t) => {
  const server = await testServer(t);
  const response = await server.post('/v1/events', '', type);
  t.strictSame([response.statusCode, response.body], [200, '']);
});

t.test('a full queue is waited for; another problem rejects the lines of its batch only', async (t) => {
  const server = await testServer(t);
  const submit = server.ledger.submit.bind(server.ledger);
  let calls = 0;
  server.ledger.submit = (pool, submission) => {
    calls += 1;
    if (calls <= 2) return Promise.reject(new Problem('queue_full'));
    if (calls === 4) return Promise.reject(new Problem('storage_failed', 'the disk is full'));
    return submit(pool, submission);
  };
  const posted = server.post('/v1/events', ndjson(Array.from({ length: 600 }, () => use(1))), type);
  const response = await server.clock.advanceUntil(posted, 20);
  const outcomes = parseLines<OutcomeLine>(response.body);
  t.equal(outcomes.length, 600);
  const failed = outcomes.filter(({ code }) => code === 'storage_failed').length;
  t.ok(failed === 250 || failed === 100, `one batch failed: ${failed}`);
  t.equal(outcomes.filter(({ status }) => status === 'recorded').length, 600 - failed);
});

t.test('over a socket, cut at every odd byte: answers come while the client still writes', async (t) => {
  const { url, test } = await listeningServer(t);
  const text = ndjson([use(1, { source: 'grüße/1' }), use(2), use(4, { source: '日本/2' })]);
  const bytes = Buffer.from(text);
  const { sending, answers } = await openStream(url);
  for (let at = 0; at < bytes.length; at += 7) sending.write(bytes.subarray(at, at + 7));
  for (const source of ['grüße/1', 'api/1', '日本/2']) {
    const { value } = await answers.next();
    const [outcome] = parseLines<OutcomeLine>(value as string);
    t.equal(outcome?.status, 'recorded');
    const [event] = await test.ledger.readEvents('default' as never, { after: (outcome?.seq ?? 0) - 1, limit: 1 });
    t.equal(event?.source, source, 'the request is still open, its bytes whole');
  }
  sending.end();
  t.equal((await answers.next()).done, true);
});

t.test('a client that breaks off loses nothing that was answered, and the server goes on', async (t) => {
  const { url, test } = await listeningServer(t);
  const { sending, answers } = await openStream(url);
  sending.write(`${JSON.stringify(use(1))}\n`);
  const { value } = await answers.next();
  const [outcome] = parseLines<OutcomeLine>(value as string);
  sending.write('{"type":"usage.rec');
  sending.destroy();
  t.match(await test.ledger.readEvents('default' as never, { after: (outcome?.seq ?? 0) - 1, limit: 1 }), [
    { type: 'usage.recorded' },
  ]);
  t.equal((await fetch(`${url}/health`)).status, 200);
  t.equal((await test.ledger.head('default' as never)).seq, outcome?.seq, 'half a line is no command');
});

t.test('lines, however the bytes are cut', async (t) => {
  const text = Buffer.from('a\n\nbé\r\nlonger than ten bytes\nlast');
  const expected = ['a', '', 'bé\r', overlong, 'last'];
  for (let size = 1; size <= text.length; size += 1) {
    const splitter = new LineSplitter(10);
    const lines = [];
    for (let at = 0; at < text.length; at += size) lines.push(...splitter.push(text.subarray(at, at + size)));
    lines.push(...splitter.end());
    const shown = lines.map((line) => (line === overlong ? overlong : line.toString()));
    t.strictSame(shown, expected, `in pieces of ${size}`);
  }
  const exact = new LineSplitter(4);
  t.strictSame(
    exact.push(Buffer.from('1234\n12345\n')).map((line) => line === overlong),
    [false, true],
    'the limit itself is allowed',
  );
});

t.test('outcomes nobody reads are kept up to the limit; then the writer waits', async (t) => {
  const stream = new OutcomeStream(10);
  stream.write('12345');
  await stream.room();
  stream.write('678901');
  let waited = true;
  const room = stream.room().then(() => {
    waited = false;
  });
  await new Promise(setImmediate);
  t.ok(waited);
  t.equal(String(stream.read()), '12345678901');
  await room;
  t.notOk(waited);
  stream.write('more than ten bytes');
  const abandoned = stream.room();
  stream.destroy();
  await t.resolves(abandoned, 'a client that goes away keeps nobody waiting');
});

interface OpenStream {
  readonly sending: ClientRequest;
  /** Lines of the answer as they come. */
  readonly answers: AsyncGenerator<string>;
}

async function openStream(url: string): Promise<OpenStream> {
  const sending = request(`${url}/v1/events`, { method: 'POST', headers: type });
  sending.on('error', () => undefined);
  const response = once(sending, 'response') as Promise<[IncomingMessage]>;
  async function* lines(): AsyncGenerator<string> {
    const [answer] = await response;
    answer.on('error', () => undefined);
    let rest = '';
    for await (const chunk of answer) {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      yield* parts;
    }
  }
  return { sending, answers: lines() };
}
