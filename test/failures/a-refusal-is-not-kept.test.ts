// Goal: a refusal depends on what the ledger knows and on the time, so it is not kept under its key: what was not recorded is
// decided again, and what was recorded is answered as before. Also where a release before kept the refusal.
import t from 'tap';
import { testServer } from '../api/support.js';
import { variants } from '../support/engines.js';
import { temporaryLedger } from '../support/ledger.js';

const use = { type: 'usage.recorded', key: 'r1', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } };

t.test('a report that was refused is taken once its agent is registered', async (t) => {
  const server = await testServer(t, { unknownAgents: 'reject' });
  t.match((await server.post('/v1/events', use)).json(), { code: 'agent_unknown' });
  await server.send('identity.registered', { name: 'Ada' });
  const [first, second] = [await server.post('/v1/events', use), await server.post('/v1/events', use)];
  t.equal(first.statusCode, 201);
  t.match(second.json(), { status: 'repeated', seq: first.json().seq });
  t.equal(
    (await server.post('/v1/events', { ...use, payload: { ...use.payload, cost_micro_usd: 6 } })).statusCode,
    422,
  );
});

t.test('a pause that came before its agent takes effect when it is sent again', async (t) => {
  const server = await testServer(t);
  const pause = { type: 'agent.paused', key: 'p1', payload: { name: 'Ada' } };
  await server.post('/v1/events', pause);
  await server.post('/v1/events', { ...use, key: undefined });
  t.ok((await server.post('/v1/events', pause)).statusCode < 300);
  t.match((await server.get('/pause-status?claude_name=Ada')).json(), { paused: true });
});

t.test('what was so already is decided again, too', async (t) => {
  const server = await testServer(t);
  await server.send('identity.registered', { name: 'Ada' });
  const resume = { type: 'agent.resumed', key: 'u1', payload: { name: 'Ada' } };
  t.match((await server.post('/v1/events', resume)).json(), { status: 'repeated' });
  await server.send('agent.paused', { name: 'Ada' });
  t.match((await server.post('/v1/events', resume)).json(), { status: 'recorded' });
});

t.test('a denied turn is recorded, and answered under its key as before', async (t) => {
  const server = await testServer(t);
  await server.send('identity.registered', { name: 'Ada' });
  await server.send('policy.set', { mode: 'enforce' });
  await server.send('agent.paused', { name: 'Ada' });
  const ask = (key: string) => server.post('/v1/turns', { name: 'Ada' }, { 'idempotency-key': key });
  t.equal((await ask('t1')).statusCode, 429);
  await server.send('agent.resumed', { name: 'Ada' });
  t.equal((await ask('t1')).statusCode, 429, 'a fact of the log');
  t.equal((await ask('t2')).statusCode, 201);
});

for (const engine of variants) {
  t.test(`a refusal that a release before kept gives way, on ${engine.name}`, async (t) => {
    const place = await engine.place(t);
    const first = await temporaryLedger(t, { place, engine });
    await first.close();
    const digest = engine.name === 'sqlite' ? "x'00'" : "'\\x00'";
    const answer = '{"status":"rejected","code":"agent_unknown","detail":"Ada is not registered"}';
    await engine.meddle(place, `INSERT INTO idempotency VALUES ('default', 'r1', ${digest}, NULL, '${answer}')`);
    const server = await testServer(t, { place, engine });
    const sent = await server.post('/v1/events', use);
    t.equal(sent.statusCode, 201);
    t.match((await server.post('/v1/events', use)).json(), { status: 'repeated', seq: sent.json().seq });
  });
}
