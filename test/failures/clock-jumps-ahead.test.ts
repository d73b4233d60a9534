// Goal: a clock that jumps ahead, for a second or for good, stamps nothing with times to come; a log that was stamped so by an older release is set right by one call.
import { test } from 'tap';
import { Ledger } from '../../src/ledger/ledger.js';
import { clockOf } from '../../src/runtime/clock.js';
import { testServer } from '../api/support.js';
import { ManualClock } from '../support/clock.js';
import { inside, reading, usage } from '../support/command.js';
import { variant } from '../support/engines.js';
import { hours, minutes, noon } from '../support/fold.js';
import { logFault, pool, temporaryLedger } from '../support/ledger.js';

const years = (count: number) => hours(24 * 365 * count);

for (const by of [hours(1), hours(8), years(10)]) {
  test(`a jump by ${by / hours(1)} hours for a second`, async (t) => {
    const server = await testServer(t);
    const increment = { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.5 };
    await server.post('/resource-share/increment', increment);
    server.clock.set(noon + by);
    const during = await server.post('/resource-share/increment', increment);
    t.equal(during.statusCode, 200, 'reports are taken meanwhile');
    server.clock.advance(1_000);
    server.clock.set(server.clock.now() - by);
    await server.post('/resource-share/increment', increment);
    const times = (await server.events()).map(({ recorded_at: at }) => at);
    t.strictSame([times.at(1), times.at(-1)], [noon, noon + 1_000]);
    t.equal((await server.get('/resource/today/Ada')).json().date, '2026-01-05');
    const daily = (await server.get('/v1/daily')).json();
    t.match(daily.rows, [{ date: '2026-01-05', reports: 3 }], 'use is booked on its day');
  });
}

test('a jump that stays: believed after a minute, and told', async (t) => {
  const server = await testServer(t);
  await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 });
  server.clock.set(noon + hours(8));
  await server.ledger.watchClock();
  server.clock.advance(minutes(1));
  await server.ledger.watchClock();
  t.match([...server.ledger.state(pool).alerts.values()], [{ rule: 'clock-jumped' }]);
  await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 });
  t.equal((await server.events()).at(-1)?.recorded_at, server.clock.now());
  server.clock.advance(hours(25));
  await server.ledger.watchClock();
  t.strictSame([...server.ledger.state(pool).alerts.values()], [], 'the alert goes by itself');
});

test('a clock ten years ahead at the start records nothing, until somebody says that it is right', async (t) => {
  const first = await temporaryLedger(t);
  await first.record(usage('Ada', { cost_micro_usd: 5 }));
  await first.close();
  const server = await testServer(t, { place: first.place, clock: new ManualClock(noon + years(10)) });
  const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 };
  t.match((await server.post('/v1/events', { type: 'usage.recorded', payload: use })).json(), {
    code: 'clock_suspect',
  });
  t.equal((await server.get('/v1/fairness')).statusCode, 200);
  t.match((await server.post('/v1/clock/accept', {})).json(), { corrected: true });
  await server.send('usage.recorded', use);
  t.equal((await server.events()).at(-1)?.recorded_at, noon + years(10));
});

test('a log of which a part is stamped ten years ahead is set right', async (t) => {
  // As a release without a guard wrote it: its clock was right, then wrong, and it took every word of it.
  const place = await variant.place(t);
  let at = noon;
  const engine = await variant.open(place);
  const settings = { database: place, timeZone: 'UTC', unknownAgents: 'auto', clock: clockOf(() => at) } as const;
  const old = await Ledger.open(engine, settings);
  await old.addPool(pool);
  const record = async (...commands: Parameters<typeof old.submitOne>[1][]) => {
    for (const command of commands) t.match(await old.submitOne(pool, command), { status: 'recorded' });
  };
  await record(usage('Ada', { cost_micro_usd: 500_000 }), reading('week_all', 1_000, { resets_at: noon + hours(100) }));
  at = noon + years(10);
  await record(usage('Ada', { cost_micro_usd: 500_000 }));
  await record(inside('turn.granted', { name: 'Bo', ttl_s: 600 } as never));
  await record(reading('week_all', 1_200, { resets_at: at + hours(90) }));
  await old.close();

  const server = await testServer(t, { place, clock: new ManualClock(noon + minutes(20)) });
  t.equal((await server.get('/ready')).statusCode, 503);
  await server.post('/v1/clock/accept', {});
  t.equal((await server.get('/ready')).statusCode, 200);
  await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 500_000 });
  server.clock.advance(minutes(1));
  const read = { windows: [{ key: 'week_all', percent_bp: 1_300, resets_at: noon + hours(99) }] };
  await server.send('quota.read', read);
  server.clock.advance(minutes(2));
  const { windows } = (await server.get('/v1/fairness')).json();
  t.match(
    windows.find(({ window }: { window: string }) => window === 'week_all'),
    { resets_at: new Date(noon + hours(99)).toISOString() },
    'a reading counts again',
  );
  const advice = (await server.get('/v1/advice/Ada')).json();
  t.ok(advice.wait_s < 86_400, `and agents run: in ${advice.wait_s} s`);
  t.equal((await server.events()).at(-1)?.recorded_at, noon + minutes(21));
  t.equal(logFault(await server.stored()), null, 'the chain is whole');
  const ids = (await server.events()).map(({ id }) => id);
  t.strictSame(ids, [...ids].sort(), 'ids grow on');
  for (const event of await server.events()) t.equal((await server.ledger.findEvent(event.id)).seq, event.seq);
  t.match(await server.replay({ check: true }), { identical: true });
  const last = (await server.events()).length;
  const seqs = [noon - 1, noon, noon + minutes(19), noon + minutes(22), noon + years(11)].map((time) =>
    server.ledger.seqAt(pool, time as never),
  );
  t.strictSame(await Promise.all(seqs), [0, 4, 4, last, last], 'what was known when');
});
