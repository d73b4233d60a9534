/** Goal: single commands and arrays through POST /v1/events get the outcomes that the log bears out. */
import t from 'tap';
import { logFault } from '../support/ledger.js';
import { testServer } from './support.js';

const use = (cost: number, more: object = {}) => ({
  type: 'usage.recorded',
  payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: cost },
  ...more,
});

t.test('one command: 201 with receipt and advice, and the event is in the log', async (t) => {
  const server = await testServer(t);
  const response = await server.post('/v1/events', use(5));
  t.equal(response.statusCode, 201);
  const outcome = response.json();
  t.strictSame(Object.keys(outcome).sort(), ['advice', 'hash', 'id', 'seq', 'status']);
  t.match(outcome, { status: 'recorded', seq: 3, advice: { interval_s: 900, quota_paused: false } });
  const event = (await server.get(`/v1/events/${outcome.id}`)).json();
  t.match(event, { seq: 3, type: 'usage.recorded', source: 'api/1', actor: 'local', hash: outcome.hash });
});

t.test('what is so already is repeated without a receipt', async (t) => {
  const server = await testServer(t);
  await server.send('identity.registered', { name: 'Ada' });
  const response = await server.post('/v1/events', { type: 'agent.resumed', payload: { name: 'Ada' } });
  t.equal(response.statusCode, 200);
  t.strictSame(response.json(), { status: 'repeated' });
});

t.test('the Idempotency-Key header is the key of a single command that has none', async (t) => {
  const server = await testServer(t);
  const first = await server.post('/v1/events', use(5), { 'idempotency-key': 'h' });
  const again = await server.post('/v1/events', use(5), { 'idempotency-key': 'h' });
  t.strictSame([first.statusCode, again.statusCode], [201, 200]);
  t.equal(again.json().seq, first.json().seq);
  const own = await server.post('/v1/events', use(5, { key: 'own' }), { 'idempotency-key': 'h' });
  t.equal(own.statusCode, 201, 'a key of its own comes first');
  const array = await server.post('/v1/events', [use(5)], { 'idempotency-key': 'h' });
  t.match(array.json(), { status: 400, code: 'request_invalid' }, 'a key for many commands stands for none');
});

t.test('an array: one outcome per item, in order; a bad item does not spoil the others', async (t) => {
  const server = await testServer(t);
  const items = [
    use(1),
    { type: 'nonsense', payload: {} },
    use(-1),
    7,
    use(2, { key: 'a' }),
    use(2, { key: 'a' }),
    use(3, { key: 'a' }),
  ];
  const response = await server.post('/v1/events', items);
  t.equal(response.statusCode, 200);
  const outcomes = response.json();
  t.strictSame(
    outcomes.map((outcome: { status: string; code?: string }) => outcome.code ?? outcome.status),
    ['recorded', 'unknown_type', 'invalid_field', 'invalid_field', 'recorded', 'repeated', 'key_reused'],
  );
  t.equal(outcomes[2].field, 'payload.cost_micro_usd');
  t.equal(outcomes[0].advice, undefined);
  t.type((await server.post('/v1/events?advice=true', [use(1)])).json()[0].advice.interval_s, 'number');
  t.strictSame((await server.post('/v1/events', [])).json(), []);
  t.equal((await server.get('/v1/daily')).json().rows[0].total_cost_micro_usd, 4);
  t.equal(logFault(await server.stored()), null);
});

