// The interval was the client's last one times a factor: where the factor stayed at 1.2, eight reports ran to the limit.
// Here it follows from the state of the pool, whatever the client was told before.
import t from 'tap';
import { type TestServer, testServer } from '../api/support.js';
import { hours, minutes, noon } from '../support/fold.js';

/** Ada and Grace run every 15 minutes, told what or not, while the week is used half as fast again as it lasts. */
async function intervals(server: TestServer, currentOf: (last: number) => number | undefined): Promise<number[]> {
  const told: number[] = [];
  for (let i = 0; i < 40; i++) {
    server.clock.goTo(noon + minutes(15 * i) - minutes(1));
    const window = { key: 'week_all', percent_bp: 4_500 + 26 * i, resets_at: noon + hours(84) };
    await server.send('quota.read', { windows: [window] });
    server.clock.advance(minutes(1));
    for (const name of ['Ada', 'Grace']) {
      const body = {
        claude_name: name,
        mode: 'autonomy',
        cost_delta: 1,
        current_interval: currentOf(told.at(-1) ?? 900),
      };
      const reply = (await server.post('/resource-share/increment', body)).json<{ recommended_interval: number }>();
      told.push(reply.recommended_interval);
    }
  }
  return told;
}

t.test('pressure that stays the same leaves the interval where it is', async (t) => {
  const told = await intervals(await testServer(t), (last) => last);
  const settled = told.slice(-40);
  t.ok(Math.max(...settled) < 1.5 * Math.min(...settled), `from ${Math.min(...settled)} to ${Math.max(...settled)} s`);
  t.ok(Math.min(...settled) > 1_000, 'and there is pressure');
});

t.test('what the client says its interval is changes nothing', async (t) => {
  const own = await intervals(await testServer(t), (last) => last);
  t.strictSame(await intervals(await testServer(t), () => 14_400), own);
  t.strictSame(await intervals(await testServer(t), () => undefined), own);
});
