/**
 * Goal: what the original server answered with 200 is recorded here, too. Its clients never send again, so a report that is
 * refused is lost. What of a body is not understood is left out, named in the answer, and kept.
 */
import t from 'tap';
import { listeningServer, type TestServer, testServer } from '../api/support.js';

const increment = '/resource-share/increment';

/** What each of the eleven revisions of the original client sends: four shapes, with what may stand beside them. */
const revisions: readonly (readonly [
  when: string,
  body: object,
  micro: number | undefined,
  tokens: number | undefined,
])[] = [
  ['2025-12', { claude_name: 'Ada', cache_read_increment: 1_500, mode: 'autonomy' }, 450, 1_500],
  ['2025-12, at work', { claude_name: 'Ada', cache_read_increment: 1_500, mode: 'collab' }, 450, 1_500],
  ['2025-12, nothing used', { claude_name: 'Ada', cache_read_increment: 0, mode: 'autonomy' }, 0, 0],
  ['2026-01', { claude_name: 'Ada', cache_read_increment: 20, mode: 'autonomy', current_interval: 1_800 }, 6, 20],
  ['2026-01-09', { claude_name: 'Ada', cache_read_increment: 20, mode: 'autonomy', context_percentage: 41.5 }, 6, 20],
  ['2026-01-11', { claude_name: 'Ada', cost_delta: 0.25, mode: 'autonomy', current_interval: 900 }, 250_000, undefined],
  ['2026-01-11, both', { claude_name: 'Ada', cost_delta: 0.25, cache_read_increment: 9, mode: 'autonomy' }, 250_000, 9],
  ['2026-02', { claude_name: 'Ada', cost_delta: 0, mode: 'autonomy', current_interval: 900 }, 0, undefined],
  [
    '2026-03',
    {
      claude_name: 'Ada',
      cost_delta: 0.5,
      mode: 'autonomy',
      current_interval: 900,
      hostname: 'desk',
      ip_address: '::1',
    },
    500_000,
    undefined,
  ],
  [
    '2026-04',
    { claude_name: 'Ada', cost_delta: 0.5, mode: 'autonomy', current_interval: null, hostname: '', ip_address: null },
    500_000,
    undefined,
  ],
  [
    '2026-04, with its context',
    { claude_name: 'Ada', cost_delta: 0.5, mode: 'autonomy', context_percentage: null, hostname: 'desk' },
    500_000,
    undefined,
  ],
];

t.test('the eleven revisions of its client are recorded, with nothing to say against them', async (t) => {
  const server = await testServer(t);
  t.equal(revisions.length, 11);
  for (const [when, body, micro, tokens] of revisions) {
    const answer = await server.post(increment, body);
    t.equal(answer.statusCode, 200, when);
    t.notOk('warnings' in answer.json(), when);
    t.ok(answer.json().recommended_interval > 0, `${when}: an interval it adopts`);
    const { cost_micro_usd, legacy_tokens, raw } = await newest(server);
    t.strictSame([cost_micro_usd, legacy_tokens, raw], [micro, tokens, undefined], when);
  }
});

const good = { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.25 };

/** Oddities: what is sent beside `good`, what is recorded of it, whether it is kept as it was sent, and what the answer names. */
const oddities: readonly (readonly [sent: object, recorded: object, kept: boolean, named: readonly string[]])[] = [
  [{ cost_delta: '0.5' }, { cost_micro_usd: 500_000 }, false, []],
  [{ cost_delta: ' 1e-3 ' }, { cost_micro_usd: 1_000 }, false, []],
  [{ cost_delta: 'much' }, { cost_micro_usd: 0, legacy_tokens: 0 }, true, ['cost_delta']],
  [{ cost_delta: -0.01 }, { cost_micro_usd: 0 }, true, ['cost_delta']],
  [{ cost_delta: 1e9 }, { cost_micro_usd: 0 }, true, ['cost_delta']],
  [{ cost_delta: { usd: 1 } }, { cost_micro_usd: 0 }, true, ['cost_delta']],
  [{ cost_delta: true }, { cost_micro_usd: 0 }, true, ['cost_delta']],
  [{ cost_delta: 'NaN' }, { cost_micro_usd: 0 }, true, ['cost_delta']],
  [{ cache_read_increment: 1_500.0 }, { legacy_tokens: 1_500 }, false, []],
  [{ cache_read_increment: '1500' }, { legacy_tokens: 1_500 }, false, []],
  [{ cache_read_increment: 1.6 }, { legacy_tokens: 2 }, false, ['cache_read_increment']],
  [{ cache_read_increment: '1.6' }, { legacy_tokens: 2 }, false, ['cache_read_increment']],
  [{ cache_read_increment: -1 }, { legacy_tokens: undefined }, true, ['cache_read_increment']],
  [{ cache_read_increment: 1e300 }, { legacy_tokens: undefined }, true, ['cache_read_increment']],
  [{ context_percentage: -1 }, { context_percentage: undefined }, true, ['context_percentage']],
  [{ context_percentage: '41.5' }, { context_percentage: 41.5 }, false, []],
  [{ context_percentage: 5_000 }, { context_percentage: undefined }, true, ['context_percentage']],
  [{ current_interval: 900.4 }, { current_interval: 900 }, false, ['current_interval']],
  [{ current_interval: 1e12 }, { current_interval: undefined }, true, ['current_interval']],
  [{ hostname: 'h'.repeat(300) }, { instance: undefined }, true, ['hostname']],
  [{ hostname: 7, ip_address: '::1' }, { instance: { ip: '::1' } }, true, ['hostname']],
  [{ hostname: 'a\u0000b' }, { instance: undefined }, true, ['hostname']],
  [{ mode: undefined }, { mode: 'collaboration' }, false, []],
  [{ mode: 7 }, { mode: 'collaboration' }, true, ['mode']],
  [{ mode: null }, { mode: 'collaboration' }, false, []],
  [{ session: '' }, { session: undefined }, true, ['session']],
  [{ total_cost_usd: 1 }, { cost_micro_usd: 250_000, counter: undefined }, true, ['total_cost_usd']],
  [{ session: 's', total_cost_usd: 1 }, { cost_micro_usd: 250_000, counter: undefined }, true, ['total_cost_usd']],
  [{ session: 's', total_tokens: 5, cache_read_increment: 1 }, { legacy_tokens: 1 }, true, ['total_tokens']],
  [{ something_new: { from: 'a later client' } }, {}, false, ['something_new']],
  [{ hostname: 7, current_interval: [], note: 1 }, {}, true, ['hostname', 'current_interval', 'note']],
];

