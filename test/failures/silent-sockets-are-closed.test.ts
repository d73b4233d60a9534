// Goal: whoever opens a connection and says nothing, or not all, does not hold it for long; what takes long by its nature is not
// cut; and there are never more connections than the process can have.
import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { connectionsWithin } from '../../src/api/connections.js';
import { limits } from '../../src/limits.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { type ListeningServer, listeningServer, ndjson, parseLines } from '../api/support.js';
import { usage } from '../support/command.js';

const soon = { headersMsMax: 500, bodyMsMax: 1_000, checkMsEvery: 50 };
const use = { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1 } };

/** A connection that says this and then nothing. */
function saying(t: Test, { url }: ListeningServer, words: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined).write(words);
  t.teardown(() => socket.destroy());
  return socket;
}

/** What it is told until it is closed. */
async function ending(socket: Socket): Promise<string> {
  return text(socket).catch((error: Error) => error.message);
}

const post = (path: string, body: string, more = 10): string =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length + more}\r\n\r\n${body}`;

t.test('headers that do not come, and a body that does not end', async (t) => {
  const server = await listeningServer(t, { connections: soon });
  const slow = [
    ['nothing at all', '', 'the headers of a request did not end within 0.5 s'],
    ['half a head', 'GET /health HTTP/1.1\r\nhost: loc', 'the headers of a request did not end within 0.5 s'],
    ['half a body', post('/v1/events', '{"type":"usa'), 'the body did not end within 1 s'],
    ['half a body on the original wire', post('/resource-share/increment', '{'), 'the body did not end within 1 s'],
  ] as const;
  const answers = await Promise.all(slow.map(([, words]) => ending(saying(t, server, words))));
  for (const [i, [what, , detail]] of slow.entries()) {
    const [head = '', body = '{}'] = (answers[i] ?? '').split('\r\n\r\n');
    t.match(head, /^HTTP\/1\.1 408 Request Timeout\r\ncontent-type: application\/problem\+json/, what);
    t.match(head, /retry-after: \d/, what);
    t.match(JSON.parse(body), { status: 408, code: 'request_slow', detail, retry: 'same-key' }, what);
  }
  const refused = await ending(saying(t, server, post('/nowhere', '{')));
  t.match(refused, /^HTTP\/1\.1 404 /, 'what was answered already');
  t.notMatch(refused, '408', 'is not answered twice, and closed all the same');
  const second = 'GET /health HTTP/1.1\r\nhost: localhost\r\n\r\nGET /health HT';
  const kept = await ending(saying(t, server, second));
  t.match(kept, /^HTTP\/1\.1 200 OK[\s\S]*HTTP\/1\.1 408 /, 'a second request on a connection is one, too');
  t.equal((await fetch(`${server.url}/health`)).status, 200);
});

t.test('whoever is told that its bytes are no request, and keeps its end open', async (t) => {
  const server = await listeningServer(t);
  const socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined).write('no request\r\n\r\n');
  t.match(await text(socket), /^HTTP\/1\.1 400 /);
  const count = () =>
    new Promise<number>((resolve) => server.app.server.getConnections((_error, open) => resolve(open)));
  t.equal(await count(), 1);
  server.test.clock.advance(limits.headersMsMax - 1);
  t.equal(await count(), 1, 'has as long as for headers');
  server.test.clock.advance(1);
  while ((await count()) > 0) await nextTurn();
});

t.test('a stream of commands and a live feed go on', async (t) => {
  const server = await listeningServer(t, { connections: soon });
  const { url, test } = server;
  const [feed] = (await once(get(`${url}/v1/stream`), 'response')) as [IncomingMessage];
  t.teardown(() => feed.destroy());
  const frames = createInterface({ input: feed })[Symbol.asyncIterator]();

  const headers = { 'content-type': 'application/x-ndjson' };
  const sending = request(`${url}/v1/events`, { method: 'POST', headers });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  sending.write(ndjson([use]));
  const [response] = await answered;
  const outcomes = createInterface({ input: response })[Symbol.asyncIterator]();
  const outcome = async () => JSON.parse(String((await outcomes.next()).value)).status;
  t.equal(await outcome(), 'recorded');

  await ending(saying(t, server, post('/v1/events', '{')));
  await ending(saying(t, server, post('/v1/events', '{')));
  sending.write(ndjson([use]));
  t.equal(await outcome(), 'recorded', 'after twice the time that a body has');

  test.clock.advance(limits.streamSilenceMsMax - 1_000);
  sending.write(ndjson([use]));
  t.equal(await outcome(), 'recorded', 'after less than the time that a stream may be silent');
  test.clock.advance(limits.streamSilenceMsMax - 1_000);
  sending.end(ndjson([use]));
  t.equal(await outcome(), 'recorded', 'which begins with each piece');
  t.equal((await outcomes.next()).done, true);

  let last = '';
  while (!last.includes('"seq":6')) last = String((await frames.next()).value);
  t.match(last, 'usage.recorded', 'the feed has all of them');
});

t.test('a stream of commands that falls silent', async (t) => {
  const { url, test } = await listeningServer(t);
  const headers = { 'content-type': 'application/x-ndjson' };
  const sending = request(`${url}/v1/events`, { method: 'POST', headers });
  sending.on('error', () => undefined);
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  sending.write(`${ndjson([use, use])}{"type":"usage.rec`);
  const [response] = await answered;
  let heard = '';
  response.setEncoding('utf8').on('data', (part) => {
    heard += part;
  });
  const closed = new Promise<string>((resolve) => response.on('error', (error) => resolve(error.message)));
  t.equal(await test.clock.advanceUntil(closed, 1_000), 'aborted');
  t.strictSame(
    parseLines(heard).map(({ status }) => status),
    ['recorded', 'recorded'],
    'what was whole is recorded, and answered',
  );
  t.equal((await test.events()).filter(({ type }) => type === 'usage.recorded').length, 2);
  await test.record(usage('Ada'));
});

