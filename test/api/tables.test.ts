/** Goal: the tables can be read now and as they were, in every format, and never mix what belongs to others. */
import t from 'tap';
import { limits } from '../../src/limits.js';
import { command, reading, register, usage } from '../support/command.js';
import { noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { parseLines, type TestServer, testServer } from './support.js';

const dayMs = 86_400_000;
type Row = Record<string, string | number | null>;

async function rows(server: TestServer, path: string): Promise<Row[]> {
  const response = await server.get(path);
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.json<{ rows: Row[] }>().rows;
}

/** Pool (1), Ada (2), Bob (3), uses (4, 5), a reading (6), an hour later a use (7), a merge of Bob into Ada (8). */
async function filled(t: Scope): Promise<TestServer> {
  const server = await testServer(t, { timeZone: 'Asia/Tokyo' });
  await server.record(
    register('Ada'),
    register('Bob'),
    usage('Ada', { cost_micro_usd: 100 }),
    usage('Bob', { cost_micro_usd: 20 }),
    reading('week_all', 1_000, { resets_at: noon + 3 * dayMs }),
  );
  server.clock.advance(3_600_000);
  await server.record(usage('Ada', { cost_micro_usd: 3 }), command('identity.merged', { from: 'Bob', into: 'Ada' }));
  return server;
}

t.test('each table, now', async (t) => {
  const server = await filled(t);
  const answer = (await server.get('/v1/daily')).json();
  t.match(answer, { pool: 'default', as_of_seq: 8, next: null });
  t.match(answer.rows, [{ claude_name: 'Ada', date: '2026-01-05', total_cost_micro_usd: 123, reports: 3 }]);
  t.strictSame(
    (await rows(server, '/v1/usage')).map(({ seq }) => seq),
    [7, 5, 4],
    'the newest first',
  );
  t.match(await rows(server, '/v1/quota'), [{ window_key: 'week_all', percent_bp: 1_000 }]);
  t.strictSame(
    (await rows(server, '/v1/identities')).map(({ name, merged_into }) => [name, merged_into]),
    [
      ['Ada', null],
      ['Bob', 'Ada'],
    ],
  );
  t.match(await rows(server, '/v1/allocations'), [{ claude_name: 'Ada', window_key: 'week_all' }]);
});

t.test('each table as of a seq, or a time, is what was known then', async (t) => {
  const server = await filled(t);
  t.match(await rows(server, '/v1/daily?as_of_seq=5'), [
    { claude_name: 'Ada', total_cost_micro_usd: 100 },
    { claude_name: 'Bob', total_cost_micro_usd: 20 },
  ]);
  t.strictSame(await rows(server, '/v1/daily?as_of_seq=0'), []);
  for (const moment of [noon, noon + 3_599_999, new Date(noon + 1).toISOString()]) {
    const answer = (await server.get(`/v1/usage?as_of=${moment}`)).json();
    t.equal(answer.as_of_seq, 6, String(moment));
    t.equal(answer.rows.length, 2);
  }
  t.equal((await server.get(`/v1/usage?as_of=${noon + 3_600_000}`)).json().as_of_seq, 8);
  t.strictSame(await rows(server, '/v1/usage?as_of_seq=8'), await rows(server, '/v1/usage'));
});

t.test('a name stands for whom it stood for then', async (t) => {
  const server = await filled(t);
  const sum = async (query: string) =>
    (await rows(server, `/v1/daily?${query}`)).map(({ total_cost_micro_usd }) => total_cost_micro_usd);
  t.strictSame(await sum('identity=bob'), [123], 'merged by now');
  t.strictSame(await sum('identity=Bob&as_of_seq=8'), [123], 'the merge itself included');
  t.strictSame(await sum('identity=Bob&as_of_seq=7'), [20], 'before the merge');
  t.strictSame(await sum('identity=Ada&as_of_seq=7'), [103]);
  t.strictSame(await sum('identity=Nobody'), []);
});

t.test('bounds of time, in the zone of the pool', async (t) => {
  const server = await filled(t);
  await server.record(usage('Ada', { cost_micro_usd: 7 }, { occurred_at: noon - 22 * 3_600_000 }));
  const dates = async (query: string) => (await rows(server, `/v1/daily?${query}`)).map(({ date }) => date);
  t.strictSame(await dates(''), ['2026-01-04', '2026-01-05']);
  t.strictSame(await dates('since=2026-01-05'), ['2026-01-05']);
  t.strictSame(await dates('until=2026-01-05'), ['2026-01-04']);
  t.strictSame(await dates(`until=${noon}`), ['2026-01-04', '2026-01-05'], 'a day that has begun by then');
  t.strictSame(await dates('order=desc'), ['2026-01-05', '2026-01-04']);
  const seqs = async (query: string) => (await rows(server, `/v1/usage?${query}`)).map(({ seq }) => seq);
  t.strictSame(await seqs('since=2026-01-05&order=asc'), [4, 5, 7], 'midnight in Tokyo');
  t.strictSame(await seqs(`since=${noon}&until=${noon + 1}&order=asc`), [4, 5]);
  t.strictSame(await seqs('until=2026-01-05'), [9]);
});

t.test('windows', async (t) => {
  const server = await filled(t);
  await server.record(reading('session_5hour', 10));
  t.strictSame((await rows(server, '/v1/quota?window=session_5hour')).length, 1);
  t.strictSame((await rows(server, '/v1/quota')).length, 2);
  t.strictSame((await rows(server, '/v1/allocations?window=week_all&identity=Ada')).length, 1);
});

t.test('pages meet, also as of the past; streams hold all of them', async (t) => {
  const server = await testServer(t);
  const count = limits.pageRowsMax + 7;
  await server.ledger.submit('default' as never, {
    commands: Array.from({ length: count }, (_, i) => usage('Ada', { cost_micro_usd: i })),
  });
  for (const asOf of ['', '&as_of_seq=500']) {
    const found: unknown[] = [];
    let cursor = '';
    do {
      const page = (await server.get(`/v1/usage?limit=400&order=asc${asOf}${cursor}`)).json();
      found.push(...page.rows.map(({ seq }: Row) => seq));
      cursor = page.next === null ? '' : `&cursor=${page.next}`;
    } while (cursor !== '');
    const expected = asOf === '' ? count : 498;
    t.strictSame(
      found,
      Array.from({ length: expected }, (_, i) => i + 3),
    );
    const lines = parseLines<Row>((await server.get(`/v1/usage?format=ndjson&order=asc${asOf}`)).body);
    t.strictSame(
      lines.map(({ seq }) => seq),
      found,
    );
    const csv = (await server.get(`/v1/usage?order=asc${asOf}`, { accept: 'text/csv' })).body.split('\r\n');
    t.equal(csv.length, expected + 2);
    t.match(csv[0], /^id,pool,seq,/);
  }
  t.equal(parseLines((await server.get('/v1/usage?format=ndjson&limit=1003')).body).length, 1_003);
  t.equal(
    (await server.get('/v1/daily?format=csv&since=2030-01-01')).body.split('\r\n').length,
    2,
    'no rows, still a header',
  );
});
