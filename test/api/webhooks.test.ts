// Goal: what is signed is taken on the word of its secret alone, once for ever, and nothing that the signature does not cover counts.
import t from 'tap';
import { ManualClock } from '../support/clock.js';
import { variants } from '../support/engines.js';
import { noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { bearer, makeKey } from '../support/keys.js';
import { eventsOf } from '../support/pushed.js';
import { makeSecret, type Secret, signed } from '../support/webhooks.js';
import { testServer } from './support.js';

const minute = 60_000;
const use = (name: string, more: object = {}) => ({
  type: 'usage.recorded',
  payload: { name, mode: 'autonomy', cost_micro_usd: 5, ...more },
});

async function world(t: Scope, place?: string) {
  const clock = new ManualClock(noon);
  const server = await testServer(t, { clock, ...(place === undefined ? {} : { place }) });
  const send = (
    source: string,
    secrets: Secret | readonly Secret[],
    id: string,
    body: unknown,
    more: { at?: number; headers?: Record<string, string>; query?: string } = {},
  ) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const headers = { ...signed(secrets, id, more.at ?? clock.now(), text), ...more.headers };
    return server.post(`/v1/webhooks/${source}${more.query ?? ''}`, text, headers);
  };
  return { server, clock, send };
}

for (const variant of variants) {
  t.test(`a message is recorded once, for ever: ${variant.name}`, async (t) => {
    const { server, clock, send } = await world(t, await variant.place(t, { calm: true }));
    const secret = await makeSecret(server, { source: 'events' });
    const body = [use('Ada'), use('Grace')];
    const sentAt = clock.now();
    const first = await send('events', secret, 'msg_1', body);
    t.match(first.json(), { status: 'recorded', recorded: 2, repeated: 0, refused: 0, rejected: [] });
    t.match(
      (await send('events', secret, 'msg_1', body)).json(),
      { status: 'repeated', recorded: 0 },
      'inside the window',
    );
    clock.advance(4 * minute);
    t.match(
      (await send('events', secret, 'msg_1', body)).json(),
      { status: 'repeated' },
      'signed again, as it is sent again',
    );
    clock.advance(90 * 86_400_000);
    t.match(
      (await send('events', secret, 'msg_1', body, { at: sentAt })).json(),
      { status: 'repeated' },
      'as old as it is',
    );
    t.match((await send('events', secret, 'msg_2', body, { at: sentAt })).json(), {
      code: 'signature_stale',
      status: 401,
    });
    const forged: Secret = { id: '', secret: `whsec_${Buffer.alloc(32, 9).toString('base64')}` };
    t.match((await send('events', forged, 'msg_1', body, { at: sentAt })).json(), { code: 'signature_refused' });
    t.match((await send('events', secret, 'msg_1', [use('Ada')])).json(), { code: 'key_reused', status: 422 });
    t.match(await eventsOf(server, 'usage.recorded'), { length: 2 });
    t.match(await eventsOf(server, 'webhook.received'), [
      {
        actor: `webhook:${secret.id}`,
        key: 'webhook:events:all:msg_1',
        payload: { source: 'events', message: 'msg_1', secret: secret.id, sent_at: sentAt, recorded: 2 },
      },
    ]);
    const { secrets } = (await server.get('/v1/webhook-secrets')).json();
    t.match(secrets, [{ id: secret.id, status: 'works', uses: 4, last_used_at: new Date(clock.now()).toISOString() }]);
  });

  t.test(`secrets are kept out of reach, and forgotten when they are revoked: ${variant.name}`, async (t) => {
    const place = await variant.place(t, { calm: true });
    const { server, clock, send } = await world(t, place);
    const one = await makeSecret(server, { source: 'events', label: 'desk' });
    await send('events', one, 'msg_1', use('Ada'));
    clock.advance(1);
    const rotated = await server.post(`/v1/webhook-secrets/${one.id}/rotate`, { overlap_s: 60 });
    const two = rotated.json<Secret>();
    t.match(rotated.json(), { source: 'events', label: 'desk', uses: 0 });
    for (const each of [one, two]) t.match((await send('events', each, `by_${each.id}`, use('Ada'))).statusCode, 200);
    t.match((await send('events', [two, one], 'by_both', use('Ada'))).statusCode, 200);
    t.match((await server.post(`/v1/webhook-secrets/${one.id}/rotate`, {})).json(), { code: 'secret_inactive' });
    clock.advance(minute);
    t.match((await send('events', one, 'late', use('Ada'))).json(), { code: 'signature_refused' });
    for (const _ of [1, 2])
      t.match((await server.post(`/v1/webhook-secrets/${two.id}/revoke`, {})).json(), { status: 'revoked' });
    t.match((await send('events', two, 'later', use('Ada'))).json(), { code: 'signature_refused' });
    const stored = await server.ledger.secretStore.read();
    t.same(
      stored.secrets.map(({ id, secret }) => [id, secret.length]),
      [
        [one.id, 32],
        [two.id, 0],
      ],
    );
    for (const table of ['webhook_secrets', 'keys.webhook_secrets', 'main.webhook_secrets'])
      await t.rejects(server.ledger.query(`SELECT * FROM ${table}`), table);
    const told = await eventsOf(server, 'secret.created,secret.rotated,secret.revoked');
    t.match(
      told.map(({ type, payload }) => [type, payload.secret, payload.source]),
      [
        ['secret.created', one.id, 'events'],
        ['secret.rotated', two.id, 'events'],
        ['secret.revoked', two.id, 'events'],
      ],
    );
    const all = (await server.get('/v1/events?format=ndjson')).body + (await server.get('/v1/webhook-secrets')).body;
    for (const { secret } of [one, two]) t.notMatch(all, secret.slice(6, 30));
  });
}

