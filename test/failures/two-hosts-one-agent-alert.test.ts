// Two instances of one agent ran 15 hours unseen. Here the second one that reports in turn with the first raises an alert,
// once; an agent that moved to another host raises none.
import t from 'tap';
import { testServer } from '../api/support.js';
import { minutes } from '../support/fold.js';

t.test('two hosts that report in turns under one name raise one alert', async (t) => {
  const server = await testServer(t);
  const report = async (host: string) => {
    server.clock.now += minutes(10);
    await server.post('/resource-share/increment', {
      claude_name: 'Ada',
      mode: 'autonomy',
      cost_delta: 0.01,
      hostname: host,
    });
  };
  const alerts = async () =>
    (await server.get('/v1/events?type=alert.raised')).json<{ events: { payload: { text: string } }[] }>().events;
  for (const host of ['old', 'old', 'new', 'new']) await report(host);
  t.strictSame(await alerts(), [], 'it moved');
  for (const host of ['old', 'new', 'old', 'new']) await report(host);
  const raised = await alerts();
  t.equal(raised.length, 1);
  t.match(raised[0], { payload: { rule: 'two-instances', subject: 'Ada', text: /old and new/ } });
  t.match((await server.get('/dashboard')).body, /Ada reports from two hosts in turns/, 'a person sees it');
});