t.test('connections beyond the maximum are dropped, and the log says so at most once a minute', async (t) => {
  const lines: { msg: string; dropped?: number; open_max?: number }[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = { level: 'warn', destination } as const;
  const server = await listeningServer(t, { log, connections: { connectionsMax: 3 } });
  const said = () => lines.map(({ dropped, open_max: max }) => [dropped, max]);
  const open = [saying(t, server, ''), saying(t, server, ''), saying(t, server, '')];
  await Promise.all(open.map((socket) => once(socket, 'connect')));

  for (let i = 0; i < 3; i += 1) t.notMatch(await ending(saying(t, server, 'GET /health')), 'HTTP');
  t.strictSame(said(), [[1, 3]]);
  t.match(lines[0]?.msg, /^connections were dropped/);
  server.test.clock.advance(limits.droppedToldMs);
  await ending(saying(t, server, ''));
  t.strictSame(said().slice(0, 2), [
    [1, 3],
    [2, 3],
  ]);

  open[0]?.destroy();
  for (let isHeard = false; !isHeard; ) {
    isHeard = await fetch(`${server.url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
  t.pass('whoever closes one makes room');
});

t.test('health is answered beside 500 silent connections', async (t) => {
  const server = await listeningServer(t);
  const open = Array.from({ length: 500 }, () => saying(t, server, 'POST /v1/events HTTP/1.1\r\n'));
  await Promise.all(open.map((socket) => once(socket, 'connect')));
  t.equal((await fetch(`${server.url}/health`)).status, 200);
  t.ok(open.every(({ closed }) => !closed));
});

t.test('of the files that may be open, some are no connections', async (t) => {
  t.equal(connectionsWithin(20_000), 20_000 - limits.filesReserved);
  t.equal(connectionsWithin(256), 128);
  t.equal(connectionsWithin(null), limits.connectionsMaxUnknown);
});
