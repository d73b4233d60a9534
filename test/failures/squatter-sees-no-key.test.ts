// Goal: an API key is shown to the ledger that is known and to nobody else, whatever whoever took its port answers; the reports stay.
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { UsageReporter } from '../../src/client/index.js';
import { run } from '../cli/run.js';
import { noon } from '../support/fold.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { pool } from '../support/ledger.js';
import { type SignedOptions, signedLedger } from '../support/signed-ledger.js';

const usedAt = new Date(noon);
const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1_000 } as const;
const receipt = { status: 'recorded', seq: 3, id: '01JGV3M9Q8ZJ4X7W2K5T6R8N1P', hash: 'a'.repeat(64) };

/** Where the ledger is there. */
const patient = { timeoutMs: 20_000, requestTimeoutMs: 20_000 };

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Answers at a port of this machine, and keeps all that it was sent. */
async function squatter(t: Scope, port: number, answer: Answer) {
  let seen = '';
  const server = createServer((request, response) => {
    seen += `${request.method} ${request.url} ${JSON.stringify(request.rawHeaders)}\n`;
    request.on('data', (part) => {
      seen += part;
    });
    Promise.resolve(answer(request, response)).catch(() => response.destroy());
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    if (!server.listening) return;
    server.close().closeAllConnections();
    await once(server, 'close');
  };
  t.teardown(close);
  return { seen: () => seen, close, port: (server.address() as AddressInfo).port };
}

/** A ledger at a port, with a key for it, and a client that shows the key. */
async function world(t: Scope, options: SignedOptions = {}) {
  const ledger = await signedLedger(t, options);
  const url = await ledger.listen();
  const headers = { 'content-type': 'application/json' };
  const made = await fetch(`${url}/v1/keys`, { method: 'POST', headers, body: '{"scope":"ingest"}' });
  const { key } = (await made.json()) as { key: string };
  const spool = join(temporaryFolder(t), 'spool');
  const settings = { url, key, spool, timeoutMs: 600, requestTimeoutMs: 600, backoff: { baseMs: 5, maxMs: 20 } };
  const reporter = (more: object = {}) => new UsageReporter({ ...settings, ...more });
  const cli = (...[verb = '', ...words]: readonly string[]) =>
    run([verb, '--url', url, ...words], { env: { RESOURCE_SHARE_KEY: key, RESOURCE_SHARE_SPOOL: spool } });
  return { ledger, url, port: Number(new URL(url).port), key, spool, reporter, cli };
}

const text =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);
const queryOf = ({ url = '' }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(url.split('?')[1]));
const endless: Answer = (_request, response) => {
  const more = () => !response.destroyed && response.write('x'.repeat(65_536), more);
  more();
};

t.test('one that took the port, whatever it answers', async (t) => {
  const { ledger, url, port, key, reporter, cli, spool } = await world(t);
  const client = reporter();
  t.match(await reporter(patient).report(use, usedAt), { status: 'recorded' });
  const query = new URLSearchParams({ nonce: Buffer.alloc(32).toString('base64'), address: `127.0.0.1:${port}` });
  const old = await (await fetch(`${url}/v1/checkpoint/key/proof?${query}`)).text();
  t.match(old, /^resource-share proof of a ledger key v1\nkey .*\nnonce A+=\naddress 127\.0\.0\.1:\d+\n\n— /);
  await ledger.close();
  const other = await signedLedger(t);
  await other.use(1);
  const receipts: Answer = async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const count = body === '' ? 1 : [JSON.parse(body)].flat().length;
    response.writeHead(200).end(JSON.stringify(Array(count).fill(receipt)));
  };
  const answers: Record<string, readonly [answer: Answer, why: RegExp]> = {
    'receipts for everything': [receipts, /\(format\)/],
    'a proof that it saw before': [text(200, old), /\(signature\).*not what it was asked/],
    'the proof of a ledger of its own': [
      async (request, response) => {
        const { nonce = '', address = '' } = queryOf(request);
        response.end(await other.checkpoints.prove(pool, { nonce, address }));
      },
      /\(origin\)/,
    ],
    'a proof with the name of the ledger': [
      text(200, old.replace(/(key \S+\+)[0-9a-f]{8}\+\S+/, '$100000000+AAAA')),
      /\(key\)/,
    ],
    'that it has no key': [text(404, '{"code":"checkpoint_missing"}'), /\(signature\).*no key for this pool/],
    'that it is of an older release': [text(404, '{"code":"route_unknown"}'), /older release/],
    'that a key is needed': [text(401, '{"code":"key_required"}', { 'www-authenticate': 'Bearer' }), /\(signature\)/],
    'that it is elsewhere': [text(302, '', { location: 'http://127.0.0.1:9/' }), /\(signature\)/],
    'random bytes': [text(200, Buffer.from('ff00fe1b5b324a0a0a0a', 'hex')), /\(format\)/],
    'a page': [text(200, '<!doctype html><title>Welcome</title>'), /\(format\)/],
    'without end': [endless, /without end/],
    'that it is busy': [text(503, '{"code":"draining"}'), /answered 503/],
    nothing: [() => undefined, /did not answer|busy|503/],
    'by closing the connection': [(_request, response) => response.destroy(), /hang up|closed/],
  };
  let waiting = 0;
  for (const [name, [answer, why]] of Object.entries(answers)) {
    const { seen, close } = await squatter(t, port, answer);
    const outcome = await reporter().report(use, usedAt);
    waiting += 1;
    t.match(outcome, { status: 'spooled', waiting, cause: { message: why } }, name);
    t.match(
      await client.flush(),
      { accepted: 0, rejected: 0, waiting },
      `${name}: a process that was in contact before`,
    );
    t.match(seen(), /GET \/v1\/checkpoint\/key\/proof/, name);
    t.notMatch(seen(), /POST|authorization|rs_/i, `${name}: nothing but the question was sent`);
    t.notOk(seen().includes(key));
    await close();
  }
  const { seen, close } = await squatter(t, port, receipts);
  for (const words of [
    ['report', 'Ada', '--cost', '1', '--at', usedAt.toISOString()],
    ['report', '--flush'],
    ['wait', 'Ada', '--print'],
    ['run', 'Ada', '--', 'true'],
    ['report', 'Ada', '--cost', '1', '--at', '2026-01-05'],
  ] as const) {
    const { code, stderr } = await cli(...words);
    t.equal(code, 1, words.join(' '));
    t.match(stderr, /is not the one that was known \(format\).*Nothing is sent/s, words.join(' '));
  }
  t.notMatch(seen(), /POST|authorization|rs_/i);
  await close();
  const back = await signedLedger(t, { place: ledger.test.place, keys: ledger.keys });
  await back.listen(port);
  t.match(
    await reporter(patient).flush(),
    { accepted: waiting + 1, rejected: 0, waiting: 0 },
    'when it is back, each arrives',
  );
  t.ok(existsSync(join(spool, 'known-ledgers.json')));
});