t.test('what is not understood is left out and named, and the rest is recorded', async (t) => {
  const server = await testServer(t);
  for (const [sent, recorded, kept, named] of oddities) {
    const what = JSON.stringify(sent).slice(0, 80);
    const answer = await server.post(increment, { ...good, ...sent });
    t.equal(answer.statusCode, 200, what);
    const warnings: string[] = answer.json().warnings ?? [];
    t.strictSame(
      warnings.map((text) => text.split(' ')[0]),
      named,
      `${what}: named`,
    );
    const payload = await newest(server);
    t.match({ ...absent(recorded), ...payload }, recorded, `${what}: recorded`);
    if (kept) t.match({ ...good, ...sent }, JSON.parse(String(payload.raw)), `${what}: kept as it was sent`);
    else t.equal(payload.raw, undefined, `${what}: nothing to keep`);
  }
  t.equal((await server.replay()).identical, true, 'and a replay makes the same rows of it');
});

t.test('a priced report of any multiplier is taken', async (t) => {
  const server = await testServer(t);
  await server.send('identity.registered', { name: 'Ada', cost_multiplier: 1_000 });
  const most = await server.post(increment, { ...good, cost_delta: null, cache_read_increment: 1e10 });
  t.equal(most.statusCode, 200);
  const more = await server.post(increment, { ...good, cost_delta: null, cache_read_increment: 1e10 + 1 });
  t.equal(more.statusCode, 200);
  t.match(more.json().warnings, [/^cache_read_increment /]);
});

t.test('what says nothing of what is wrong stays bounded', async (t) => {
  const server = await testServer(t);
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`${i}_${'x'.repeat(150)}`, i]));
  const answer = await server.post(increment, { ...good, ...many, hostname: 'é'.repeat(100_000) });
  t.equal(answer.statusCode, 200);
  t.equal(answer.json().warnings.length, 21);
  t.match(answer.json().warnings.at(-1), /^and \d+ more$/);
  t.ok(answer.body.length < 5_000);
  t.equal(String((await newest(server)).raw).length, 8_192);
});

