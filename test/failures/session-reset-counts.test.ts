// A cumulative counter that fell was taken as no use at all, and what was spent since the reset was lost. Here a smaller
// total is a reset, and counts in full.
import t from 'tap';
import { testServer } from '../api/support.js';

t.test('what was spent since a reset counts', async (t) => {
  const server = await testServer(t);
  const recorded: number[] = [];
  for (const total of [5, 5.5, 0.75, 0.75, 1]) {
    const body = { claude_name: 'Ada', mode: 'autonomy', session: 's', total_cost_usd: total };
    recorded.push(
      (await server.post('/resource-share/increment', body)).json<{ cost_recorded: number }>().cost_recorded,
    );
  }
  t.strictSame(recorded, [5, 0.5, 0.75, 0, 0.25]);
  const { rows } = (await server.get('/v1/daily')).json<{ rows: { total_cost_micro_usd: number }[] }>();
  t.equal(rows[0]?.total_cost_micro_usd, 6_500_000);
});
