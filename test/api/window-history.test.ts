/** Goal: a window over time is what the log holds of it, with nothing left out, and where it goes is what the controller says. */
import t from 'tap';
import { limits } from '../../src/limits.js';
import { command, reading, register, usage } from '../support/command.js';
import { hours, minutes, noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { pool } from '../support/ledger.js';
import { type TestServer, testServer } from './support.js';

interface Reading {
  readonly seq: number;
  readonly id: string;
  readonly measured_at: string;
  readonly percent: number;
  readonly verdict: string;
  readonly believed: boolean;
  readonly suspect: boolean;
  readonly stale: boolean;
  readonly account: string | null;
  readonly rejected: { readonly seq: number; readonly reason: string } | null;
}
interface Point {
  readonly at: string;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}
interface History {
  readonly from: string;
  readonly until: string;
  readonly readings: readonly Reading[];
  readonly refusals: readonly object[];
  readonly periods: readonly { readonly from: string; readonly until: string; readonly current: boolean }[];
  readonly now: {
    readonly percent: number;
    readonly budget_usd: number;
    readonly unattributed_usd: number;
    readonly runout: { readonly p10: string; readonly p90: string; readonly projected_percent: number } | null;
  } | null;
  readonly current: {
    readonly from: string;
    readonly until: string;
    readonly pace: readonly object[];
    readonly forecast: readonly Point[];
  } | null;
  readonly used: readonly {
    readonly name: string;
    readonly usd: number;
    readonly part: number;
    readonly percent: number | null;
  }[];
  readonly ledger_usd: number;
}

const dollar = 1_000_000;
const key = 'session_5hour';

async function history(server: TestServer, query = '', window = key): Promise<History> {
  const response = await server.get(`/v1/windows/${window}/history?${query}`);
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.json();
}

const text = (at: number) => new Date(at).toISOString();

t.test('a window that nobody has heard of, and what is asked in vain', async (t) => {
  const server = await testServer(t);
  const refusal = async (path: string) => {
    const response = await server.get(`/v1/windows/${path}`);
    return [response.statusCode, response.json().code, response.json().errors?.[0]?.field];
  };
  t.strictSame(await refusal(`${key}/history`), [404, 'window_unknown', undefined]);
  t.strictSame(
    await refusal('%E6%9C%88%2F%25/history'),
    [404, 'window_unknown', undefined],
    'any text may stand in a path',
  );
  await server.record(reading(key, 1_000));
  t.strictSame(await refusal(`${key}/history?from=${noon}&until=${noon}`), [400, 'request_invalid', 'from']);
  const long = noon - hours(5 * limits.seriesStepsMax);
  t.equal((await history(server, `from=${long}&until=${noon}`)).readings.length, 0);
  t.strictSame(await refusal(`${key}/history?from=${long - 1}&until=${noon}`), [400, 'request_invalid', 'from']);
  t.strictSame(
    await refusal(`${key}/history?as_of_seq=1`),
    [400, 'request_invalid', 'as_of_seq'],
    'it is told as it is now',
  );
});

/** Readings a quarter of an hour apart, of a session that resets three hours after noon. */
async function read(t: Scope): Promise<TestServer> {
  const server = await testServer(t);
  const next = async (percentBp: number, window: object = {}, more: object = {}) => {
    server.clock.advance(minutes(15));
    const windows = [{ key, percent_bp: percentBp, resets_at: noon + hours(3), ...window }];
    await server.record(command('quota.read', { windows, ...more }));
  };
  await server.record(register('Ada'));
  await next(1_000, {}, { account: 'home', source: 'poll/1' });
  await next(1_200, {}, { account: 'home' });
  await next(9_000, {}, { account: 'work' });
  await next(4_000, {}, { account: 'home', confidence: 'suspect' });
  server.clock.advance(minutes(15));
  await server.record(
    reading(key, 1_100, { resets_at: noon + hours(3) }, { occurred_at: noon + minutes(20) }),
    reading('week_all', 500),
  );
  return server;
}

t.test('every reading, with what it was held to be', async (t) => {
  const server = await read(t);
  const { readings } = await history(server);
  t.strictSame(
    readings.map(({ measured_at, percent }) => [measured_at, percent]),
    [
      [text(noon + minutes(15)), 10],
      [text(noon + minutes(20)), 11],
      [text(noon + minutes(30)), 12],
      [text(noon + minutes(45)), 90],
      [text(noon + minutes(60)), 40],
    ],
    'in the order of their measurement',
  );
  t.match(readings[0], {
    verdict: 'taken',
    believed: true,
    stale: false,
    suspect: false,
    account: 'home',
    rejected: null,
  });
  t.match(readings[1], { believed: false, stale: true, account: null });
  t.match(readings[3], { verdict: 'other_account', believed: false, account: 'work' });
  t.match(readings[4], { verdict: 'suspect', believed: false, suspect: true, confidence: 'suspect' });

  const rejected = readings[2] as Reading;
  t.match(rejected, { verdict: 'taken', believed: true });
  const { seq } = await server.send('quota.rejected', { corrects: rejected.id, reason: 'a typing error' });
  t.match((await history(server)).readings[2], { believed: false, rejected: { seq, reason: 'a typing error' } });
  const within = await history(server, `from=${noon + minutes(20)}&until=${noon + minutes(45)}`);
  t.strictSame(
    within.readings.map(({ percent }) => percent),
    [11, 12],
    'also what was recorded after the time asked for',
  );
  await server.record(command('quota.exhausted', { window: key, until: noon + hours(2), evidence: '429' }));
  t.match((await history(server)).refusals, [
    { at: text(noon + minutes(75)), until: text(noon + hours(2)), evidence: '429' },
  ]);
  t.strictSame((await history(server, '', 'week_all')).readings.length, 1);
});

t.test('periods as they were told, the one that goes on, and the even pace', async (t) => {
  const server = await testServer(t);
  const told = async (resetsAt: number) => {
    await server.record(reading(key, 1_000, { resets_at: resetsAt }));
    server.clock.advance(hours(1));
  };
  await told(noon + hours(2));
  await told(noon + hours(2) + minutes(3));
  server.clock.advance(hours(1));
  await told(noon + hours(7));
  t.match((await history(server)).current, {
    from: text(noon + hours(2)),
    until: text(noon + hours(7)),
    pace: [
      { at: text(noon + hours(2)), percent: 0 },
      { at: text(noon + hours(7)), percent: 100 },
    ],
  });
  t.strictSame((await history(server)).periods, [
    { from: text(noon - hours(3) + minutes(3)), until: text(noon + hours(2)), current: false },
    { from: text(noon + hours(2)), until: text(noon + hours(7)), current: true },
  ]);
  t.equal((await history(server)).until, text(noon + hours(7)), 'to the end of the period that goes on');
  await server.record(usage('Ada', { cost_micro_usd: dollar }));
  t.match((await history(server)).used, [{ name: 'Ada', usd: 1, percent: null }]);
  server.clock.advance(hours(5));
  const { current, periods, used } = await history(server);
  t.equal(current, null, 'the next begins with use');
  t.equal(periods.length, 2);
  t.ok(periods.every((period) => !period.current));
  t.strictSame(used, []);
  const early = await history(server, `from=${noon}&until=${noon + hours(1)}`);
  t.equal(early.periods.length, 1);
});

t.test('the estimate, the way it goes, and who used what', async (t) => {
  const server = await testServer(t);
  await server.record(register('Ada'), register('Bob'));
  for (let i = 0; i <= 8; i += 1) {
    await server.record(
      usage('Ada', { cost_micro_usd: 2 * dollar }),
      usage('Bob', { cost_micro_usd: dollar }),
      reading('week_all', 300 * (i + 1), { resets_at: noon + hours(100) }),
    );
    server.clock.advance(hours(4));
  }
  await server.record(command('identity.retired', { name: 'Bob' }));
  const { now, current, used, ledger_usd: ledgerUsd } = await history(server, '', 'week_all');
  const fairness = (await server.get('/v1/fairness')).json();
  t.strictSame(now, fairness.windows[0], 'as everywhere');
  if (now?.runout == null || current === null) throw new Error('no run-out is known');
  const [first, last] = current.forecast as [Point, Point];
  t.equal(current.forecast.length, 2);
  t.match(first, { at: text(noon + hours(36)), p10: now.percent, p50: now.percent, p90: now.percent });
  t.equal(last.at, text(noon + hours(100)));
  t.ok(Math.abs(last.p50 - now.runout.projected_percent) < 1e-6, 'what is projected');
  t.ok(last.p10 < last.p50 && last.p50 < last.p90);
  const crossing = (percent: number) => {
    const hundredth = (100 - now.percent) / (percent - now.percent);
    return Date.parse(first.at) + hundredth * (Date.parse(last.at) - Date.parse(first.at));
  };
  t.ok(
    Math.abs(crossing(last.p90) - Date.parse(now.runout.p10)) < 2,
    'the high line is at 100 when it runs out at the earliest',
  );
  t.ok(Math.abs(crossing(last.p10) - Date.parse(now.runout.p90)) < 2);
  t.match(used, [
    { name: 'Ada', usd: 18, part: 2 / 3 },
    { name: 'Bob', usd: 9, part: 1 / 3 },
  ]);
  t.equal(ledgerUsd, 27);
  for (const { usd, percent } of used) t.ok(Math.abs((percent ?? 0) - (100 * usd) / now.budget_usd) < 1e-9);
  t.ok(now.unattributed_usd >= 0);

  await server.record(
    command('identity.reinstated', { name: 'Bob' }),
    command('identity.merged', { from: 'Bob', into: 'Ada' }),
  );
  t.match((await history(server, '', 'week_all')).used, [{ name: 'Ada', usd: 27, part: 1 }]);
  await server.record(command('quota.exhausted', { window: 'week_all', evidence: '429' }));
  const full = (await history(server, '', 'week_all')).current?.forecast;
  t.match(
    full,
    [
      { p10: 100, p50: 100, p90: 100 },
      { p10: 100, p50: 100, p90: 100 },
    ],
    'nothing is used on',
  );
});

t.test('nothing is known of where it goes before the budget is', async (t) => {
  const server = await testServer(t);
  await server.record(register('Ada'), reading(key, 1_000, { resets_at: noon + hours(3) }));
  t.match(await history(server), {
    current: { forecast: [] },
    now: { percent: 10, runout: null },
    used: [],
    ledger_usd: 0,
  });
});

t.test('more readings than are gone through are refused', async (t) => {
  const server = await testServer(t);
  const count = limits.windowReadingsMax;
  for (let done = 0; done < count; done += 1_000) {
    await server.ledger.submit(pool, { commands: Array.from({ length: 1_000 }, () => reading(key, 1_000)) });
  }
  t.equal((await history(server)).readings.length, count);
  await server.record(reading(key, 1_000));
  const refused = await server.get(`/v1/windows/${key}/history`);
  t.equal(refused.statusCode, 400);
  t.match(refused.json(), {
    code: 'request_invalid',
    errors: [{ field: 'from', message: /more than 10000 readings/ }],
  });
  server.clock.advance(hours(1));
  t.equal((await history(server, `from=${noon + hours(1)}`)).readings.length, 0);
});
