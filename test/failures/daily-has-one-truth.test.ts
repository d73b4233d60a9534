// A live upsert (by the local date) and a nightly job (by the UTC date) wrote the same daily rows and disagreed. Here the
// rows have one rule, in the pool's zone; closing a day states their totals, and a replay makes the same rows.
import t from 'tap';
import { testServer } from '../api/support.js';
import { ManualClock } from '../support/clock.js';
import { hours } from '../support/fold.js';

t.test('live, closed and replayed days are the same', async (t) => {
  const clock = new ManualClock(Date.parse('2026-01-05T23:30:00-05:00'));
  const server = await testServer(t, { timeZone: 'America/New_York', clock });
  const send = (tokens: number) =>
    server.post('/resource-share/increment', { claude_name: 'Ada', mode: 'autonomy', cache_read_increment: tokens });
  await send(100);
  t.match((await server.get('/resource/today/Ada')).json(), { date: '2026-01-05', total_tokens: 100 });
  clock.advance(hours(1));
  await send(7);
  t.match((await server.get('/resource/today/Ada')).json(), { date: '2026-01-06', total_tokens: 7 });

  const daily = async () => (await server.get('/v1/daily')).json<{ rows: Record<string, unknown>[] }>().rows;
  const totals = async () => (await daily()).map((row) => [row.date, row.total_tokens]).sort();
  const live = await totals();
  t.strictSame(live, [
    ['2026-01-05', 100],
    ['2026-01-06', 7],
  ]);
  await server.send('day.closed', { date: '2026-01-05' });
  t.strictSame(await totals(), live, 'the nightly work changes no total');
  const [closed] = (await server.events()).filter(({ type }) => type === 'day.closed');
  t.match(closed, { payload: { totals: [{ name: 'Ada', mode: 'autonomy', tokens: 100 }] } });
  const rows = await daily();
  t.equal((await server.replay({ check: true })).identical, true);
  t.strictSame(await daily(), rows);
});
