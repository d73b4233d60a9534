/**
 * Goal: what clients of the original read of use and of time is true for them. Those of 2026 report dollars, so dollars stand
 * beside the tokens; and every instant is UTC in the form that Python's `fromisoformat` has always parsed.
 */
import t from 'tap';
import { testServer } from '../api/support.js';
import { reading, usage } from '../support/command.js';
import { noon } from '../support/fold.js';

t.test('today and the summary say what was used in dollars, beside the tokens', async (t) => {
  const server = await testServer(t);
  const report = (name: string, mode: string, amount: object) =>
    server.post('/resource-share/increment', { claude_name: name, mode, ...amount });
  await report('Ada', 'autonomy', { cost_delta: 0.25 });
  await report('Ada', 'collab', { cost_delta: 1.5 });
  await report('Ada', 'autonomy', { cache_read_increment: 1_000 });
  await report('Bob', 'autonomy', { cost_delta: 9.000001 });
  const ada = {
    claude_name: 'Ada',
    autonomous_tokens: 1_000,
    collaborative_tokens: 0,
    total_tokens: 1_000,
    autonomous_cost_usd: 0.2503,
    collaborative_cost_usd: 1.5,
    total_cost_usd: 1.7503,
  };
  const bob = {
    claude_name: 'Bob',
    autonomous_tokens: 0,
    collaborative_tokens: 0,
    total_tokens: 0,
    autonomous_cost_usd: 9.000001,
    collaborative_cost_usd: 0,
    total_cost_usd: 9.000001,
  };
  const date = new Date(noon).toISOString().slice(0, 10);
  t.strictSame((await server.get('/resource/today/ada')).json(), { ...ada, date });
  t.strictSame((await server.get('/resource/summary')).json(), { date, claudes: [ada, bob] }, 'by tokens, as ever');
  await report('Cy', 'autonomy', { cost_delta: 10 });
  const { claudes } = (await server.get('/resource/summary')).json();
  t.strictSame(
    claudes.map((row: { claude_name: string }) => row.claude_name),
    ['Ada', 'Cy', 'Bob'],
    'then by dollars',
  );
});

t.test('every instant on the original wire ends in +00:00', async (t) => {
  const server = await testServer(t);
  await server.record(
    usage('Ada', { cost_micro_usd: 5_000_000 }),
    usage('Bob'),
    reading('week_all', 4_000, { resets_at: noon + 5 * 86_400_000 }),
    reading('session_5hour', 4_000, { resets_at: noon + 3_600_000 }),
  );
  server.clock.advance(86_400_000);
  await server.record(usage('Ada', { cost_micro_usd: 5_000_000 }), reading('week_all', 6_000));
  const answers = [
    await server.get('/overdue-claudes'),
    await server.get('/dashboard/json'),
    await server.post('/pause', { claude_name: 'Ada', duration_minutes: 30 }),
    await server.get('/pause-status?claude_name=Ada'),
    await server.post('/autonomous-time/choice', {
      claude_name: 'Ada',
      choice: 'wake-at',
      wake_at: '2030-01-01T10:00:00+02:00',
    }),
    await server.get('/resource/summary'),
    await server.get('/health'),
  ];
  let count = 0;
  for (const { statusCode, body } of answers) {
    t.equal(statusCode, 200);
    for (const [instant] of body.matchAll(/\d{4}-\d\d-\d\dT[^"]*/g)) {
      count += 1;
      t.match(instant, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/, instant);
      t.ok(Number.isFinite(Date.parse(instant)));
    }
  }
  t.ok(count >= 12, `${count} instants`);
});
