// Goal: a clock that goes back does not stop the time of the log: waits get shorter, pauses hold, turns end, people are told, and one call sets it right.
import { type Test, test } from 'tap';
import { type TestServer, testServer } from '../api/support.js';
import { hours, minutes, noon } from '../support/fold.js';

const day = 24;

async function reported(t: Test): Promise<TestServer> {
  const server = await testServer(t);
  await server.post('/resource-share/increment', { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.5 });
  return server;
}

const adviceOf = async (server: TestServer) => (await server.get('/v1/advice/Ada')).json();
const openAlerts = (server: TestServer) => [...server.ledger.state('default' as never).alerts.values()];

for (const by of [-1, -8, -10 * 365 * day]) {
  test(`the clock goes back by ${-by} hours`, async (t) => {
    const server = await reported(t);
    const before = await adviceOf(server);
    t.equal(before.wait_s, 900);
    server.clock.set(noon + hours(by));

    server.clock.advance(minutes(0.5));
    await server.send('agent.paused', { name: 'Ada', until: new Date(noon + minutes(40)).toISOString() });
    t.match(await adviceOf(server), { may_run: false, wait_s: 2_370 }, 'a pause holds from when it was made');
    t.match((await server.get('/pause-status?claude_name=Ada')).json(), {
      paused: true,
      time_remaining_seconds: 2_370,
    });
    const turn = (await server.post('/v1/turns', { name: 'Bo', ttl_s: 60 })).json();
    server.clock.advance(minutes(0.4));
    t.match(await adviceOf(server), { wait_s: 2_346 }, 'a wait gets shorter');

    server.clock.advance(minutes(29.6));
    await server.ledger.watchClock();
    t.match(await adviceOf(server), { may_run: false, wait_s: 570 }, 'reads go on');
    t.match(
      (await server.get(`/v1/turns/${turn.turn}`)).json(),
      { status: 'expired' },
      'a turn ends when its time is up',
    );
    const refused = await server.post('/resource-share/increment', { claude_name: 'Ada', mode: 'autonomy' });
    t.match(refused, { statusCode: 503 });
    t.match(refused.json(), { code: 'clock_suspect', detail: /resource-share clock accept/ });
    t.match((await server.get('/ready')).statusCode, 503);
    t.match(openAlerts(server), [{ rule: 'clock-suspect', subject: 'clock' }], 'people are told');
    t.match((await server.get('/v1/clock')).json(), { state: 'suspect', log_time: '2026-01-05T12:30:30.000Z' });

    const accepted = await server.post('/v1/clock/accept', { reason: 'it was wrong before' });
    t.match(accepted.json(), { corrected: true, from: '2026-01-05T12:30:30.000Z' });
    t.match((await server.get('/ready')).statusCode, 200);
    t.strictSame(openAlerts(server), []);
    t.match(await adviceOf(server), { may_run: false, wait_s: 570 }, 'what was waited for stays what it was');
    const used = await server.send('usage.recorded', { name: 'Cy', mode: 'autonomy', cost_micro_usd: 5 });
    const [event] = await server.ledger.readEvents('default' as never, { after: used.seq - 1, limit: 1 });
    t.equal(event?.recorded_at, server.clock.now(), 'and the log has the time of the world');
    server.clock.advance(minutes(10));
    t.match(await adviceOf(server), { may_run: true });
    await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 });
    t.match(await server.replay({ check: true }), { identical: true }, 'a replay finds the same');
  });
}

test('a log that is a few minutes ahead goes on, and is caught up with', async (t) => {
  const server = await reported(t);
  server.clock.set(noon - minutes(4));
  server.clock.advance(minutes(2));
  t.match(await adviceOf(server), { wait_s: 780 });
  await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 });
  server.clock.advance(minutes(45));
  await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 });
  const events = await server.events();
  t.equal(events.at(-1)?.recorded_at, server.clock.now());
  t.strictSame(openAlerts(server), []);
});
