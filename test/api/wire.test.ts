/** Goal: clients of the original server keep working; every key of every reply, by name and type. */
import t from 'tap';
import { command, reading, usage } from '../support/command.js';
import { minutes, noon } from '../support/fold.js';
import { incrementShapeOf, listeningServer, shapeOf, testServer } from './support.js';

const incrementShape = {
  status: 'string',
  claude_name: 'string',
  cost_recorded: 'number',
  tokens_recorded: 'integer',
  recommended_interval: 'integer',
  current_interval: 'integer',
  multipliers: { fairness: 'number', quota_brake: 'number', combined: 'number' },
  quota_status: 'string',
  overdue_alerts: 'null',
  quota_paused: 'boolean',
};

t.test('increment over a real socket answers every key, in both forms', async (t) => {
  const { url } = await listeningServer(t);
  const increment = async (body: object) => {
    const response = await fetch(`${url}/resource-share/increment`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    t.equal(response.status, 200);
    return response.json() as Promise<Record<string, unknown>>;
  };
  const newer = await increment({
    claude_name: 'Ada',
    mode: 'autonomy',
    cost_delta: 0.1234567,
    context_percentage: 41.5,
    current_interval: 1800,
    hostname: 'host-1',
    ip_address: '10.0.0.1',
    something_new: { from: 'a later client' },
  });
  t.strictSame(incrementShapeOf(newer), { ...incrementShape, warnings: ['string'] });
  t.match(newer, {
    warnings: [/^something_new /],
    status: 'success',
    claude_name: 'Ada',
    cost_recorded: 0.123457,
    tokens_recorded: 0,
    current_interval: 1800,
  });

  const older = await increment({ claude_name: 'ada', mode: 'collaboration', cache_read_increment: 1500 });
  t.strictSame(incrementShapeOf(older), { ...incrementShape, cost_recorded: 'null' });
  t.match(older, { claude_name: 'Ada', cost_recorded: null, tokens_recorded: 1500 }, 'the canonical name comes back');

  const neither = await increment({ claude_name: 'Ada', mode: 'autonomy', cost_delta: null });
  t.strictSame(incrementShapeOf(neither), { ...incrementShape, cost_recorded: 'null' });
  t.match(neither, { cost_recorded: null, tokens_recorded: 0 });
});

t.test('what an increment says is what is recorded', async (t) => {
  const server = await testServer(t);
  await server.post('/resource-share/increment', {
    claude_name: 'Ada',
    mode: 'anything',
    cost_delta: 0.0000014,
    context_percentage: 12.5,
    current_interval: 60,
    hostname: 'host-1',
    ip_address: '10.0.0.1',
    session: 's1',
    model: 'm1',
    project: 'p1',
  });
  const [event] = await server.ledger.readEvents('default' as never, { limit: 1, backwards: true });
  t.match(event, { type: 'usage.recorded', source: 'coop/1', actor: 'local', key: null });
  t.strictSame(event?.payload, {
    name: 'Ada',
    mode: 'collaboration',
    cost_micro_usd: 1,
    cost_source: 'reported',
    context_percentage: 12.5,
    current_interval: 60,
    instance: { host: 'host-1', ip: '10.0.0.1' },
    session: 's1',
    model: 'm1',
    project: 'p1',
    issued_interval_s: 900,
  });
});

t.test('an increment may name its turn, known or not', async (t) => {
  const server = await testServer(t);
  const increment = { claude_name: 'Ada', mode: 'autonomy', cost_delta: 1 };
  t.notHas((await server.post('/resource-share/increment', { ...increment, turn: 't99' })).json(), { warnings: [] });
  const odd = await server.post('/resource-share/increment', { ...increment, turn: 'mine' });
  t.match(odd.json(), { status: 'success', warnings: [/^turn /] }, 'what is no id of a turn is left out, and said');
  const uses = await server.ledger.readEvents('default' as never, { types: ['usage.recorded'], limit: 10 });
  t.match(
    uses.map(({ payload }) => payload),
    [{ turn: 't99' }, { turn: undefined, raw: '{"turn":"mine"}' }],
  );
});

t.test('absolute counters: resending is harmless, and the answer says what was new', async (t) => {
  const server = await testServer(t);
  const body = { claude_name: 'Ada', mode: 'autonomy', session: 's1', total_cost_usd: 1.5, total_tokens: 4000 };
  const first = (await server.post('/resource-share/increment', body)).json();
  t.match(first, { cost_recorded: 1.5, tokens_recorded: 4000 });
  const again = (await server.post('/resource-share/increment', body)).json();
  t.match(again, { cost_recorded: 0, tokens_recorded: 0 });
  const more = (
    await server.post('/resource-share/increment', { ...body, total_cost_usd: 1.75, total_tokens: 4100 })
  ).json();
  t.match(more, { cost_recorded: 0.25, tokens_recorded: 100 });
  t.strictSame(incrementShapeOf(more), incrementShape);
});

t.test('a repeated key answers the first answer again, another body under it is refused', async (t) => {
  const server = await testServer(t);
  const body = { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.5 };
  for (const [header, value, same] of [
    ['idempotency-key', 'k1', 'k1'],
    ['idempotency-key', '"k 2"', 'k 2'],
    ['webhook-id', 'msg_3', 'msg_3'],
  ] as const) {
    const first = await server.post('/resource-share/increment', body, { [header]: value });
    t.equal(first.statusCode, 200);
    const { seq } = await server.ledger.head('default' as never);
    server.clock.advance(1_000);
    await server.record(reading('week_all', 10_000, { resets_at: server.clock.now() + 7_200_000 }));
    const again = await server.post('/resource-share/increment', body, { [header]: same });
    t.equal(again.statusCode, 200);
    t.strictSame(again.json(), first.json(), `${header}: ${value}: the same answer, though the quota is full by now`);
    t.equal((await server.ledger.head('default' as never)).seq, seq + 1, 'only the reading was recorded');
    const other = await server.post('/resource-share/increment', { ...body, cost_delta: 0.6 }, { [header]: value });
    t.equal(other.statusCode, 422);
    t.equal(other.json().code, 'key_reused');
    await server.record(reading('week_all', 10, { resets_at: server.clock.now() + 14_400_000 }));
  }
});

t.test('a full window says so on the wire', async (t) => {
  const server = await testServer(t);
  await server.record(reading('session_5hour', 10_000, { resets_at: noon + 3_600_000 }));
  const reply = (await server.post('/resource-share/increment', { claude_name: 'Ada', mode: 'autonomy' })).json();
  t.match(reply, { quota_paused: true, multipliers: { fairness: 1 } });
  t.ok(reply.recommended_interval >= 3_630 && reply.recommended_interval <= 3_900, 'until shortly after the reset');
  t.equal(reply.multipliers.combined, Math.round((reply.recommended_interval / 900) * 1e4) / 1e4);
});

t.test(
  'a name that cannot be recorded is refused by the name of the field on the wire, and nothing is recorded',
  async (t) => {
    const server = await testServer(t);
    const before = await server.ledger.head('default' as never);
    for (const name of ['A\u0007da', 'A\u202Eda']) {
      const response = await server.post('/resource-share/increment', { claude_name: name, mode: 'autonomy' });
      t.equal(response.statusCode, 422);
      const problem = response.json();
      t.match(problem, { code: 'invalid_field', errors: [{ field: 'claude_name' }] });
      t.type(problem.detail, 'string');
    }
    for (const text of ['{"claude_name":"Ada","mode":"autonomy","cost_delta":NaN}', '{"claude_name":"Ada"']) {
      t.equal((await server.post('/resource-share/increment', text)).json().code, 'malformed_json');
    }
    t.equal((await server.ledger.head('default' as never)).seq, before.seq);
  },
);

t.test('agents that must be registered are refused with 403, naming claude_name', async (t) => {
  const server = await testServer(t, { unknownAgents: 'reject' });
  const response = await server.post('/resource-share/increment', { claude_name: 'Stranger', mode: 'autonomy' });
  t.equal(response.statusCode, 403);
  t.match(response.json(), { code: 'agent_unknown', errors: [{ field: 'claude_name' }] });
});

const daily = {
  autonomous_tokens: 'integer',
  collaborative_tokens: 'integer',
  total_tokens: 'integer',
  autonomous_cost_usd: 'number',
  collaborative_cost_usd: 'number',
  total_cost_usd: 'number',
};

t.test('today and summary count tokens of the day in the zone of the pool', async (t) => {
  const server = await testServer(t, { timeZone: 'Asia/Tokyo' });
  // Noon UTC is 21:00 in Tokyo: half a day earlier it was the same UTC day, and another one there.
  await server.record(
    usage('Ada', { legacy_tokens: 100 }),
    usage('Ada', { legacy_tokens: 20, mode: 'collaboration' }),
    usage('Ada', { legacy_tokens: 7_000 }, { occurred_at: noon - 22 * 3_600_000 }),
    usage('Bob', { tokens: { input: 500 } }),
    command('identity.aliased', { name: 'Ada', alias: 'Countess' }),
  );
  const today = (await server.get('/resource/today/Ada')).json();
  t.strictSame(shapeOf(today), { claude_name: 'string', date: 'string', ...daily });
  const date = new Date(noon + 9 * 3_600_000).toISOString().slice(0, 10);
  t.strictSame(today, {
    claude_name: 'Ada',
    date,
    autonomous_tokens: 100,
    collaborative_tokens: 20,
    total_tokens: 120,
    autonomous_cost_usd: 0.00003,
    collaborative_cost_usd: 0.000006,
    total_cost_usd: 0.000036,
  });
  t.strictSame((await server.get('/resource/today/countess')).json(), today, 'an alias leads there');

  const unknown = await server.get('/resource/today/Nobody');
  t.equal(unknown.statusCode, 200);
  t.strictSame(unknown.json(), {
    claude_name: 'Nobody',
    date,
    autonomous_tokens: 0,
    collaborative_tokens: 0,
    total_tokens: 0,
    autonomous_cost_usd: 0,
    collaborative_cost_usd: 0,
    total_cost_usd: 0,
  });

  const summary = (await server.get('/resource/summary')).json();
  t.strictSame(Object.keys(summary.claudes[0]), ['claude_name', ...Object.keys(daily)]);
  t.strictSame(
    summary.claudes.map((row: { claude_name: string; total_tokens: number }) => [row.claude_name, row.total_tokens]),
    [
      ['Bob', 500],
      ['Ada', 120],
    ],
    'the largest total first',
  );
});

t.test('overdue: after the multiple of the interval, not before; never the paused, retired or merged', async (t) => {
  const server = await testServer(t);
  await server.record(...['Ada', 'Paused', 'Retired', 'Merged'].map((name) => usage(name)));
  await server.record(
    command('agent.paused', { name: 'Paused' }),
    command('identity.retired', { name: 'Retired' }),
    command('identity.merged', { from: 'Merged', into: 'Ada' }),
  );
  server.clock.goTo(noon + 3 * 900_000);
  t.equal((await server.get('/overdue-claudes')).json().overdue_count, 0);
  server.clock.advance(1_000);
  const late = (await server.get('/overdue-claudes?multiplier=3.0')).json();
  t.strictSame(shapeOf(late), {
    timestamp: 'string',
    multiplier: 'integer',
    overdue_count: 'integer',
    overdue: [
      {
        name: 'string',
        last_checkin: 'string',
        expected_interval_seconds: 'integer',
        seconds_since_checkin: 'integer',
        overdue_minutes: 'integer',
      },
    ],
  });
  t.match(late, {
    overdue_count: 1,
    overdue: [{ name: 'Ada', expected_interval_seconds: 900, seconds_since_checkin: 2701, overdue_minutes: 30 }],
  });
  t.equal((await server.get('/overdue-claudes?multiplier=4')).json().overdue_count, 0);
  for (const bad of ['0', '-1', 'x', '', 'NaN', 'Infinity']) {
    const response = await server.get(`/overdue-claudes?multiplier=${bad}`);
    t.equal(response.statusCode, 422, bad);
    t.match(response.json(), { code: 'invalid_field', errors: [{ field: 'multiplier' }] });
  }
});

t.test('overdue: a pause that has run out leaves two intervals to come back', async (t) => {
  const server = await testServer(t);
  await server.record(usage('Ada'), command('agent.paused', { name: 'Ada', until: noon + 36_000_000 }));
  server.clock.goTo(noon + 36_000_000 + 2 * 900_000 - 1);
  t.equal((await server.get('/overdue-claudes')).json().overdue_count, 0);
  server.clock.advance(1);
  t.equal((await server.get('/overdue-claudes')).json().overdue_count, 1);
});

t.test('pause, pause-status, unpause', async (t) => {
  const server = await testServer(t);
  await server.record(usage('Ada'));
  const paused = await server.post('/pause', { claude_name: 'ADA', duration_minutes: 30 });
  t.strictSame(paused.json(), {
    status: 'success',
    claude_name: 'Ada',
    paused: true,
    pause_until: wireText(noon + 1_800_000),
    duration_minutes: 30,
  });
  server.clock.advance(60_500);
  t.strictSame((await server.get('/pause-status?claude_name=Ada')).json(), {
    claude_name: 'Ada',
    paused: true,
    pause_until: wireText(noon + 1_800_000),
    time_remaining_seconds: 1739,
    time_remaining_minutes: 28,
  });
  server.clock.goTo(noon + 1_800_000);
  t.strictSame((await server.get('/pause-status?claude_name=Ada')).json(), {
    claude_name: 'Ada',
    paused: false,
    note: 'Pause expired',
  });
  await server.post('/pause', { claude_name: 'Ada', duration_minutes: 30 });
  t.strictSame((await server.post('/unpause', { claude_name: 'Ada' })).json(), {
    status: 'success',
    claude_name: 'Ada',
    paused: false,
  });
  t.strictSame(
    (await server.post('/unpause', { claude_name: 'Ada' })).json().paused,
    false,
    'ending it twice is no fault',
  );
  t.strictSame((await server.get('/pause-status?claude_name=Ada')).json(), { claude_name: 'Ada', paused: false });
  await server.record(command('agent.paused', { name: 'Ada' }));
  t.match((await server.get('/pause-status?claude_name=Ada')).json(), { paused: true, pause_until: null });
});

t.test('names nobody knows are a 404 of their own, never a 500', async (t) => {
  const server = await testServer(t);
  const replies = [
    await server.post('/unpause', { claude_name: 'Nobody' }),
    await server.get('/pause-status?claude_name=Nobody'),
    await server.post('/autonomous-time/choice', { claude_name: 'Nobody', choice: 'wait' }),
  ];
  for (const reply of replies) {
    t.equal(reply.statusCode, 404);
    t.match(reply.json(), { code: 'identity_unknown', status: 404, errors: [{ field: 'claude_name' }] });
  }
  t.equal((await server.get('/pause-status')).statusCode, 422);
});

t.test('choices of autonomous time', async (t) => {
  const server = await testServer(t);
  await server.record(usage('Ada'));
  const iso = new Date(noon - 1_000).toISOString();
  const body = {
    claude_name: 'ada',
    choice: 'wake-at',
    wake_at: '2030-01-01T10:00:00+02:00',
    context_percentage: 12.5,
    timestamp: iso.slice(0, -1),
  };
  const first = await server.post('/autonomous-time/choice', body, { 'idempotency-key': 'c1' });
  t.strictSame(first.json(), {
    status: 'success',
    claude_name: 'Ada',
    choice: 'wake-at',
    turns: null,
    duration_minutes: null,
    wake_at: '2030-01-01T08:00:00.000+00:00',
    context_percentage: 12.5,
    timestamp: wireText(noon - 1_000),
  });
  server.clock.advance(5_000);
  t.strictSame((await server.post('/autonomous-time/choice', body, { 'idempotency-key': 'c1' })).json(), first.json());
  for (const [change, field] of [[{ choice: 'sleep' }, 'choice']] as const) {
    const reply = await server.post('/autonomous-time/choice', { ...body, ...change });
    t.equal(reply.statusCode, 422, field);
    t.equal(reply.json().errors[0].field, field);
  }
});

t.test('health', async (t) => {
  const server = await testServer(t);
  await server.record(usage('Ada'), usage('Bob'), command('identity.merged', { from: 'Bob', into: 'Ada' }));
  const health = (await server.get('/health')).json();
  t.strictSame(shapeOf(health), {
    status: 'string',
    claudes_registered: 'integer',
    version: 'string',
    pool: 'string',
    seq: 'integer',
    storage_fault: 'null',
    quota_readings: { last_at: 'null', every_s: 'null', missing: 'boolean' },
    maintenance: 'null',
    queued: 'integer',
    alerts: { open: 'integer', unacknowledged: 'integer' },
    witnesses_missing: 'null',
  });
  t.match(health, { status: 'healthy', claudes_registered: 1, queued: 0, storage_fault: null });
});

t.test('health says when no reading came for twice the usual time', async (t) => {
  const server = await testServer(t);
  const { clock } = server;
  const readings = async () => (await server.get('/health')).json().quota_readings;
  const read = (percent: number) =>
    server.post('/v1/events', {
      type: 'quota.read',
      payload: { windows: [{ key: 'week_all', percent_bp: percent * 100 }] },
    });
  await read(10);
  t.match(await readings(), { every_s: null, missing: false });
  for (const percent of [11, 12, 13]) {
    clock.advance(minutes(20));
    await read(percent);
  }
  t.strictSame(await readings(), { last_at: '2026-01-05T13:00:00.000+00:00', every_s: 1_200, missing: false });
  clock.advance(minutes(40));
  t.equal((await readings()).missing, false, 'one may be late');
  clock.advance(minutes(1));
  t.equal((await readings()).missing, true);
  const { windows } = (await server.get('/v1/fairness')).json();
  t.match(windows[0], { stale: true }, 'and the window is stale');
});

t.test('every route works on the pool that is named', async (t) => {
  const server = await testServer(t);
  await server.post('/v1/pools', { pool: 'team-a', time_zone: 'Europe/London' });
  await server.post('/resource-share/increment?pool=team-a', {
    claude_name: 'Ada',
    mode: 'autonomy',
    cache_read_increment: 5,
  });
  t.equal((await server.get('/resource/today/Ada?pool=team-a')).json().total_tokens, 5);
  t.equal((await server.get('/resource/today/Ada')).json().total_tokens, 0);
  for (const path of ['/health', '/resource/summary', '/resource/today/Ada', '/dashboard/json', '/overdue-claudes']) {
    t.equal((await server.get(`${path}?pool=team-a`)).statusCode, 200, path);
    t.match((await server.get(`${path}?pool=nowhere`)).json(), { status: 404, code: 'pool_unknown' });
  }
});

/** An instant as this wire writes it. */
const wireText = (at: number): string => new Date(at).toISOString().replace('Z', '+00:00');