t.test('a body that does not say what it is, or begins with a byte-order mark, is JSON', async (t) => {
  const { url, test } = await listeningServer(t);
  const send = async (path: string, body: object, headers: Record<string, string> = {}, mark = '') => {
    // Bytes have no type of their own, so that none is sent.
    const bytes = new TextEncoder().encode(mark + JSON.stringify(body));
    const response = await fetch(url + path, { method: 'POST', body: bytes, headers });
    return response.status;
  };
  const json = { 'content-type': 'application/json' };
  t.equal(await send(increment, good), 200);
  t.equal(await send('/pause', { claude_name: 'Ada', duration_minutes: 1 }), 200);
  t.equal(await send('/unpause', { claude_name: 'Ada' }), 200);
  t.equal(await send('/autonomous-time/choice', { claude_name: 'Ada', choice: 'wait' }), 200);
  t.equal(await send(increment, good, json, '\uFEFF'), 200);
  t.equal(await send(increment, good, {}, '\uFEFF'), 200);
  t.equal(await send(increment, good, { 'content-type': 'Application/JSON; charset=utf-8' }), 200);
  t.equal(
    await send('/v1/events', { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy' } }, json, '\uFEFF'),
    201,
  );
  for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain']) {
    t.equal(
      await send(increment, good, { 'content-type': type }),
      415,
      `${type} is what a page of another site can send`,
    );
  }
  const [used] = await test.ledger.query<{ reports: number }>('SELECT reports FROM daily_resource_share');
  t.equal(Number(used?.reports), 5);
});

t.test('what is no JSON object means nothing, and is refused', async (t) => {
  const server = await testServer(t);
  for (const body of ['[]', '7', 'null', '"Ada"']) {
    t.match((await server.post(increment, body)).json(), { status: 422, code: 'invalid_field' }, body);
  }
  for (const body of ['', '{"claude_name":"Ada"', 'claude_name=Ada']) {
    t.match((await server.post(increment, body)).json(), { status: 400, code: 'malformed_json' }, body);
  }
});

t.test('a pause before the first report registers its agent', async (t) => {
  const server = await testServer(t);
  const paused = await server.post('/pause', { claude_name: 'Ada', duration_minutes: 30 });
  t.match(paused.json(), { status: 'success', claude_name: 'Ada', paused: true, duration_minutes: 30 });
  t.match((await server.get('/pause-status?claude_name=ada')).json(), { paused: true, time_remaining_minutes: 30 });
  t.match((await server.get('/v1/advice/Ada')).json(), { may_run: false, paused: true }, 'and is in force');
  const rows = await server.ledger.query('SELECT name, status FROM claude_identities');
  t.strictSame(rows, [{ name: 'Ada', status: 'unconfirmed' }]);
  t.equal((await server.post(increment, { ...good, claude_name: 'ADA' })).json().claude_name, 'Ada');
  const typo = await server.post('/v1/events', { type: 'agent.paused', payload: { name: 'Adaa' } });
  t.equal(typo.json().code, 'identity_unknown', 'where a person may have mistyped, nobody is registered');
});

t.test('where agents must be registered, a pause registers nobody', async (t) => {
  const server = await testServer(t, { unknownAgents: 'reject' });
  const answer = await server.post('/pause', { claude_name: 'Ada', duration_minutes: 5 });
  t.match(answer.json(), { status: 403, code: 'agent_unknown' });
});

/** `duration_minutes` as it is sent, and as how many minutes it counts. */
const durations: readonly (readonly [sent: unknown, minutes: number, warned: boolean])[] = [
  [30, 30, false],
  ['30', 30, false],
  [30.4, 30, true],
  [0, 0, false],
  [-5, 0, true],
  [10_000_000, 525_600, true],
];

t.test('a pause of 0 minutes ends one, and any other number is a pause', async (t) => {
  const server = await testServer(t);
  for (const [sent, minutes, warned] of durations) {
    await server.post('/pause', { claude_name: 'Ada', duration_minutes: 60 });
    const answer = await server.post('/pause', { claude_name: 'Ada', duration_minutes: sent });
    const until = new Date(server.clock.now() + minutes * 60_000).toISOString().replace('Z', '+00:00');
    t.equal(answer.statusCode, 200, String(sent));
    t.match(answer.json(), { status: 'success', paused: minutes > 0, pause_until: until, duration_minutes: minutes });
    t.equal('warnings' in answer.json(), warned, String(sent));
    t.equal((await server.get('/pause-status?claude_name=Ada')).json().paused, minutes > 0);
    t.equal((await server.get('/v1/advice/Ada')).json().paused, minutes > 0);
  }
  for (const sent of [undefined, null, 'soon', {}]) {
    const answer = await server.post('/pause', { claude_name: 'Ada', duration_minutes: sent });
    t.match(answer.json(), { status: 422, errors: [{ field: 'duration_minutes' }] }, 'without a time it is no pause');
  }
});

t.test('a choice is recorded without what is not understood of it', async (t) => {
  const server = await testServer(t);
  await server.send('identity.registered', { name: 'Ada' });
  const answer = await server.post('/autonomous-time/choice', {
    claude_name: 'Ada',
    choice: 'turns',
    turns: '4',
    duration_minutes: -1,
    context_percentage: 400,
    mood: 'fine',
  });
  t.match(answer.json(), {
    status: 'success',
    choice: 'turns',
    turns: 4,
    duration_minutes: null,
    context_percentage: null,
  });
  t.strictSame(
    answer.json().warnings.map((text: string) => text.split(' ')[0]),
    ['duration_minutes', 'context_percentage', 'mood'],
  );
});

async function newest(server: TestServer): Promise<Record<string, unknown>> {
  const { events } = (await server.get('/v1/events?type=usage.recorded&order=desc&limit=1')).json();
  return events[0].payload;
}

/** The fields that are expected to be absent, so that a match can say so. */
const absent = (expected: object): object =>
  Object.fromEntries(Object.entries(expected).filter(([, value]) => value === undefined));
