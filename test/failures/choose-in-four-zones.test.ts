// Goal: the client of the original sends the time on its clock without a zone. It was refused as future east of Greenwich, and
// hours off in the west. The difference to the time of the server is the client's offset, and explains `wake_at` too.
import t from 'tap';
import { testServer } from '../api/support.js';
import { ManualClock } from '../support/clock.js';

const now = Date.parse('2026-07-10T12:00:00Z');
const iso = (at: number) => new Date(at).toISOString();
/** As the original wire writes it. */
const wired = (at: number) => iso(at).replace('Z', '+00:00');

/** What `choose` sends: `datetime.now().isoformat()`, of a clock that is some seconds off. */
const places = [
  { zone: 'Europe/London', offsetMinutes: 60 },
  { zone: 'Europe/Berlin', offsetMinutes: 120 },
  { zone: 'Asia/Kolkata', offsetMinutes: 330 },
  { zone: 'America/New_York', offsetMinutes: -240 },
];

for (const { zone, offsetMinutes } of places) {
  t.test(`a client in ${zone}`, async (t) => {
    const server = await testServer(t, { clock: new ManualClock(now) });
    await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1 });
    const shown = (at: number) => iso(at + offsetMinutes * 60_000).slice(0, -1);
    const choose = async (body: object, offBy = 0) => {
      const timestamp = `${shown(now + offBy)}123`;
      const answer = await server.post('/autonomous-time/choice', { claude_name: 'Ada', timestamp, ...body });
      t.equal(answer.statusCode, 200, answer.body);
      return answer.json();
    };
    t.match(await choose({ choice: 'wait' }, 40_000), { choice: 'wait', timestamp: wired(now) });
    t.match(await choose({ choice: 'turns', turns: 5 }, -40_000), { turns: 5, timestamp: wired(now - 40_000) });
    t.match(await choose({ choice: 'turns', turns: 5, duration_minutes: 180 }), { turns: 5, duration_minutes: 180 });
    const wake = await choose({ choice: 'wake-at', wake_at: shown(now + 6 * 3_600_000) }, 100_000);
    t.match(wake, { wake_at: wired(now + 6 * 3_600_000), timestamp: wired(now) });

    const pause = (minutes: number) => server.post('/pause', { claude_name: 'Ada', duration_minutes: minutes });
    t.match((await pause(30)).json(), { paused: true, pause_until: wired(now + 30 * 60_000) }, 'pause-for');
    t.match((await pause(95)).json(), { paused: true, pause_until: wired(now + 95 * 60_000) }, 'pause-until');
    t.match((await server.post('/unpause', { claude_name: 'Ada' })).json(), { paused: false });
    await server.send('quota.read', { windows: [{ key: 'session_5hour', percent_bp: 1_000 }] });
    t.match((await server.get('/dashboard/json')).json(), { quota: { session_5hour: 10 }, quota_metrics: {} });
  });
}

t.test('a timestamp is a hint: whatever it is, the choice is recorded', async (t) => {
  const server = await testServer(t, { clock: new ManualClock(now), timeZone: 'Asia/Kolkata' });
  await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1 });
  const odd = [
    '2031-01-01T00:00:00',
    '1999-01-01 00:00',
    'yesterday',
    '',
    17,
    null,
    { a: 1 },
    iso(now + 9e9),
    '2026-02-31T25:00:00',
  ];
  for (const timestamp of odd) {
    const body = { claude_name: 'Ada', choice: 'wake-at', wake_at: '2026-07-10T20:30:00', timestamp };
    const answer = await server.post('/autonomous-time/choice', body);
    t.equal(answer.statusCode, 200, `${JSON.stringify(timestamp)}: ${answer.body}`);
    t.match(
      answer.json(),
      { wake_at: '2026-07-10T15:00:00.000+00:00', timestamp: wired(now) },
      'in the zone of the pool',
    );
  }
  const bare = { claude_name: 'Ada', choice: 'wait' };
  t.match((await server.post('/autonomous-time/choice', bare)).json(), { timestamp: wired(now) }, 'or none');
  const before = { claude_name: 'Ada', choice: 'wait', timestamp: iso(now - 3_600_000) };
  t.match((await server.post('/autonomous-time/choice', before)).json(), { timestamp: wired(now - 3_600_000) });
});

t.test('the same request is the same under its key, however late it is sent again', async (t) => {
  const clock = new ManualClock(now);
  const server = await testServer(t, { clock });
  await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1 });
  const body = {
    claude_name: 'Ada',
    choice: 'wake-at',
    wake_at: '2026-07-10T20:00:00',
    timestamp: '2026-07-10T14:00:00',
  };
  const send = () => server.post('/autonomous-time/choice', body, { 'idempotency-key': 'k' });
  const first = await send();
  clock.advance(50 * 60_000);
  t.strictSame((await send()).json(), first.json());
});
