/** Goal: a live feed shows every committed event once, in order, whenever it was opened and however often it breaks off. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import t from 'tap';
import { Feed } from '../../src/api/events/feed.js';
import { usage } from '../support/command.js';
import { temporaryLedger } from '../support/ledger.js';
import { listeningServer, testServer } from './support.js';

const pool = 'default' as never;

interface Message {
  readonly id: number;
  readonly event: string;
  readonly data: { readonly seq: number; readonly type: string };
}

interface OpenFeed {
  readonly response: IncomingMessage;
  readonly messages: AsyncGenerator<Message>;
  close(): void;
}

async function openFeed(url: string, query = '', headers: Record<string, string> = {}): Promise<OpenFeed> {
  const request = get(`${url}/v1/stream${query}`, { headers });
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  return { response, messages: messagesOf(response), close: () => request.destroy() };
}

async function* messagesOf(response: IncomingMessage): AsyncGenerator<Message> {
  let rest = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    const frames = (rest + chunk).split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) {
      const fields = new Map(
        frame.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      if (fields.has('data')) {
        yield {
          id: Number(fields.get('id')),
          event: fields.get('event') ?? '',
          data: JSON.parse(fields.get('data') ?? ''),
        };
      }
    }
  }
}

async function take(feed: OpenFeed, count: number): Promise<number[]> {
  const ids: number[] = [];
  while (ids.length < count) {
    const { value, done } = await feed.messages.next();
    if (done === true) break;
    ids.push(value.id);
  }
  return ids;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

t.test('without a place it begins with the next event', async (t) => {
  const { url, test } = await listeningServer(t);
  await test.record(usage('Ada'));
  const feed = await openFeed(url);
  t.equal(feed.response.headers['content-type'], 'text/event-stream; charset=utf-8');
  await test.record(usage('Ada'));
  const { value } = await feed.messages.next();
  t.match(value, {
    id: 4,
    event: 'usage.recorded',
    data: { seq: 4, type: 'usage.recorded', payload: { name: 'Ada' }, hash: String },
  });
  feed.close();
});

t.test('a client that breaks off again and again while others write sees every event once', async (t) => {
  const { url, test } = await listeningServer(t);
  const batches = 60;
  const perBatch = 25;
  const last = 2 + batches * perBatch;
  const writing = (async () => {
    for (let i = 0; i < batches; i += 1) {
      await test.ledger.submit(pool, { commands: Array.from({ length: perBatch }, () => usage('Ada')) });
    }
  })();
  const seen: number[] = [];
  for (let piece = 1; seen.length < last; piece += 1) {
    const feed = await openFeed(url, '', { 'last-event-id': String(seen.at(-1) ?? 0) });
    seen.push(...(await take(feed, Math.min(piece * 37, last - seen.length))));
    feed.close();
  }
  await writing;
  t.strictSame(seen, range(1, last));
});

t.test('after_seq replays; types filter; a place in the header comes before one in the query', async (t) => {
  const { url, test } = await listeningServer(t);
  await test.record(usage('Ada'), usage('Bob'), usage('Ada'));
  const replayed = await openFeed(url, '?after_seq=2');
  t.strictSame(await take(replayed, 4), [3, 4, 5, 6]);
  replayed.close();
  const registered = await openFeed(url, '?after_seq=0&type=identity.registered,agent.paused');
  t.strictSame(await take(registered, 2), [2, 4]);
  await test.record(usage('Ada'), usage('Cy'));
  t.strictSame(await take(registered, 1), [8], 'what it has no use for is passed over');
  registered.close();
  const resumed = await openFeed(url, '?after_seq=0', { 'last-event-id': '6' });
  t.strictSame(await take(resumed, 1), [7]);
  resumed.close();
});

t.test('a slow reader costs one page, not the log, and still gets everything', async (t) => {
  const { ledger } = await temporaryLedger(t);
  const commands = Array.from({ length: 1_000 }, () => usage('Ada', { project: 'x'.repeat(200) }));
  const feed = new Feed({ ledger, pool, after: 0, types: undefined });
  t.teardown(() => feed.destroy());
  for (let i = 0; i < 5; i += 1) await ledger.submit(pool, { commands });
  await once(feed, 'readable');
  t.ok(feed.readableLength < 1_000_000, `${feed.readableLength} bytes wait`);
  let text = '';
  feed.setEncoding('utf8');
  for await (const chunk of feed) {
    text += chunk;
    if (text.includes('id: 5002\n')) break;
  }
  t.strictSame(
    [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
    range(1, 5_002),
  );
});

t.test('no more feeds than the limit; a closed one makes room', async (t) => {
  const server = await testServer(t, { streamConnectionsMax: 1 });
  await server.app.listen({ port: 0, host: '127.0.0.1' });
  const url = server.app.listeningOrigin;
  const first = await openFeed(url);
  const refused = await server.get('/v1/stream', { host: new URL(url).host });
  t.match(refused.json(), { status: 503, code: 'too_many_streams' });
  t.ok(Number(refused.headers['retry-after']) > 0);
  first.close();
  let status = 503;
  while (status === 503) {
    const next = await openFeed(url);
    status = next.response.statusCode ?? 0;
    next.close();
  }
  t.equal(status, 200);
});
