// Two instances of one agent ran 15 hours unseen. Here the second one that reports in turn with the first raises an alert,
// once; an agent that moved to another host raises none.
import t from 'tap';
import { testServer } from '../api/support.js';
import { minutes } from '../support/fold.js';

t.test('two hosts that report in turns under one name raise one alert', async (t) => {
  const server = await testServer(t);
  const report = async (host: string) => {
    server.clock.advance(minutes(10));
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

t.test(
  'two hosts that ask for turns under one name raise it at once, and only one runs where that is enforced',
  async (t) => {
    for (const mode of ['advise', 'enforce']) {
      const server = await testServer(t);
      await server.send('policy.set', { mode });
      const ask = (host: string) => server.post('/v1/turns', { name: 'Ada', instance: { host, pid: 1 } });
      const raised = async (type: string) => (await server.events()).filter((event) => event.type === type);
      t.equal((await ask('old')).statusCode, 201);
      t.equal((await ask('old')).statusCode, 200, 'one host that asks twice has one turn');
      t.strictSame(await raised('instance.conflict'), []);
      const statuses = [];
      for (const host of ['new', 'new', 'old', 'new']) statuses.push((await ask(host)).statusCode);
      t.strictSame(statuses, mode === 'enforce' ? [429, 429, 200, 429] : [201, 200, 200, 200], mode);
      t.match(await raised('instance.conflict'), [
        { payload: { name: 'Ada', holder: { host: 'old' }, other: { host: 'new' } } },
      ]);
      t.match(await raised('alert.raised'), [{ payload: { rule: 'two-instances', subject: 'Ada', text: /old.*new/ } }]);
      t.match((await server.get('/dashboard')).body, /Ada runs in two instances at once/, 'a person sees it');
    }
  },
);
