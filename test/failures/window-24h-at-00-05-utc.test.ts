// "The last 24 hours" compared text of two formats and became "since midnight UTC". Here five past midnight knows of
// yesterday evening.
import t from 'tap';
import { testServer } from '../api/support.js';
import { ManualClock } from '../support/clock.js';
import { minutes } from '../support/fold.js';

t.test('at five past midnight the last 24 hours are 24 hours', async (t) => {
  const clock = new ManualClock(Date.parse('2026-01-06T00:05:00Z'));
  const server = await testServer(t, { clock });
  const spent = async (micro: number, minutesAgo: number) =>
    server.send(
      'usage.recorded',
      { name: 'Ada', mode: 'autonomy', cost_micro_usd: micro },
      { occurred_at: clock.now() - minutes(minutesAgo) },
    );
  await spent(1_000_000, 1);
  await spent(20_000_000, 66);
  await spent(300_000_000, 24 * 60 - 1);
  await spent(4_000_000_000, 24 * 60 + 1);
  const { quota_metrics: metrics } = (await server.get('/dashboard/json')).json<{
    quota_metrics: { last_24hr_cost: number };
  }>();
  t.equal(metrics.last_24hr_cost, 321);
});
