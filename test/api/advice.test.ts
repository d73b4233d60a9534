// May I run, and when again? What agents and people are told over HTTP, and that looking changes nothing.
import t from 'tap';
import { command, reading, register, usage } from '../support/command.js';
import { hours, minutes, noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { type TestServer, testServer } from './support.js';

/** Two agents that report every quarter of an hour for half a day, on a week of which little is left. */
async function busyPool(t: Scope): Promise<TestServer> {
  const server = await testServer(t);
  const resets = noon + hours(60);
  await server.record(
    register('Ada'),
    register('Grace Hopper', { weight: 2 }),
    reading('week_all', 4_000, { resets_at: resets }),
  );
  for (let quarter = 1; quarter <= 48; quarter++) {
    server.clock.goTo(noon + minutes(15 * quarter));
    await server.record(
      usage('Ada', { cost_micro_usd: 1_000_000 }),
      usage('Grace Hopper', { cost_micro_usd: 1_000_000 }),
    );
    await server.record(reading('week_all', 4_000 + quarter * 40, { resets_at: resets }));
  }
  return server;
}

t.test('an agent looks: what it was told, when it may run, and the figures behind it', async (t) => {
  const server = await busyPool(t);
  const before = await server.ledger.head('default' as never);
  server.clock.advance(minutes(1));
  const response = await server.get('/v1/advice/grace%20hopper');
  t.equal(response.statusCode, 200);
  const body = response.json();
  const told = body.told_interval_s;
  t.match(body, {
    identity: 'Grace Hopper',
    may_run: false,
    wait_s: told - 60,
    next_run_at: new Date(server.clock.now() - minutes(1) + told * 1_000).toISOString(),
    paused: false,
    advice: {
      quota_paused: false,
      blocked_by: [],
      binding_window: 'week_all',
      reason: /week_all \(59 % used\) has to last/,
    },
    figures: { share: 2 / 3, used_micro_usd: 48_000_000, conduct: 'rogue', present: true },
  });
  t.ok(body.figures.balance_micro_usd > 0, 'with twice the weight and the same use it is owed something');
  t.equal(response.headers['ratelimit-policy'], `"runs";q=1;w=${told}, "week_all";q=100;w=604800`);
  t.match(response.headers.ratelimit, new RegExp(`^"runs";r=0;t=${told - 60}, "week_all";r=40;t=\\d+$`));
  server.clock.advance(1_000 * told);
  t.match((await server.get('/v1/advice/Grace Hopper')).json(), { may_run: true, wait_s: 0 });
  t.strictSame(await server.ledger.head('default' as never), before, 'nothing was recorded');
  t.equal((await server.get('/v1/advice/nobody')).statusCode, 404);
  t.equal((await server.get('/v1/advice/Ada?pool=none')).statusCode, 404);
});

t.test('a waiting agent asks again: the old interval, or another one that is recorded once', async (t) => {
  const server = await busyPool(t);
  const ask = () => server.app.inject({ method: 'POST', url: '/v1/advice/Ada' });
  const before = (await server.get('/v1/advice/Ada')).json();
  t.match((await ask()).json(), { changed: false, told_interval_s: before.told_interval_s });
  await server.record(
    command('policy.set', { floor_fraction: 0.5 }),
    command('identity.retired', { name: 'Grace Hopper' }),
  );
  const again = (await ask()).json();
  t.equal(again.changed, true, 'alone, it may run more often');
  t.ok(again.told_interval_s < before.told_interval_s);
  t.equal((await ask()).json().changed, false);
  const { events } = (await server.get('/v1/events?type=agent.advised')).json();
  t.match(events, [{ payload: { issued_interval_s: again.told_interval_s, replaces: before.told_interval_s } }]);
});

t.test(
  'one that asks again while a window is full is told to wait until the reset, counted from its last run',
  async (t) => {
    const server = await busyPool(t);
    const resets = noon + hours(60);
    server.clock.advance(minutes(10));
    await server.record(reading('week_all', 10_000, { resets_at: resets }));
    server.clock.advance(minutes(20));
    const ask = async () => (await server.app.inject({ method: 'POST', url: '/v1/advice/Ada' })).json();
    const told = await ask();
    t.match(told, { changed: true, may_run: false, advice: { blocked_by: ['week_all'] } });
    const next = Date.parse(told.next_run_at);
    t.ok(next > resets && next < resets + minutes(6), `${told.next_run_at} is soon after the reset`);
    server.clock.advance(hours(9));
    const later = await ask();
    t.match(later, { changed: false, next_run_at: told.next_run_at }, 'the same end, however often it asks');
    const looked = (await server.get('/v1/advice/Ada')).json();
    t.ok(Math.abs(looked.wait_s - looked.advice.interval_s) <= 1, 'what it waits is what it would be told now');
  },
);

t.test('shares, windows and the policy now', async (t) => {
  const server = await busyPool(t);
  const body = (await server.get('/v1/fairness')).json();
  t.match(body, {
    method: 'fair',
    mode: 'advise',
    policy_version: 0,
    identities: [{ name: 'Ada' }, { name: 'Grace Hopper' }],
  });
  const [week] = body.windows;
  t.match(week, { window: 'week_all', budget_known: true, exhausted: false });
  t.ok(Math.abs(week.budget_usd - 500) < 50, `2 dollars were 0.4 %: ${week.budget_usd}`);
  t.ok(week.runout.p10 < week.runout.p50 && week.runout.p50 < week.runout.p90);
  const sum = (field: 'share' | 'balance_usd') =>
    body.identities.reduce((total: number, one: Record<string, number>) => total + (one[field] ?? 0), 0);
  t.ok(Math.abs(sum('share') - 1) < 1e-9 && Math.abs(sum('balance_usd')) < 1e-9);
  t.match((await server.get('/v1/policy')).json(), { version: 0, interval_s_base: 900 });
});