t.test('three secrets of a source work at once, and no more', async (t) => {
  const { server } = await world(t);
  const made = [];
  for (let i = 0; i < 3; i++) made.push(await makeSecret(server, { source: 'events' }));
  t.match((await server.post('/v1/webhook-secrets', { source: 'events' })).json(), {
    code: 'secret_limit',
    status: 409,
  });
  await makeSecret(server, { source: 'otlp' });
  await server.post(`/v1/webhook-secrets/${made[0]?.id}/revoke`, {});
  await makeSecret(server, { source: 'events' });
  t.match((await server.post('/v1/webhook-secrets', { source: 'nothing' })).json(), { code: 'invalid_field' });
  t.match((await server.post('/v1/webhook-secrets', { source: 'events', pool: 'x' })).json(), { code: 'pool_unknown' });
});

t.test('the secret says which pool it is, and whose use; what is not signed says nothing', async (t) => {
  const { server, send } = await world(t);
  await server.post('/v1/pools', { pool: 'other' });
  const secret = await makeSecret(server, { source: 'events', pool: 'other', identity: 'Ada' });
  const headers = { 'x-resource-share-agent': 'Eve' };
  t.match((await send('events', secret, 'm1', use('Ada'), { query: '?pool=default&agent=Eve', headers })).json(), {
    status: 'recorded',
  });
  t.same(await eventsOf(server, 'usage.recorded'), [], 'not in the default pool');
  const { events } = (await server.get('/v1/events?pool=other&type=usage.recorded')).json();
  t.match(events, [{ payload: { name: 'Ada' }, actor: `webhook:${secret.id}` }]);
  t.match((await send('events', secret, 'm2', use('Eve'))).json(), { code: 'identity_forbidden', status: 403 });
  const admin = { type: 'policy.set', payload: { mode: 'enforce' } };
  t.match((await send('events', secret, 'm3', admin)).json(), { code: 'scope_missing', status: 403 });
  t.match(
    (await send('events', secret, 'm3', use('Ada'))).json(),
    { status: 'recorded' },
    'what was refused is no message yet',
  );
  t.match((await send('cloudevents', secret, 'm4', use('Ada'))).json(), { code: 'signature_refused' }, 'of one source');
  const mixed = [use('Ada'), use('Eve')];
  t.match((await send('events', secret, 'm5', mixed)).json(), {
    status: 'recorded',
    refused: 1,
    rejected: [{ code: 'identity_forbidden' }],
  });
  t.match((await send('events', secret, 'm5', mixed)).json(), { status: 'repeated', repeated: 1, refused: 1 });
});

t.test('a key does not stand in for a signature, nor a signature for a key', async (t) => {
  const { server, send, clock } = await world(t);
  const admin = await makeKey(server.app, { scope: 'admin' });
  const secret = await makeSecret(server, { source: 'events' }, admin);
  const plain = await server.post('/v1/webhooks/events', use('Ada'), bearer(admin));
  t.match(plain.json(), { code: 'signature_required', status: 401 });
  const elsewhere = { payload: JSON.stringify(use('Ada')), remoteAddress: '203.0.113.9', method: 'POST' } as const;
  const headers = { 'content-type': 'application/json', ...signed(secret, 'm1', clock.now(), elsewhere.payload) };
  t.equal((await server.app.inject({ ...elsewhere, url: '/v1/webhooks/events', headers })).statusCode, 200);
  t.match((await server.app.inject({ ...elsewhere, url: '/v1/events', headers })).json(), { code: 'key_required' });
  const hub = { 'x-hub-signature-256': 'sha256=00' };
  t.match((await send('events', secret, 'm2', use('Ada'), { headers: hub })).json(), { code: 'signature_unverified' });
  t.match((await send('events', secret, 'm2', use('Ada'), { headers: bearer({ id: '', key: 'rs_x' }) })).json(), {
    code: 'key_malformed',
  });
});

