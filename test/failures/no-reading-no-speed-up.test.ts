// Without any reading that was believed, ever or for two days, agents were hurried on a quota that nobody knew. Goal: nobody is told
// less than the base interval then, and advice, page and command line say why.
import t from 'tap';
import { printStatus } from '../../src/cli/status/print.js';
import type { PoolId } from '../../src/events/scalars.js';
import { statusNow } from '../../src/status/status.js';
import { testServer } from '../api/support.js';
import { ManualClock } from '../support/clock.js';
import { reading, register } from '../support/command.js';
import { hours, minutes, noon } from '../support/fold.js';
import { printed } from '../support/status-world.js';

t.test('nobody is hurried on a quota that nobody has read, and everybody is told', async (t) => {
  const server = await testServer(t, { clock: new ManualClock(noon) });
  await server.send('policy.set', { method_version: 2 });
  await server.record(register('Ada'), register('Ben'));
  const report = async () => {
    const body = { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.001 };
    return (await server.post('/resource-share/increment', body)).json();
  };
  const texts = async () => [
    (await server.get('/dashboard')).body,
    printed(() => printStatus(statusNow(server.ledger, 'default' as PoolId), undefined)).replaceAll(/\s+/g, ' '),
  ];
  const unread = async (what: string) => {
    for (let i = 0; i < 12; i++) {
      const told = await report();
      t.ok(told.recommended_interval >= 900, `${what}: ${told.recommended_interval} s`);
      t.equal(told.quota_status, 'unread', what);
      server.clock.advance(minutes(20));
    }
    for (const text of await texts()) t.match(text, /not read.*nobody runs more often than every 15 min/is, what);
    t.equal((await server.get('/v1/advice/Ada')).json().advice.quota_status, 'unread', what);
  };
  await unread('never read');
  await server.record(reading('week_all', 100, { resets_at: server.clock.now() + hours(160) }));
  t.equal((await report()).quota_status, 'available', 'read now');
  for (const text of await texts()) t.notMatch(text, /not read\. /i);
  server.clock.advance(hours(49));
  await unread('read two days ago');
});
