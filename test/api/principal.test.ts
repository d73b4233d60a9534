/** Goal: whatever a request appends is in the name of whoever sent it, and nobody else says who that is. */
import t from 'tap';
import { testServer } from './support.js';

t.test('every route that appends does so in the name of the principal of its request', async (t) => {
  const server = await testServer(t);
  server.app.addHook('onRequest', async (request) => {
    request.principal = { actor: 'key-7', pool: null, scopes: 'all' };
  });
  const use = { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } };
  await server.post('/resource-share/increment', { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.5 });
  await server.post('/pause', { claude_name: 'Ada', duration_minutes: 5 });
  await server.post('/unpause', { claude_name: 'Ada' });
  await server.post('/autonomous-time/choice', { claude_name: 'Ada', choice: 'wait' });
  await server.post('/v1/events', use);
  await server.post('/v1/events', [use]);
  await server.post('/v1/events', JSON.stringify(use), { 'content-type': 'application/x-ndjson' });
  const { turn, token } = (await server.post('/v1/turns', { name: 'Ada' })).json();
  await server.post(`/v1/turns/${turn}/renew`, { token });
  await server.post(`/v1/turns/${turn}/settle`, { token, usage: { cost_micro_usd: 5 } });
  const { events } = (await server.get('/v1/events')).json<{ events: { type: string; actor: string }[] }>();
  const sent = events.filter(({ type }) => !['pool.configured', 'identity.registered'].includes(type));
  t.strictSame(
    sent.map(({ type, actor }) => `${type} ${actor}`),
    [
      'usage.recorded',
      'agent.paused',
      'agent.resumed',
      'agent.chose',
      'usage.recorded',
      'usage.recorded',
      'usage.recorded',
      'agent.advised',
      'turn.granted',
      'turn.renewed',
      'usage.recorded',
      'turn.settled',
    ].map((type) => `${type} key-7`),
  );
});

t.test('without credentials it is `local`, whatever a request says', async (t) => {
  const server = await testServer(t);
  const use = { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } };
  await server.post('/v1/events', use, { 'x-actor': 'root' });
  t.match((await server.post('/v1/events', { ...use, actor: 'root' })).json(), { code: 'invalid_field' });
  const { events } = (await server.get('/v1/events')).json<{ events: { type: string; actor: string }[] }>();
  t.match(events.at(-1), { type: 'usage.recorded', actor: 'local' });
});
