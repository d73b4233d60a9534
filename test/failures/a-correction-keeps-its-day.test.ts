// Goal: a correction belongs to the day its use was counted on, also after the pool changed its zone; and a replay agrees.
import t from 'tap';
import { testServer } from '../api/support.js';
import { variants } from '../support/engines.js';

for (const engine of variants) {
  t.test(`on ${engine.name}`, async (t) => {
    const server = await testServer(t, { engine, timeZone: 'America/Los_Angeles' });
    const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 100 };
    const { id } = await server.send('usage.recorded', use, { occurred_at: '2026-01-03T04:00:00Z' });
    await server.send('pool.configured', { time_zone: 'Asia/Tokyo' });
    await server.send('usage.corrected', { corrects: id, difference: { cost_micro_usd: -40 }, reason: 'less' });
    const rows = async () =>
      (await server.get('/v1/daily'))
        .json()
        .rows.map(({ date, total_cost_micro_usd, corrections }: Record<string, unknown>) => ({
          date,
          total_cost_micro_usd,
          corrections,
        }));
    const expected = [{ date: '2026-01-02', total_cost_micro_usd: 60, corrections: 1 }];
    t.strictSame(await rows(), expected);
    t.match(await server.send('day.closed', { date: '2026-01-02' }), { status: 'recorded' });
    const replayed = await server.replay();
    t.match(JSON.stringify(replayed), /"identical":true|identical/);
    t.strictSame(await rows(), expected);
  });
}
