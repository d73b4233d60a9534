// Goal: a turn from its grant to its end over HTTP, and every way in which it is refused, with its code.
import t from 'tap';
import { hours, minutes } from '../support/fold.js';
import { logFault, type pool, type TestLedger, temporaryLedger } from '../support/ledger.js';
import { type TestServer, testServer } from './support.js';

interface Granted {
  readonly turn: string;
  readonly token: number;
  readonly expires_at: string;
}

const enforce = (server: TestServer) => server.send('policy.set', { mode: 'enforce' });

async function grant(server: TestServer, payload: object = {}): Promise<Granted> {
  const response = await server.post('/v1/turns', { name: 'Ada', ...payload });
  if (response.statusCode !== 201) throw new Error(response.body);
  return response.json<Granted>();
}

const types = async (test: TestLedger) => (await test.events()).map(({ type }) => type);

t.test('granted, renewed, settled: the log says the same', async (t) => {
  const server = await testServer(t);
  const response = await server.post('/v1/turns', { name: 'Ada', instance: { host: 'desk', pid: 7 }, ttl_s: 60 });
  t.equal(response.statusCode, 201);
  t.match(response.json(), {
    status: 'granted',
    turn: 't3',
    token: 3,
    name: 'Ada',
    ttl_s: 60,
    expires_at: new Date(server.clock.now() + 60_000).toISOString(),
    advice: { interval_s: 900, reason: /./ },
  });
  t.notOk('would_deny' in response.json());

  server.clock.advance(30_000);
  const renewed = await server.post('/v1/turns/t3/renew', { token: 3, ttl_s: 120 });
  t.equal(renewed.statusCode, 200);
  t.strictSame(renewed.json(), {
    status: 'renewed',
    turn: 't3',
    token: 3,
    ttl_s: 120,
    expires_at: new Date(server.clock.now() + 120_000).toISOString(),
  });

  const settled = await server.post('/v1/turns/t3/settle', {
    token: 3,
    usage: { cost_micro_usd: 125_000, tokens: { input: 10 } },
    occurred_at: server.clock.now() - 1_000,
  });
  t.equal(settled.statusCode, 201);
  t.match(settled.json(), {
    status: 'settled',
    turn: 't3',
    name: 'Ada',
    usage_seq: 5,
    cost_micro_usd: 125_000,
    advice: { interval_s: Number, reason: /./ },
  });
  const events = await server.events();
  t.strictSame(
    events.slice(-2).map(({ type }) => type),
    ['usage.recorded', 'turn.settled'],
  );
  t.match(events.at(-2), {
    occurred_at: server.clock.now() - 1_000,
    payload: {
      mode: 'autonomy',
      instance: { host: 'desk', pid: 7 },
      issued_interval_s: settled.json().advice.interval_s,
    },
  });
  t.equal(logFault(await server.stored()), null);
  t.equal((await server.replay({ check: true })).identical, true);
});

t.test('a request sent again is answered again, and nothing is doubled', async (t) => {
  const server = await testServer(t);
  const key = (name: string) => ({ 'idempotency-key': name });
  const asked = await server.post('/v1/turns', { name: 'Ada' }, key('ask'));
  const again = await server.post('/v1/turns', { name: 'Ada' }, key('ask'));
  t.strictSame([asked.statusCode, again.statusCode], [201, 200]);
  t.strictSame(again.json(), asked.json());
  const { turn, token } = asked.json<Granted>();
  const body = { token, usage: { session: 's', total_cost_usd: 2.5 } };
  const settled = await server.post(`/v1/turns/${turn}/settle`, body, key('end'));
  t.equal(settled.json().cost_micro_usd, 2_500_000);
  const byKey = await server.post(`/v1/turns/${turn}/settle`, body, key('end'));
  t.strictSame([byKey.statusCode, byKey.json()], [200, settled.json()]);
  const byToken = (await server.post(`/v1/turns/${turn}/settle`, body)).json();
  t.match(byToken, { status: 'settled', usage_seq: settled.json().usage_seq, cost_micro_usd: 2_500_000 });
  t.equal(byToken.advice.interval_s, settled.json().advice.interval_s, 'the interval it got');
  t.equal((await types(server)).filter((type) => type === 'usage.recorded').length, 1);
  t.match((await server.post(`/v1/turns/${turn}/settle`, { token, usage: {} }, key('end'))).json(), {
    code: 'key_reused',
  });
});

