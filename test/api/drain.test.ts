/** Goal: a server that stops takes nothing new, finishes what it has begun, and closes the ledger last. */
import { once } from 'node:events';
import { Agent, get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import t from 'tap';
import { limits } from '../../src/limits.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { usage } from '../support/command.js';
import { temporaryLedger } from '../support/ledger.js';
import { listeningServer, parseLines } from './support.js';

const line = `${JSON.stringify({ type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1 } })}\n`;

async function text(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of response) body += chunk;
  return body;
}

/** A stream of commands that has been answered once, and is still open. */
async function openUpload(url: string) {
  const sending = request(`${url}/v1/events`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } });
  sending.on('error', () => undefined);
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  sending.write(line);
  const [response] = await answered;
  return { sending, response };
}

t.test('a request under way finishes, later ones are refused, feeds end, the ledger is closed', async (t) => {
  const server = await listeningServer(t);
  const { url, test } = server;
  const { sending, response } = await openUpload(url);
  const [feed] = (await once(get(`${url}/v1/stream`), 'response')) as [IncomingMessage];
  const feedEnded = text(feed);

  const stopping = server.stop();
  t.match(await feedEnded, /^retry: /, 'the feed ended by itself');
  await t.rejects(fetch(`${url}/health`), 'no new connection is accepted');
  sending.end(line);
  const outcomes = parseLines(await text(response));
  t.strictSame(
    outcomes.map(({ status }) => status),
    ['recorded', 'recorded'],
    'what was under way is finished',
  );
  await stopping;
  await t.rejects(test.ledger.submitOne('default' as never, usage('Ada')), { code: 'draining' });
  t.equal(server.stop(), server.stop(), 'stopping twice is stopping once');

  const again = await temporaryLedger(t, { place: test.place });
  t.equal((await again.events()).filter(({ type }) => type === 'usage.recorded').length, 2);
});

t.test('a request that comes in on an open connection is answered 503, with Retry-After', async (t) => {
  const server = await listeningServer(t);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.setEncoding('utf8');
  const get = 'GET /health HTTP/1.1\r\nhost: localhost\r\n';
  // The second request has begun when the first one is answered, so its connection is not idle.
  socket.write(`${get}\r\n${get}`);
  const chunks = socket[Symbol.asyncIterator]();
  t.match((await chunks.next()).value, /^HTTP\/1\.1 200 OK/);
  const stopping = server.stop();
  socket.write('\r\n');
  const { value: answer } = await chunks.next();
  t.match(answer, /^HTTP\/1\.1 503 /);
  t.match(answer, /retry-after: \d+\r\n/i);
  t.match(answer, /connection: close\r\n/i);
  t.match(answer, /"code":"draining"/);
  await stopping;
});

t.test('what does not finish in time is cut off, and the ledger is closed all the same', async (t) => {
  const server = await listeningServer(t);
  const { response } = await openUpload(server.url);
  const cut = text(response).catch((error: NodeJS.ErrnoException) => error.code);
  const stopping = server.stop();
  server.test.clock.advance(limits.drainMsMax - 1);
  t.equal(await Promise.race([cut, nextTurn().then(() => 'open')]), 'open');
  server.test.clock.advance(1);
  await stopping;
  t.equal(await cut, 'ECONNRESET');
  await t.rejects(server.test.ledger.submitOne('default' as never, usage('Ada')), { code: 'draining' });
});

t.test('idle connections do not hold up the end', async (t) => {
  const server = await listeningServer(t);
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const [response] = (await once(get(`${server.url}/health`, { agent }), 'response')) as [IncomingMessage];
  await text(response);
  const started = performance.now();
  await server.stop();
  t.ok(performance.now() - started < 5_000);
});
