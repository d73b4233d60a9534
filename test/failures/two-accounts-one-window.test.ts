// Readings of two accounts in turn were taken for one window, and estimated as something in between. Windows are kept per
// account, the pool follows one of them, and an alert says that two were seen.
import t from 'tap';
import { testServer } from '../api/support.js';
import { ManualClock } from '../support/clock.js';
import { minutes, noon } from '../support/fold.js';

type Scope = Parameters<typeof testServer>[0];

async function pool(t: Scope) {
  const clock = new ManualClock(noon);
  const server = await testServer(t, { clock });
  const read = async (account: string | undefined, percent: number) => {
    const payload = { account, windows: [{ key: 'week_all', percent_bp: percent * 100 }] };
    const response = await server.post('/v1/events', { type: 'quota.read', payload });
    if (response.statusCode !== 201) throw new Error(response.body);
    clock.advance(minutes(10));
    return response.json<{ windows?: { verdict: string }[] }>().windows?.[0]?.verdict;
  };
  const use = () => server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 500_000 });
  const percent = async () => {
    const { windows } = (await server.get('/v1/fairness')).json<{
      windows: { window: string; percent: number; read_percent: number }[];
    }>();
    const found = windows.find(({ window }) => window === 'week_all');
    return { estimate: found?.percent ?? Number.NaN, read: found?.read_percent };
  };
  const alerts = async () => {
    const events = await server.events();
    return events.filter(({ type }) => type === 'alert.raised').map(({ payload }) => payload);
  };
  return { server, clock, read, use, percent, alerts };
}

t.test('readings of two accounts in turn are never mixed, and one alert says that there are two', async (t) => {
  const { read, percent, alerts } = await pool(t);
  for (const [account, value] of [
    ['one', 80],
    ['two', 5],
    ['one', 81],
    ['two', 6],
    ['one', 82],
  ] as const) {
    t.equal(await read(account, value), account === 'one' ? 'taken' : 'other_account');
  }
  const { estimate, read: shown } = await percent();
  t.ok(Math.abs(estimate - 82) < 1.5, `${estimate}`);
  t.equal(shown, 82);
  t.match(await alerts(), [{ rule: 'two-accounts' }]);
  t.equal((await alerts()).length, 1);
});

t.test('the pool follows the account whose readings move with its use', async (t) => {
  const { read, use, percent } = await pool(t);
  for (let i = 0; i < 6; i++) {
    await read('idle', 80);
    await read('busy', 5 + i);
    await use();
  }
  t.equal(await read('busy', 11), 'taken');
  t.equal(await read('idle', 80), 'other_account');
  const { estimate, read: shown } = await percent();
  t.ok(Math.abs(estimate - 11) < 2, `${estimate}`);
  t.equal(shown, 11);
});

t.test('the policy may name the account', async (t) => {
  const { server, read, percent } = await pool(t);
  await read('one', 80);
  await server.send('policy.set', { account: 'two' });
  t.equal(await read('two', 5), 'taken');
  t.equal(await read('one', 81), 'other_account');
  t.ok(Math.abs((await percent()).estimate - 5) < 1.5);
});

t.test('a full window of an account that nobody uses stops nobody', async (t) => {
  const { server, read, use } = await pool(t);
  await read('one', 20);
  await use();
  t.equal(await read('two', 100), 'other_account');
  t.strictSame((await server.get('/v1/advice/Ada')).json<{ advice: { blocked_by: string[] } }>().advice.blocked_by, []);
});

t.test('readings that name no account are of one account, as they always were', async (t) => {
  const { read, percent, alerts } = await pool(t);
  for (const value of [20, 21, 22]) t.equal(await read(undefined, value), 'taken');
  t.ok(Math.abs((await percent()).estimate - 22) < 1.5);
  t.strictSame(await alerts(), []);
});