t.test('a turn that was imported is answered as it was', async (t) => {
  const server = await testServer(t);
  const key = { 'idempotency-key': 'end' };
  const { turn, token } = await grant(server);
  const body = { token, usage: { cost_micro_usd: 5 } };
  const first = (await server.post(`/v1/turns/${turn}/settle`, body, key)).json();
  const other = await testServer(t, { unknownAgents: 'auto' });
  const target = 'copy' as typeof pool;
  await other.ledger.addEmptyPool(target);
  const events = (await server.stored()).map((event) => ({ ...event, pool: target }));
  await other.ledger.adopt(target, events);
  const again = await other.post(`/v1/turns/${turn}/settle?pool=copy`, body, key);
  t.equal(again.statusCode, 200);
  t.match(again.json(), { turn, usage_seq: first.usage_seq, advice: { interval_s: first.advice.interval_s } });
});

t.test('who may not speak for a turn is told why', async (t) => {
  const server = await testServer(t);
  const { turn, token } = await grant(server, { ttl_s: 60 });
  const refused = async (path: string, body: object, code: string, status: number) => {
    const response = await server.post(`/v1/turns/${path}`, body);
    t.match(response.json(), { code, status }, `${path}: ${code}`);
    t.equal(response.statusCode, status);
  };
  const usage = { cost_micro_usd: 1 };
  await refused('t99/renew', { token: 99 }, 'turn_unknown', 404);
  await refused('nobody/settle', { token: 1, usage }, 'turn_unknown', 404);
  await refused('t1/release', { token: 1 }, 'turn_unknown', 404);
  await refused(`${turn}/renew`, { token: token - 1 }, 'turn_fenced', 409);
  const again = (await server.post('/v1/turns', { name: 'Ada' })).json<Granted>();
  t.equal(again.turn, turn);
  await refused(`${turn}/settle`, { token, usage }, 'turn_fenced', 409);
  t.equal((await server.post(`/v1/turns/${turn}/release`, { token: again.token })).statusCode, 200);
  t.equal((await server.post(`/v1/turns/${turn}/release`, { token: again.token })).statusCode, 200, 'released again');
  await refused(`${turn}/settle`, { token: again.token, usage }, 'turn_closed', 409);
  const late = await grant(server, { ttl_s: 60 });
  server.clock.advance(60_000);
  await refused(`${late.turn}/renew`, { token: late.token }, 'turn_expired', 409);
  await refused(`${late.turn}/settle`, { token: late.token, usage }, 'turn_expired', 409);
  await refused(`${late.turn}/settle`, { token: late.token }, 'invalid_field', 422);
  await refused(`${late.turn}/settle`, { token: late.token, usage: { mode: 'sleep' } }, 'invalid_field', 422);
  await refused(`${late.turn}/renew`, { token: late.token, turn: 't1' }, 'invalid_field', 422);
  await refused('', { name: 'Ada', ttl_s: 0 }, 'invalid_field', 422);
});

