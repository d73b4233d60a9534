// Dividing by what the lowest user had used gave waits of more than nine days as soon as somebody had used nothing.
import t from 'tap';
import { testServer } from '../api/support.js';
import { hours, minutes, noon } from '../support/fold.js';

t.test('an agent that uses nothing, or next to it, makes nobody wait for ever', async (t) => {
  const server = await testServer(t);
  for (const name of ['Idle', 'Tiny', 'Ada', 'Grace']) await server.send('identity.registered', { name });
  const report = async (name: string, dollars: number) => {
    const body = { claude_name: name, mode: 'autonomy', cost_delta: dollars };
    const reply = (await server.post('/resource-share/increment', body)).json<{
      recommended_interval: number;
      multipliers: Record<string, number>;
    }>();
    for (const [key, value] of Object.entries(reply.multipliers)) {
      if (!(value > 0 && value < 100)) t.fail(`${name}: ${key} is ${value}`);
    }
    return reply.recommended_interval;
  };
  await report('Tiny', 0.000_001);
  const told: number[] = [];
  const wakesAt = { Ada: noon + minutes(1), Grace: noon + minutes(2) };
  let spent = 0;
  for (let readAt = noon + minutes(30); readAt < noon + hours(48); readAt += minutes(30)) {
    for (const name of ['Ada', 'Grace'] as const) {
      while (wakesAt[name] < readAt) {
        server.clock.goTo(Math.max(server.clock.now(), wakesAt[name]));
        const interval = await report(name, 4);
        told.push(interval);
        spent += 4;
        wakesAt[name] += interval * 1_000;
      }
    }
    server.clock.goTo(readAt);
    // 2,000 dollars a week: if all four ran, one run of each in 80 minutes.
    await server.send('quota.read', {
      windows: [{ key: 'week_all', percent_bp: Math.round(5 * spent), resets_at: noon + hours(168) }],
    });
  }
  t.ok(Math.max(...told) <= 14_400, `at most ${Math.max(...told)} s`);
  const median = told.toSorted((a, b) => a - b)[Math.floor(told.length / 2)] ?? 0;
  t.ok(median < 80 * 60, `mostly around ${median} s`);
  const back = await report('Idle', 4);
  t.ok(back <= median, `who was idle may run, every ${back} s`);
});
