// Goal: what a daemon answers to many reports says whether they may be sent again, when, and in which number; and nobody who stops waits.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Test, test } from 'tap';
import { HttpClient } from '../../src/cli/http-client.js';
import { addressOf } from '../../src/client/address.js';
import type { LedgerOptions } from '../../src/daemon/open-ledger.js';
import { SinkFailure } from '../../src/intake/sink.js';

const report = { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy' } } as const;

/** A client of a server that answers as it is told. */
async function clientOf(t: Test, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const client = await HttpClient.open({} as LedgerOptions, addressOf(`http://127.0.0.1:${port}`), null);
  return { client, server };
}

test('outcomes, or why there are none', async (t) => {
  const answers: [status: number, headers: Record<string, string>, body: string][] = [
    [200, {}, '[{"status":"recorded","seq":1}]'],
    [503, { 'retry-after': '7' }, '{"detail":"the queue is full","retry":"same-key"}'],
    [413, {}, '{"detail":"too large","retry":"never"}'],
    [502, {}, '<html>'],
    [404, {}, '{"detail":"no such pool","retry":"never"}'],
    [200, {}, '[]'],
  ];
  const { client, server } = await clientOf(t, (request, response) => {
    const [status, headers, body] = answers.shift() ?? [500, {}, ''];
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  });
  const failed = () => client.recordAll([report], 'test/1').catch((error: unknown) => error);
  t.strictSame(await failed(), [{ status: 'recorded', seq: 1 }]);
  t.match(await failed(), { isTransient: true, retryAfterMs: 7_000, message: /answered 503: the queue is full/ });
  t.match(await failed(), { isTransient: false, isTooMuch: true });
  t.match(await failed(), { isTransient: true, retryAfterMs: 0, isTooMuch: false });
  t.match(await failed(), { isTransient: false, message: /no such pool/ });
  const foreign = await failed();
  t.ok(foreign instanceof SinkFailure && !foreign.isTransient, 'an answer of another form is no receipt');
  server.close().closeAllConnections();
  t.match(await failed(), { isTransient: true }, 'it is away');
});

test('who stops does not wait for an answer', { timeout: 400_000 }, async (t) => {
  const abort = new AbortController();
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const { client } = await clientOf(t, (request, response) => {
    response.on('close', () => leave());
    request.resume().on('end', () => abort.abort());
  });
  await client.recordAll([report], 'test/1', abort.signal).catch((error: unknown) => t.type(error, SinkFailure));
  await left;
  t.pass('the connection is given up');
});
