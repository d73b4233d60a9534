// The forecast divided what had been used by seven days, also on the first: a quota that was to last two days more
// "lasted" a month. Here nothing is said before something is known, and then it is near the truth.
import t from 'tap';
import { testServer } from '../api/support.js';
import { hours, minutes, noon } from '../support/fold.js';

interface Allocation {
  readonly window_key: string;
  readonly runout_p10: string | null;
  readonly runout_p50: string | null;
  readonly runout_p90: string | null;
  readonly runout_probability: number | null;
}

t.test('on the first day of a week', async (t) => {
  const server = await testServer(t);
  const resetsAt = noon + hours(167);
  // Two percent of the week go every hour, from noon on.
  const hoursOfUse = async (from: number, to: number): Promise<Allocation> => {
    for (let minute = 60 * from + 6; minute <= 60 * to; minute += 6) {
      server.clock.goTo(noon + minutes(minute));
      const body = { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.2 };
      await server.post('/resource-share/increment', body);
      if (minute % 30 !== 0) continue;
      const window = { key: 'week_all', percent_bp: Math.round(minute / 30) * 100, resets_at: resetsAt };
      await server.send('quota.read', { windows: [window] });
    }
    const { rows } = (await server.get('/v1/allocations')).json<{ rows: Allocation[] }>();
    const row = rows.find(({ window_key: key }) => key === 'week_all');
    if (row === undefined) throw new Error('no allocation of the week');
    return row;
  };
  t.match(await hoursOfUse(0, 2), { runout_p50: null, runout_probability: null }, 'two hours in, nothing is said');
  const { runout_p10: early, runout_p50: middle, runout_p90: late, ...rest } = await hoursOfUse(2, 10);
  const ahead = (Date.parse(middle ?? '') - server.clock.now()) / hours(1);
  t.ok(ahead > 30 && ahead < 50, `ten hours in, the other 80 % last ${ahead.toFixed(1)} hours; really 40`);
  t.ok((early ?? '') < (middle ?? '') && (middle ?? '') < (late ?? ''), `${early} ${middle} ${late}`);
  t.ok(Date.parse(early ?? '') > server.clock.now(), 'and not before now');
  t.ok((rest.runout_probability ?? 0) > 0.9, 'long before the week is over');
});
