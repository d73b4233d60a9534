/** Goal: the log can be queried by everything it holds, page by page or as a stream, and anybody can check its chain. */
import t from 'tap';
import { canonicalJson } from '../../src/events/canonical.js';
import { chainHash, payloadDigest } from '../../src/events/chain.js';
import type { StoredEvent } from '../../src/events/envelope.js';
import { limits } from '../../src/limits.js';
import { command, usage } from '../support/command.js';
import { noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { ndjson, parseLines, type TestServer, testServer } from './support.js';

type WireEvent = Omit<StoredEvent, 'payload'> & { readonly payload: Record<string, unknown> };

/** Pool (1), Ada (2, 3), Bob (4, 5), alias (6), merge of Bob into Ada (7), use by another source (8), a reading (9). */
async function filled(t: Scope): Promise<TestServer> {
  const server = await testServer(t);
  await server.record(usage('Ada', {}, { key: 'first' }));
  server.clock.advance(1_000);
  await server.record(usage('Bob'));
  server.clock.advance(1_000);
  await server.record(
    command('identity.aliased', { name: 'Ada', alias: 'Countess' }),
    command('identity.merged', { from: 'Bob', into: 'Ada' }),
    usage('Ada', {}, { source: 'other/2' }),
  );
  server.clock.advance(1_000);
  await server.record(command('quota.read', { windows: [{ key: 'week_all', percent_bp: 100 }] }));
  return server;
}

async function seqs(server: TestServer, query: string): Promise<number[]> {
  const response = await server.get(`/v1/events?${query}`);
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.json<{ events: WireEvent[] }>().events.map(({ seq }) => seq);
}

t.test('an event on the wire is the event as it is stored', async (t) => {
  const server = await filled(t);
  const { events, next, pool } = (await server.get('/v1/events')).json();
  t.strictSame([next, pool], [null, 'default']);
  const stored = await server.stored();
  t.strictSame(
    events,
    stored.map(({ claude_name: _, payload, ...rest }) => ({ ...rest, payload: JSON.parse(payload) })),
  );
  t.strictSame((await server.get('/v1/events/3')).json(), events[2]);
  t.strictSame((await server.get(`/v1/events/${events[2].id}`)).json(), events[2]);
});

t.test('filters', async (t) => {
  const server = await filled(t);
  const rejected = (await server.stored())[8]?.id;
  await server.send('quota.rejected', { corrects: rejected, reason: 'misread' });
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ['type=usage.recorded', [3, 5, 8]],
    ['type=usage.recorded,identity.merged', [3, 5, 7, 8]],
    ['identity=Ada', [2, 3, 4, 5, 6, 7, 8]],
    ['identity=countess', [2, 3, 4, 5, 6, 7, 8]],
    ['identity=Bob', [2, 3, 4, 5, 6, 7, 8]],
    ['identity=Nobody', []],
    [`since=${noon + 1_000}`, [4, 5, 6, 7, 8, 9, 10]],
    [`until=${new Date(noon + 1_000).toISOString()}`, [1, 2, 3]],
    [`since=${noon + 1_000}&until=${noon + 2_000}`, [4, 5]],
    ['since=2026-01-05&until=2026-01-06', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ['since=2026-01-06', []],
    ['after_seq=8', [9, 10]],
    [`correlates=${rejected}`, [10]],
    ['source=other/2', [8]],
    ['order=desc&limit=2', [10, 9]],
    ['type=usage.recorded&identity=Ada&after_seq=3&order=desc', [8, 5]],
  ];
  for (const [query, expected] of cases) t.strictSame(await seqs(server, query), expected, query);
});

t.test('pages, forwards and backwards, meet without gap or repetition', async (t) => {
  const server = await filled(t);
  for (const order of ['asc', 'desc']) {
    const found: number[] = [];
    let cursor = '';
    for (let pages = 0; pages < 20; pages += 1) {
      const page = (
        await server.get(`/v1/events?order=${order}&limit=2&type=usage.recorded,identity.registered${cursor}`)
      ).json();
      t.ok(page.events.length <= 2);
      found.push(...page.events.map(({ seq }: WireEvent) => seq));
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    t.strictSame(found, order === 'asc' ? [2, 3, 4, 5, 8] : [8, 5, 4, 3, 2], order);
  }
});

t.test('NDJSON and CSV hold every page, or as much as is asked for', async (t) => {
  const server = await testServer(t);
  const count = limits.pageRowsMax * 2 + 5;
  const items = Array.from({ length: count }, (_, i) => ({
    type: 'usage.recorded',
    payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: i, project: 'a "b", c' },
  }));
  await server.post('/v1/events', ndjson(items), { 'content-type': 'application/x-ndjson' });
  const total = (await server.ledger.head('default' as never)).seq;
  t.equal(total, count + 2);
  const lines = await server.get('/v1/events', { accept: 'application/x-ndjson' });
  t.match(lines.headers['content-type'], /^application\/x-ndjson/);
  t.strictSame(
    parseLines<WireEvent>(lines.body).map(({ seq }) => seq),
    Array.from({ length: total }, (_, i) => i + 1),
  );
  const last = await server.get('/v1/events?format=ndjson&order=desc&limit=1200');
  t.strictSame(
    parseLines<WireEvent>(last.body).map(({ seq }) => seq),
    Array.from({ length: 1_200 }, (_, i) => total - i),
  );
  const csv = await server.get('/v1/events', { accept: 'text/csv' });
  t.match(csv.headers['content-type'], /^text\/csv/);
  const records = csv.body.split('\r\n');
  t.equal(records.length, total + 2, 'a header, the records, and the end of the last one');
  t.match(records[0], /^pool,seq,id,type,version,/);
  t.match(records[3], /,"\{""cost_micro_usd"":0,.*""project"":""a \\""b\\"", c""\}",/);
});

t.test('the proof of an event can be checked with nothing but its recipe', async (t) => {
  const server = await filled(t);
  for (const seq of [1, 4, 9]) {
    const proof = (await server.get(`/v1/events/${seq}/proof`)).json();
    let hash: string = proof.previous_hash;
    for (const { payload, ...event } of [proof.event, ...proof.links] as WireEvent[]) {
      const digest = payloadDigest(canonicalJson(payload));
      t.equal(digest, event.digest);
      hash = chainHash(hash, event as never, digest);
      t.equal(hash, event.hash);
    }
    t.equal(hash, proof.head.hash);
    t.equal(proof.complete, true);
    t.strictSame(proof.head, (await server.get('/v1/head')).json());
  }
  const first = (await server.get('/v1/events/1/proof')).json();
  t.equal(first.previous_hash, '0'.repeat(64));
  t.equal(first.links.length, 8);
});

t.test('a proof that does not reach the head says so', async (t) => {
  const server = await testServer(t);
  const items = Array.from({ length: limits.proofLinksMax + 10 }, () => ({
    type: 'usage.recorded',
    payload: { name: 'Ada', mode: 'autonomy' },
  }));
  await server.post('/v1/events', ndjson(items), { 'content-type': 'application/x-ndjson' });
  const proof = (await server.get('/v1/events/2/proof')).json();
  t.strictSame([proof.links.length, proof.complete], [limits.proofLinksMax, false]);
});

t.test('events of another pool are not found in this one', async (t) => {
  const server = await filled(t);
  await server.post('/v1/pools', { pool: 'team-a' });
  const { id } = (await server.get('/v1/events/1?pool=team-a')).json();
  t.equal((await server.get(`/v1/events/${id}`)).statusCode, 404);
  t.equal((await server.get(`/v1/events/${id}?pool=team-a`)).statusCode, 200);
  t.equal((await server.get('/v1/head?pool=team-a')).json().seq, 2);
});
