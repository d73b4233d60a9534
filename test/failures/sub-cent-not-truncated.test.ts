// Daily totals truncated every report under $0.003 to nothing. Here they are sums of whole millionths of a dollar.
import t from 'tap';
import { testServer } from '../api/support.js';

t.test('many small reports are as much as one large one', async (t) => {
  const server = await testServer(t);
  for (let i = 0; i < 200; i += 1) {
    await server.post('/resource-share/increment', { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.0029 });
  }
  await server.post('/resource-share/increment', { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.000001 });
  const { claudes } = (await server.get('/dashboard/json')).json<{ claudes: { autonomous_usage: number }[] }>();
  t.equal(claudes[0]?.autonomous_usage, 0.580001);
  const [row] = await server.ledger.query<{ cost: number }>(
    'SELECT total_cost_micro_usd AS cost FROM daily_resource_share',
  );
  t.equal(row?.cost, 580_001);
});