t.test('the bytes are checked as they came, before anything reads them', async (t) => {
  const { server, send, clock } = await world(t);
  const secret = await makeSecret(server, { source: 'events' });
  const body = '{"type":"usage.recorded",  "payload":{"name":"Zoë","mode":"autonomy","cost_micro_usd":5}}\n';
  const headers = signed(secret, 'm1', clock.now(), body);
  for (const other of [body.trim(), JSON.stringify(JSON.parse(body)), 'no json', '', body.replace('5', '6')]) {
    const answer = await server.post('/v1/webhooks/events', other, headers);
    t.match(answer.json(), { code: 'signature_refused', status: 401 }, other);
  }
  clock.advance(1_000);
  for (const [name, value] of [
    ['webhook-id', 'm2'],
    ['webhook-id', 'm1.1'],
    ['webhook-id', ''],
    ['webhook-timestamp', String(clock.now() / 1_000 - 2)],
    ['webhook-timestamp', 'now'],
    ['webhook-signature', headers['webhook-signature'].replace('v1,', 'v2,')],
    ['webhook-signature', ''],
  ] as const)
    t.match((await server.post('/v1/webhooks/events', body, { ...headers, [name]: value })).json(), {
      code: 'signature_refused',
    });
  t.equal(
    (await server.post('/v1/webhooks/events', body, { ...headers, 'content-type': 'text/plain' })).statusCode,
    200,
  );
  t.match((await send('events', secret, 'm3', 'no json')).json(), { code: 'malformed_json', status: 400 });
  for (const minutes of [-6, 6])
    t.match((await send('events', secret, 'm4', use('Ada'), { at: clock.now() + minutes * minute })).json(), {
      code: 'signature_stale',
    });
  t.match(await eventsOf(server, 'usage.recorded'), [{ payload: { name: 'Zoë' } }]);
});

t.test('guessing at signatures is slowed down', async (t) => {
  const { server, send } = await world(t);
  await makeSecret(server, { source: 'events' });
  const guess: Secret = { id: '', secret: `whsec_${Buffer.alloc(32, 9).toString('base64')}` };
  const codes = [];
  for (let i = 0; i < 12; i++) codes.push((await send('events', guess, `m${i}`, use('Ada'))).json().code);
  t.same(codes, [...Array(10).fill('signature_refused'), ...Array(2).fill('too_many_attempts')]);
});

t.test('formats of others are taken as elsewhere, and an old message moves nothing', async (t) => {
  const { server, clock, send } = await world(t);
  const secretOf = (source: string) => makeSecret(server, { source, identity: 'Ada' });
  const [usage, otlp, cloud, hook] = [
    await secretOf('usage-json'),
    await secretOf('otlp'),
    await secretOf('cloudevents'),
    await secretOf('claude-hook'),
  ];
  const reading = { five_hour: { utilization: 17, resets_at: '2026-01-05T15:00:00Z' } };
  t.match((await send('usage-json', usage, 'm1', reading)).json(), { status: 'recorded', recorded: 1 });
  clock.advance(minute);
  t.match((await send('usage-json', usage, 'm1', reading)).json(), { status: 'repeated' });
  t.match(await eventsOf(server, 'quota.read'), { length: 1 });
  const attribute = (key: string, value: object) => ({ key, value });
  const record = {
    timeUnixNano: String(noon * 1_000_000),
    body: { stringValue: 'claude_code.api_request' },
    attributes: [
      attribute('session.id', { stringValue: 's' }),
      attribute('request_id', { stringValue: 'req_1' }),
      attribute('model', { stringValue: 'claude-opus-4-5' }),
      attribute('input_tokens', { intValue: '10' }),
    ],
  };
  const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] };
  t.match((await send('otlp', otlp, 'm1', logs)).json(), { status: 'recorded', recorded: 1 });
  t.match((await send('otlp', otlp, 'm2', logs)).json(), { status: 'repeated', repeated: 1 }, 'by the response');
  const cloudEvent = { specversion: '1.0', source: '/b', id: '1', type: 'resource-share.usage.recorded' };
  const data = use('Ada').payload;
  t.match((await send('cloudevents', cloud, 'm1', [{ ...cloudEvent, data }])).json(), { status: 'recorded' });
  const forEve = [{ ...cloudEvent, id: '2', data: { ...data, name: 'Eve' } }];
  t.match((await send('cloudevents', cloud, 'm2', forEve)).json(), { code: 'identity_forbidden' });
  const attributes = { 'ce-specversion': '1.0', 'ce-type': cloudEvent.type, 'ce-source': '/b', 'ce-id': '3' };
  t.match(
    (await send('cloudevents', cloud, 'm3', data, { headers: attributes })).json(),
    { code: 'body_refused' },
    'attributes in headers are not signed',
  );
  const prompt = { hook_event_name: 'UserPromptSubmit', session_id: 's', prompt: 'a secret prompt' };
  t.match((await send('claude-hook', hook, 'm1', prompt)).json(), { status: 'nothing' });
  const failed = { hook_event_name: 'StopFailure', session_id: 's', error: 'rate_limit' };
  const message = "You've hit your 5-hour limit · resets 3pm (UTC)";
  t.match((await send('claude-hook', hook, 'm2', { ...failed, last_assistant_message: message })).json(), {
    status: 'recorded',
  });
  t.match(
    (await eventsOf(server, 'usage.recorded')).map(({ payload, source }) => [payload.name, source]),
    Array(2).fill(['Ada', 'webhook/1']),
  );
  t.notMatch((await server.get('/v1/events?format=ndjson')).body, 'secret prompt');
});