t.test('a denied turn is a problem with the time to come back, and stays denied under its key', async (t) => {
  const server = await testServer(t);
  await enforce(server);
  const key = { 'idempotency-key': 'ask-1' };
  const { turn, token } = await grant(server);
  await server.post(`/v1/turns/${turn}/settle`, { token, usage: { cost_micro_usd: 100_000 } });
  const denied = await server.post('/v1/turns', { name: 'Ada' }, key);
  t.equal(denied.statusCode, 429);
  const { retry_after_s: retryAfter, detail, reason } = denied.json();
  t.match(denied.json(), {
    status: 429,
    code: 'turn_denied',
    cause: 'before-its-time',
    advice: { interval_s: retryAfter },
  });
  t.equal(denied.headers['retry-after'], String(retryAfter));
  t.equal(detail, reason);
  server.clock.advance(1_000 * retryAfter);
  const kept = await server.post('/v1/turns', { name: 'Ada' }, key);
  t.match(kept.json(), { code: 'turn_denied', retry_after_s: retryAfter }, 'the same answer');
  t.equal((await server.post('/v1/turns', { name: 'Ada' }, { 'idempotency-key': 'ask-2' })).statusCode, 201);
  t.strictSame((await types(server)).filter((type) => type === 'turn.denied').length, 1);
});

t.test('what would be denied is said where turns are not enforced', async (t) => {
  const server = await testServer(t);
  await server.send('quota.read', {
    windows: [{ key: 'week_all', percent_bp: 10_000, resets_at: server.clock.now() + hours(2) }],
  });
  const response = await server.post('/v1/turns', { name: 'Ada' });
  t.equal(response.statusCode, 201);
  t.match(response.json(), {
    would_deny: { cause: 'window-exhausted', blocked_by: ['week_all'], retry_after_s: Number },
  });
});

t.test('open turns are listed page by page, and one is shown from the log, whatever became of it', async (t) => {
  const server = await testServer(t);
  const turns: Granted[] = [];
  for (const name of ['Ada', 'Grace', 'Eve']) turns.push(await grant(server, { name, instance: { host: name } }));
  const list = async (query: string) => (await server.get(`/v1/turns?${query}`)).json();
  const all = await list('');
  t.strictSame(
    all.turns.map(({ name }: { name: string }) => name),
    ['Ada', 'Grace', 'Eve'],
  );
  t.match(all, { pool: 'default', next: null });
  t.strictSame(Object.keys(all.turns[0]), [
    'turn',
    'name',
    'status',
    'granted_at',
    'expires_at',
    'estimate_micro_usd',
    'instance',
    'model',
  ]);
  const first = await list('limit=2');
  t.equal(first.turns.length, 2);
  t.strictSame((await list(`limit=2&cursor=${first.next}`)).turns, all.turns.slice(2));
  t.strictSame((await list('identity=GRACE')).turns, [all.turns[1]]);
  t.equal((await server.get('/v1/turns?identity=nobody')).statusCode, 404);
  t.match(await list('cursor=!'), { code: 'cursor_invalid' });
  t.match(await list('colour=red'), { code: 'request_invalid' });

  const [ada, grace, eve] = turns as [Granted, Granted, Granted];
  const one = async ({ turn }: Granted) => (await server.get(`/v1/turns/${turn}`)).json();
  t.strictSame(await one(ada), { ...all.turns[0], ended_at: null, usage_seq: null });
  server.clock.advance(minutes(14));
  await server.post(`/v1/turns/${ada.turn}/renew`, { token: ada.token });
  await server.post(`/v1/turns/${grace.turn}/settle`, { token: grace.token, usage: { cost_micro_usd: 1 } });
  t.match(await one(ada), { status: 'open', expires_at: new Date(server.clock.now() + minutes(15)).toISOString() });
  t.match(await one(grace), { status: 'settled', expires_at: null, ended_at: String, usage_seq: Number });
  server.clock.advance(minutes(1));
  t.match(await one(eve), { status: 'expired', ended_at: eve.expires_at }, 'before it is recorded');
  await server.ledger.expireTurns();
  t.match(await one(eve), { status: 'expired', ended_at: eve.expires_at }, 'and after');
  await server.post(`/v1/turns/${ada.turn}/release`, { token: ada.token });
  t.match(await one(ada), { status: 'released', usage_seq: null });
  t.strictSame((await list('')).turns, []);
  for (const nobody of ['t1', 't9999', 'x']) t.equal((await server.get(`/v1/turns/${nobody}`)).statusCode, 404);
});

