// An inverted guard let the 5-hour window speed agents up and never slow them down. Here the window with the least left
// for its time decides, whichever it is, and whether the agent listens or not.
import t from 'tap';
import { type TestServer, testServer } from '../api/support.js';
import { hours, minutes, noon } from '../support/fold.js';

interface Advice {
  readonly interval_s: number;
  readonly binding_window: string | null;
}

/** What Ada is told from her first run on, when every run takes so much of the 5-hour window, and hardly any of the week. */
async function told(server: TestServer, percentPerRun: number, runs: number, listens: boolean): Promise<Advice[]> {
  const advice: Advice[] = [];
  const resets = { session_5hour: noon + hours(5), week_all: noon + hours(160) };
  for (let i = 1; i <= runs; i++) {
    server.clock.advance(minutes(10));
    const payload = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1_000_000 };
    const reply = await server.post('/v1/events', { type: 'usage.recorded', payload });
    advice.push(reply.json<{ advice: Advice }>().advice);
    const session = {
      key: 'session_5hour',
      percent_bp: Math.round(100 * percentPerRun * i),
      resets_at: resets.session_5hour,
    };
    await server.send('quota.read', {
      windows: [session, { key: 'week_all', percent_bp: 2 * i, resets_at: resets.week_all }],
    });
    if (listens) server.clock.advance(Math.max(0, (advice.at(-1)?.interval_s ?? 0) * 1_000 - minutes(10)));
    if (server.clock.now() > noon + hours(4.5)) break;
  }
  return advice;
}

t.test('a 5-hour window that would not last slows agents down', async (t) => {
  const slack = (await told(await testServer(t), 0.5, 12, true)).at(-1);
  const tight = (await told(await testServer(t), 12, 12, true)).at(-1);
  t.equal(tight?.binding_window, 'session_5hour');
  t.ok(
    (tight?.interval_s ?? 0) > 2 * (slack?.interval_s ?? 0),
    `${tight?.interval_s} s instead of ${slack?.interval_s} s`,
  );
});

t.test('also one that runs every ten minutes whatever it is told', async (t) => {
  const advice = (await told(await testServer(t), 7, 12, false)).slice(4);
  // After eight runs half of it is left for three and a half hours: seven runs, one in half an hour.
  t.ok(Math.min(...advice.map(({ interval_s: seconds }) => seconds)) > 1_000, JSON.stringify(advice));
});

t.test('from the second reading on, before its budget is known', async (t) => {
  const slack = (await told(await testServer(t), 1, 3, false)).at(-1);
  const tight = (await told(await testServer(t), 27, 3, false)).at(-1);
  t.ok(
    (tight?.interval_s ?? 0) > 1.5 * (slack?.interval_s ?? 0),
    `${tight?.interval_s} s instead of ${slack?.interval_s} s`,
  );
});