t.test('one that hands the question on to the ledger, at another port', async (t) => {
  const { ledger, url, key, reporter, spool } = await world(t);
  let relayed = 0;
  const relay = await squatter(t, 0, async (request, response) => {
    relayed += 1;
    const query = new URLSearchParams(queryOf(request));
    if (relayed > 1 && query.has('address')) query.set('address', new URL(url).host);
    const answer = await fetch(`${url}/v1/checkpoint/key/proof?${query}`);
    response.writeHead(answer.status).end(await answer.text());
  });
  const at = { ...patient, url: `http://127.0.0.1:${relay.port}`, ledgerKey: await ledger.vkey() };
  t.match(await reporter(at).report(use, usedAt), {
    status: 'spooled',
    cause: { isOtherLedger: true, message: /does not know this address as its own; `public_names`/ },
  });
  t.match(await reporter(at).report(use, usedAt), { cause: { isOtherLedger: true, message: /for another address/ } });
  t.notOk(relay.seen().includes(key));
  t.equal(relayed, 2);
  const open = { ...at, key: undefined, knownLedgers: join(spool, 'known-ledgers.json') };
  t.match(await reporter(open).report(use, usedAt), { status: 'spooled', cause: { isOtherLedger: false } });
  t.match(relay.seen(), /POST \/v1\/events/, 'without a key it may hand on what it likes, as a forward does');
});

t.test('a forward that the daemon knows', async (t) => {
  const front = await squatter(t, 0, async (request, response) => {
    const answer = await fetch(`${url}${request.url}`, { headers: request.headers as Record<string, string> });
    response.writeHead(answer.status).end(await answer.text());
  });
  const { url, cli } = await world(t, { publicNames: `127.0.0.1:${front.port}` });
  t.match(await cli('wait', 'Ada', '--print', '--url', `http://127.0.0.1:${front.port}`), {
    code: 1,
    stderr: /no identity/,
  });
});

t.test('at the first contact', async (t) => {
  const { ledger, key, reporter, spool } = await world(t);
  const { seen, port } = await squatter(t, 0, text(404, '{}'));
  const url = `http://127.0.0.1:${port}`;
  t.match(await reporter({ url }).report(use, usedAt), {
    cause: { isOtherLedger: true, message: /no ledger that could be trusted: it does not prove its key/ },
  });
  t.notOk(seen().includes(key));
  const other = await signedLedger(t);
  await other.use(1);
  t.match(await reporter({ ledgerKey: await other.vkey() }).report(use, usedAt), {
    cause: { isOtherLedger: true, message: /\(origin\)/ },
  });
  t.notOk(existsSync(join(spool, 'known-ledgers.json')), 'nothing is known of either');
  t.match(await reporter({ ...patient, ledgerKey: await ledger.vkey() }).report(use, usedAt), { status: 'recorded' });
  t.match(await reporter(patient).report(use, usedAt), { status: 'recorded' });
  const known = JSON.parse(readFileSync(join(spool, 'known-ledgers.json'), 'utf8'));
  t.match(Object.values(known), [{ key: await ledger.vkey() }], 'the key that was shown is kept');
});
