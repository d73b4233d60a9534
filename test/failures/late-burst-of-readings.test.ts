// Sixty readings of the past in one request made 102 % of 58 %, and everybody waited for a week. Readings apply in the order
// of their measurement, at the time of it; a late one moves nothing.
import t from 'tap';
import { testServer } from '../api/support.js';
import { ManualClock } from '../support/clock.js';
import { days, minutes, noon } from '../support/fold.js';

t.test('a burst of old readings leaves what the newest one says', async (t) => {
  for (const count of [60, 1_900]) {
    const now = noon + days(60);
    const { post, get } = await testServer(t, { clock: new ManualClock(now) });
    const burst = Array.from({ length: count }, (_, i) => ({
      type: 'quota.read',
      occurred_at: now - minutes(30) * (count - i),
      payload: { windows: [{ key: 'week_all', percent_bp: ((2 * i) % 60) * 100 }] },
    }));
    for (let from = 0; from < count; from += 1_000) {
      t.equal((await post('/v1/events', burst.slice(from, from + 1_000))).statusCode, 200);
    }
    const { windows } = (await get('/v1/fairness')).json<{ windows: { window: string; percent: number }[] }>();
    const percent = windows.find(({ window }) => window === 'week_all')?.percent ?? Number.NaN;
    const newest = (burst.at(-1)?.payload.windows[0]?.percent_bp ?? 0) / 100;
    t.ok(Math.abs(percent - newest) <= 4, `${count} readings: ${percent} %, read ${newest} %`);
    const { windows: later } = (await get('/v1/fairness')).json<{ windows: { exhausted: boolean }[] }>();
    t.ok(later.every(({ exhausted }) => !exhausted));
  }
});
