// Goal: a web page gets nothing from the daemon and changes nothing in it, whatever name its address has, while programs
// and our own pages work as ever.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { listeningServer } from '../api/support.js';

const { url, app } = await listeningServer(t, { publicNames: 'ledger.example, proxied.example:8443' });
const { port } = new URL(url);
const use = JSON.stringify({ type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1 } });

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Bytes as they are: clients of HTTP would mend them. */
async function send(line: string, headers: readonly string[], body = ''): Promise<Answer> {
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  const length = body === '' ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`];
  socket.write(`${[line, ...headers, ...length, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`);
  const answer = await text(socket);
  const [head = '', rest = ''] = answer.split('\r\n\r\n', 2);
  return { status: Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1]), head: head.toLowerCase(), body: rest };
}

const own = `Host: 127.0.0.1:${port}`;
const get = 'GET /v1/usage HTTP/1.1';

t.test('a name that is not ours is answered with nothing, for every method and path', async (t) => {
  for (const host of [
    `evil.test:${port}`,
    'evil.test',
    '127.0.0.1:a',
    'localhost.evil.test',
    '0.0.0.0',
    '[::2]',
    'a b',
    '',
  ]) {
    for (const line of [get, 'GET / HTTP/1.1', 'GET /nowhere HTTP/1.1', 'OPTIONS /v1/events HTTP/1.1']) {
      const answer = await send(line, [`Host: ${host}`]);
      t.equal(answer.status, 421, `${line} of ${host}`);
      t.match(answer.body, /host_unknown/);
    }
    t.equal((await send('POST /v1/events HTTP/1.1', [`Host: ${host}`], use)).status, 421);
  }
  t.equal((await send('HEAD /health HTTP/1.1', ['Host: evil.test'])).status, 421);
});

t.test('neither is a request that never gets to a route', async (t) => {
  const lines = [
    'GET /%zz HTTP/1.1',
    'GET /v1/events/%E0%A4 HTTP/1.1',
    `GET /v1/events/${'x'.repeat(3_000)} HTTP/1.1`,
    'GET /v1/usage?limit=%zz HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'OPTIONS /%zz HTTP/1.1',
    'PROPFIND / HTTP/1.1',
    'TRACE /v1/usage HTTP/1.1',
    'DELETE /nowhere HTTP/1.1',
    'GET //evil.test/ HTTP/1.1',
    'GET /v1/usage HTTP/1.0',
  ];
  for (const line of lines) {
    t.match(await send(line, ['Host: evil.test']), { status: 421, body: /host_unknown/ }, line.slice(0, 60));
    t.not((await send(line, [own])).status, 421, line.slice(0, 60));
  }
  const odd = [
    ['Expect: anything'],
    ['Upgrade: websocket', 'Connection: Upgrade'],
    ['Content-Encoding: gzip'],
    ['Last-Event-ID: 1', 'Last-Event-ID: 1'],
  ];
  for (const headers of odd) {
    t.match(await send(get, ['Host: evil.test', ...headers]), { status: 421 }, headers.join());
    t.match(
      await send('POST /v1/events HTTP/1.1', ['Host: evil.test', ...headers], '{'),
      { status: 421 },
      headers.join(),
    );
  }
  t.match(await send('GET /%zz HTTP/1.1', [own, 'Origin: http://evil.test']), { status: 403 }, 'nor has it an origin');
  t.match(await send('GET /%zz HTTP/1.1', [own]), { status: 400, body: /request_invalid/ });
});

t.test('our own names, and those that are configured, are answered', async (t) => {
  const names = ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'];
  const forwarded = names.map((name) => `${name}:18765`);
  for (const host of [
    ...names.map((name) => `${name}:${port}`),
    ...forwarded,
    'ledger.example',
    'proxied.example:8443',
  ]) {
    t.equal((await send(get, [`Host: ${host}`])).status, 200, host);
  }
  t.equal((await send(get, ['Host: proxied.example'])).status, 421, 'with the port that is configured');
  t.equal((await send('GET /v1/usage HTTP/1.0', [])).status, 200, 'HTTP/1.0 names no host');
  const programs = { 'sec-fetch-mode': 'cors' };
  t.equal(
    (await app.inject({ url: '/v1/usage', headers: { host: `localhost:${port}`, ...programs } })).statusCode,
    200,
  );
});

t.test('a request that names two hosts is refused', async (t) => {
  t.equal((await send(get, [own, 'Host: evil.test'])).status, 400);
  t.equal((await send(get, [own, own])).status, 400);
  t.equal((await send('GET http://evil.test/v1/usage HTTP/1.1', [own])).status, 400);
  t.equal((await send('GET http://evil.test/v1/usage HTTP/1.0', [])).status, 400);
  t.equal((await send(`GET http://127.0.0.1:${port}/v1/usage HTTP/1.1`, [own])).status, 200);
});

t.test('an origin is ours by our list, not by the host it names', async (t) => {
  const post = (...headers: string[]) => send('POST /v1/events HTTP/1.1', [own, ...headers], use);
  t.equal((await post()).status, 201);
  for (const origin of [`http://127.0.0.1:${port}`, `http://localhost:${port}`, 'https://ledger.example']) {
    t.equal((await post(`Origin: ${origin}`)).status, 201, origin);
  }
  for (const origin of [
    'http://evil.test',
    'null',
    'http://localhost',
    'http://localhost:1',
    `https://localhost:${port}`,
  ]) {
    t.equal((await post(`Origin: ${origin}`)).status, 403, origin);
  }
  t.equal((await send('POST /v1/events HTTP/1.0', [`Origin: http://evil.test:${port}`], use)).status, 403);
});

t.test('what a browser says comes from elsewhere reads nothing, except as a page of its own', async (t) => {
  for (const site of ['cross-site', 'same-site']) {
    const fetched = [own, `Sec-Fetch-Site: ${site}`];
    const opened = [...fetched, 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'];
    t.equal((await send(get, fetched)).status, 403);
    t.equal((await send(get, [...fetched, 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe'])).status, 403);
    t.equal((await send('GET /dashboard HTTP/1.1', opened)).status, 200, 'a link to the dashboard works');
    t.equal((await send('GET /v1/stream HTTP/1.1', opened)).status, 403);
    t.equal((await send('POST /v1/events HTTP/1.1', opened, use)).status, 403);
  }
  for (const site of ['same-origin', 'none']) t.equal((await send(get, [own, `Sec-Fetch-Site: ${site}`])).status, 200);
});

t.test('every answer keeps itself to our own pages', async (t) => {
  for (const answer of [
    await send(get, [own]),
    await send('GET /nowhere HTTP/1.1', [own]),
    await send(get, ['Host: evil.test']),
    await send('GET /%zz HTTP/1.1', [own]),
  ]) {
    t.match(answer.head, 'cross-origin-resource-policy: same-origin');
    t.match(answer.head, 'cross-origin-opener-policy: same-origin');
    t.match(answer.head, 'vary: origin, sec-fetch-site');
  }
});

t.test('a signature that nobody verifies is refused', async (t) => {
  for (const name of ['webhook-signature', 'svix-signature', 'X-Signature', 'X-Hub-Signature-256', 'Signature']) {
    for (const path of ['/v1/events', '/increment_resource_share']) {
      const answer = await send(`POST ${path} HTTP/1.1`, [own, `${name}: v1,abc`], use);
      t.equal(answer.status, 401, `${name} ${path}`);
      t.match(answer.body, /signature_unverified/);
    }
  }
});