t.test('the sweep records what expired, also after a restart, in every pool', async (t) => {
  const server = await testServer(t);
  await server.ledger.addPool('other' as typeof pool);
  const { turn } = await grant(server, { ttl_s: 60 });
  const other = (await server.post('/v1/turns?pool=other', { name: 'Eve', ttl_s: 90 })).json<Granted>();
  await server.ledger.expireTurns();
  t.notOk((await types(server)).includes('turn.expired'), 'nothing is due');
  await server.app.close();
  await server.close();

  server.clock.advance(60_000);
  const restarted = await temporaryLedger(t, { place: server.place, clock: server.clock });
  await restarted.ledger.expireTurns();
  t.match((await restarted.events()).at(-1), {
    type: 'turn.expired',
    actor: 'local',
    source: 'ledger/1',
    key: null,
    occurred_at: server.clock.now(),
    payload: { turn, name: 'Ada' },
  });
  server.clock.advance(45_000);
  await restarted.ledger.expireTurns();
  const last = (await restarted.ledger.readEvents('other' as typeof pool, { backwards: true, limit: 1 }))[0];
  t.match(last, { type: 'turn.expired', payload: { turn: other.turn }, occurred_at: server.clock.now() - 15_000 });
});

t.test('a command that comes after a turn was due finds it expired, and names its own event', async (t) => {
  const server = await testServer(t);
  await grant(server, { ttl_s: 60 });
  server.clock.advance(60_000);
  const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1 };
  const outcome = await server.post('/v1/events', { type: 'usage.recorded', key: 'k', payload: use });
  const [expired, used] = (await server.events()).slice(-2);
  t.match(expired, { type: 'turn.expired', key: null, source: 'ledger/1' });
  t.match(used, { type: 'usage.recorded', key: 'k', id: outcome.json().id });
});

t.test('what the holder says goes with other events, too; asking does not', async (t) => {
  const server = await testServer(t);
  const { turn, token } = await grant(server);
  const settle = { type: 'turn.settled', key: 'k', payload: { turn, token, usage: { session: 's', total_tokens: 5 } } };
  const answers = (await server.post('/v1/events?advice=true', [settle, settle])).json();
  t.match(answers, [
    { status: 'recorded', advice: { interval_s: Number } },
    { status: 'repeated', advice: { interval_s: Number } },
  ]);
  for (const type of ['turn.granted', 'turn.renewed', 'turn.denied', 'turn.expired', 'instance.conflict']) {
    t.match((await server.post('/v1/events', { type, payload: {} })).json(), { code: 'unknown_type' }, type);
  }
  const next = await grant(server);
  const both = [
    { type: 'turn.released', payload: { turn: next.turn, token: next.token } },
    { type: 'turn.settled', payload: { turn: next.turn, token: next.token, usage: {} } },
  ];
  t.match((await server.post('/v1/events?atomic=true', both)).json(), { code: 'turn_closed' }, 'all or nothing');
  t.equal((await server.get('/v1/turns')).json().turns.length, 1, 'the turn is still open');
});

t.test('what guards other routes guards these', async (t) => {
  const server = await testServer(t);
  const cross = await server.post('/v1/turns', { name: 'Ada' }, { origin: 'https://example.org' });
  t.match(cross.json(), { code: 'cross_site' });
  t.match((await server.post('/v1/turns', { name: 'x'.repeat(2_000_000) })).json(), { code: 'too_large' });
  t.match((await server.post('/v1/turns?pool=nope', { name: 'Ada' })).json(), { code: 'pool_unknown' });
  t.match((await server.post('/v1/turns', '{')).json(), { code: 'malformed_json' });
  const strict = await testServer(t, { unknownAgents: 'reject' });
  t.match((await strict.post('/v1/turns', { name: 'Ada' })).json(), {
    code: 'agent_unknown',
    errors: [{ field: 'name' }],
  });
});
