// The first version had the ratio upside down: who had used most was told to run most often.
import t from 'tap';
import { testServer } from '../api/support.js';
import { hours, minutes, noon } from '../support/fold.js';

interface Reply {
  readonly recommended_interval: number;
  readonly multipliers: { readonly fairness: number };
}

t.test('who has used more waits longer, who has used less runs sooner', async (t) => {
  const server = await testServer(t);
  const report = async (name: string) => {
    const body = { claude_name: name, mode: 'autonomy', cost_delta: 1 };
    return (await server.post('/resource-share/increment', body)).json<Reply>();
  };
  // Wakes cost the same; Heavy has three times as many.
  for (let i = 1; i <= 60; i++) {
    server.clock.goTo(noon + minutes(10 * i));
    await report('Heavy');
    if (i % 3 === 0) for (const name of ['Light', 'Even']) await report(name);
    if (i % 3 === 0) {
      const window = { key: 'week_all', percent_bp: 30 * i, resets_at: noon + hours(90) };
      await server.send('quota.read', { windows: [window] });
    }
  }
  const [heavy, light] = [await report('Heavy'), await report('Light')];
  t.ok(
    heavy.recommended_interval > 1.2 * light.recommended_interval,
    `Heavy ${heavy.recommended_interval} s, Light ${light.recommended_interval} s`,
  );
  t.ok(heavy.multipliers.fairness > 1.2 * light.multipliers.fairness, 'and says so');
  const { rows } = (await server.get('/v1/allocations')).json<{
    rows: { claude_name: string; balance_micro_usd: number }[];
  }>();
  const balance = Object.fromEntries(rows.map((row) => [row.claude_name, row.balance_micro_usd]));
  t.ok((balance.Heavy ?? 0) < 0 && (balance.Light ?? 0) > 0, `owed: ${JSON.stringify(balance)}`);
});