t.test('who does not ask is told nothing, and nothing is kept as told', async (t) => {
  const server = await testServer(t);
  const issued = async () => {
    const uses = await server.ledger.readEvents('default' as never, { types: ['usage.recorded'], limit: 100 });
    return uses.map(({ payload }) => 'issued_interval_s' in payload && payload.issued_interval_s !== undefined);
  };
  const silent = await server.post('/v1/events?ask=false', use(1, { key: 'a' }));
  t.equal(silent.statusCode, 201);
  t.strictSame(Object.keys(silent.json()), ['status', 'seq', 'id', 'hash']);
  t.notHas((await server.post('/v1/events?ask=false', [use(1)])).json()[0], { advice: {} });
  t.match((await server.post('/v1/events?ask=true', [use(1)])).json()[0], { advice: { interval_s: Number } });
  t.match((await server.post('/v1/events?ask=true', use(1))).json(), { advice: { interval_s: Number } });
  t.strictSame(await issued(), [false, false, true, true]);
  t.match(
    (await server.post('/v1/events', use(1, { key: 'a' }))).json(),
    { status: 'repeated', advice: {} },
    'now it asks',
  );
  t.match((await server.post('/v1/events?ask=true&advice=true', [use(1)])).json(), { code: 'request_invalid' });
  t.match((await server.post('/v1/events?ask=maybe', use(1))).json(), { code: 'request_invalid' });

  const ask = { name: 'Ada', instance: { host: 'desk', pid: 1 } };
  const { turn, token } = (await server.post('/v1/turns', ask)).json();
  const settled = await server.post(`/v1/turns/${turn}/settle?ask=false`, { token, usage: { cost_micro_usd: 5 } });
  t.match(settled.json(), { status: 'settled', cost_micro_usd: 5 });
  t.notHas(settled.json(), { advice: {} });
  t.equal((await issued()).at(-1), false);
});

t.test('atomic: all or nothing, and the answer names the item that spoiled it', async (t) => {
  const server = await testServer(t);
  const { seq } = await server.ledger.head('default' as never);
  const correction = {
    type: 'usage.corrected',
    payload: { corrects: '01JGV3M9Q8ZJ4X7W2K5T6R8N1P', difference: {}, reason: 'r' },
  };
  for (const [bad, code] of [
    [use(-1), 'invalid_field'],
    [correction, 'event_unknown'],
  ] as const) {
    const response = await server.post('/v1/events?atomic=true', [use(1), bad, use(2, { key: 'k' })]);
    const problem = response.json();
    t.equal(problem.code, code);
    t.equal(response.statusCode, problem.status);
    t.match(problem.detail, /item 1/);
    t.strictSame(
      problem.outcomes.map((outcome: { code: string }) => outcome.code),
      ['atomic_failed', code, 'atomic_failed'],
    );
    t.equal((await server.ledger.head('default' as never)).seq, seq, 'nothing was recorded');
  }
  const good = await server.post('/v1/events?atomic=true', [use(1), use(2, { key: 'k' })]);
  t.equal(good.statusCode, 200);
  t.ok(
    good.json().every((outcome: { status: string }) => outcome.status === 'recorded'),
    'the key of the failed request was not used up',
  );
  const stream = await server.post('/v1/events?atomic=true', '{}\n', { 'content-type': 'application/x-ndjson' });
  t.match(stream.json(), { status: 400, errors: [{ field: 'atomic' }] });
});

t.test('many clients at once: every event once, none lost, the chain whole', async (t) => {
  const server = await testServer(t);
  const replies = await Promise.all(
    Array.from({ length: 200 }, (_, i) => server.post('/v1/events', use(1, { key: `k${i % 100}` }))),
  );
  t.equal(replies.filter((reply) => reply.statusCode === 201).length, 100);
  t.equal(replies.filter((reply) => reply.statusCode === 200).length, 100);
  t.equal(new Set(replies.map((reply) => reply.json().seq)).size, 100);
  t.equal((await server.get('/v1/daily')).json().rows[0].total_cost_micro_usd, 100);
  t.equal(logFault(await server.stored()), null);
});

t.test('an outcome says where another event was recorded in the place of the one that was asked for', async (t) => {
  const server = await testServer(t);
  const response = (output: number) => ({
    type: 'usage.recorded',
    payload: {
      name: 'Ada',
      mode: 'autonomy',
      tokens: { input: 10, output },
      meter: { provider: 'anthropic', rank: 'final', response: 'msg_1' },
    },
  });
  const outcomes = (await server.post('/v1/events', [response(5), response(9), response(9)])).json();
  t.match(outcomes, [
    { status: 'recorded' },
    { status: 'recorded', instead: 'usage.corrected' },
    { status: 'repeated' },
  ]);
  t.notOk('instead' in outcomes[0]);
  const single = await server.post('/v1/events', response(12));
  t.match(single.json(), { status: 'recorded', instead: 'usage.corrected' });
});
