// Goal: a key opens what it was made for and nothing else, whoever holds it is named in the log, and the key itself is nowhere.
import t from 'tap';
import type { PoolId } from '../../src/events/scalars.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { idInKey } from '../../src/trust/api-key.js';
import { ManualClock } from '../support/clock.js';
import { noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { bearer, makeKey, revokeKey } from '../support/keys.js';
import { listeningServer, ndjson, parseLines, testServer } from './support.js';

const use = (name: string, more: object = {}) => ({
  type: 'usage.recorded',
  payload: { name, mode: 'autonomy', cost_micro_usd: 5, ...more },
});

async function world(t: Scope) {
  const clock = new ManualClock(noon);
  const server = await testServer(t, { clock });
  const admin = await makeKey(server.app, { scope: 'admin' });
  const events = async (types: string) => {
    const { events: found } = (await server.get(`/v1/events?type=${types}&limit=1000`, bearer(admin))).json();
    return found as { readonly type: string; readonly actor: string; readonly payload: Record<string, unknown> }[];
  };
  return { ...server, clock, admin, events };
}

t.test('a key is shown once; the log has its id, and never the key or what is kept of it', async (t) => {
  const { app, clock, post, get, admin, events } = await world(t);
  clock.advance(1);
  const asked = { scope: 'ingest', identity: 'Ada', label: 'desk', expires_in_s: 60 };
  const made = await post('/v1/keys', asked, bearer(admin));
  t.equal(made.headers['cache-control'], 'no-store');
  const { key, id } = made.json();
  t.equal(idInKey(key), id);
  clock.advance(1);
  const { key: next, id: nextId } = (await post(`/v1/keys/${id}/rotate`, {}, bearer(admin))).json();
  for (const _ of [1, 2]) await revokeKey(app, { id, key }, admin);
  const list = await get('/v1/keys', bearer(admin));
  t.match(list.json().keys, [
    { id: admin.id, scope: 'admin', status: 'works', last_used_at: /^2026-01-05T12:00/ },
    { id, scope: 'ingest', identity: 'Ada', label: 'desk', status: 'revoked', replaced_by: nextId },
    { id: nextId, identity: 'Ada', label: 'desk', status: 'works', expires_at: /^2026-01-05T12:01/ },
  ]);
  const told = await events('key.created,key.rotated,key.revoked');
  t.match(
    told.map(({ type, payload, actor }) => [type, payload.key, actor]),
    [
      ['key.created', admin.id, 'local'],
      ['key.created', id, `key:${admin.id}`],
      ['key.rotated', nextId, `key:${admin.id}`],
      ['key.revoked', id, `key:${admin.id}`],
    ],
  );
  const all = (await get('/v1/events?format=ndjson', bearer(admin))).body + list.body;
  for (const secret of [key, next, admin.key]) {
    t.notMatch(all, secret.slice(12, 40));
  }
});

t.test('a request says who it is', async (t) => {
  const { app, get, admin } = await world(t);
  const who = async (headers: Record<string, string>) => (await get('/v1/whoami', headers)).json();
  const ada = await makeKey(app, { scope: 'ingest', identity: 'Ada' }, admin);
  t.match(await who(bearer(ada)), { actor: `key:${ada.id}`, key: ada.id, scopes: ['ingest'], identity: 'Ada' });
  t.match(await who({ 'x-api-key': admin.key }), { key: admin.id, scopes: ['ingest', 'read', 'admin'], pool: null });
  t.match(await who({}), { actor: 'local', key: null, scopes: ['ingest', 'read'] });
  t.match(await who({ authorization: 'Basic YWRhOmFkYQ==' }), { actor: 'local', key: null }, 'of a proxy before it');
  t.match(await who({ authorization: `bearer  ${ada.key} ` }), { key: ada.id });
  t.match(await who({ ...bearer(ada), 'x-api-key': admin.key }), { code: 'request_invalid' });
  for (const empty of ['Bearer', 'Bearer ', 'Bearer changeme'])
    t.match(await who({ authorization: empty }), { code: 'key_malformed' }, empty);
});

t.test('a key in a URL is refused, whatever it opens, and is not repeated', async (t) => {
  const { get, admin } = await world(t);
  for (const name of ['key', 'api_key', 'apikey', 'token', 'access_token']) {
    const answer = await get(`/v1/usage?${name}=${admin.key}`, bearer(admin));
    t.match(answer.json(), { code: 'key_in_url', status: 400 });
    t.notMatch(answer.body, admin.key);
  }
  t.match((await get(`/v1/usage?identity=${admin.key}`)).json(), { code: 'key_in_url' });
});

t.test('the key of an identity reports for it, under all its names, and for nobody else', async (t) => {
  const { app, post, get, admin, events } = await world(t);
  for (const name of ['Ada', 'Grace']) await post('/v1/events', use(name), bearer(admin));
  const aliased = { type: 'identity.aliased', payload: { name: 'Ada', alias: 'countess' } };
  t.equal((await post('/v1/events', aliased, bearer(admin))).statusCode, 201);
  const ada = await makeKey(app, { scope: 'ingest', identity: 'Ada' }, admin);
  const forbidden = { status: 403, code: 'identity_forbidden' };
  const mine = [use('Ada'), use('ada'), use('countess')];
  for (const report of mine) t.match((await post('/v1/events', report, bearer(ada))).json(), { status: 'recorded' });
  t.match((await post('/v1/events', use('Grace'), bearer(ada))).json(), forbidden);
  const mixed = [use('Grace'), use('Ada'), use('Eve')];
  const outcomes = [
    { status: 'rejected', code: 'identity_forbidden' },
    { status: 'recorded' },
    { status: 'rejected', code: 'identity_forbidden' },
  ];
  t.match((await post('/v1/events', mixed, bearer(ada))).json(), outcomes);
  const stream = await post('/v1/events', ndjson(mixed), { ...bearer(ada), 'content-type': 'application/x-ndjson' });
  t.match(parseLines(stream.body), outcomes);
  t.match((await post('/v1/events?atomic=true', mixed, bearer(ada))).json(), forbidden, 'and nothing is recorded');
  const wire = { claude_name: 'Grace', mode: 'autonomy', cost_delta: 0.5 };
  t.match((await post('/resource-share/increment', wire, bearer(ada))).json(), forbidden);
  t.match((await post('/pause', { claude_name: 'Grace', duration_minutes: 5 }, bearer(ada))).json(), forbidden);
  t.match((await get('/v1/advice/Grace', bearer(ada))).json(), forbidden);
  t.equal((await get('/v1/advice/countess', bearer(ada))).statusCode, 200);
  t.match((await post('/v1/turns', { name: 'Grace' }, bearer(ada))).json(), forbidden);
  const { turn, token } = (await post('/v1/turns', { name: 'Grace' }, bearer(admin))).json();
  for (const [what, body] of [
    ['renew', { token }],
    ['settle', { token, usage: { cost_micro_usd: 5 } }],
    ['release', { token }],
  ] as const)
    t.match((await post(`/v1/turns/${turn}/${what}`, body, bearer(ada))).json(), forbidden, what);
  t.match((await get(`/v1/turns/${turn}`, bearer(ada))).json(), forbidden);
  const cloudEvent = (id: string, name: string) => ({
    specversion: '1.0',
    type: 'resource-share.usage.recorded',
    source: '/build',
    id,
    data: use(name).payload,
  });
  const batch = JSON.stringify([cloudEvent('1', 'Grace'), cloudEvent('2', 'Ada')]);
  const type = { 'content-type': 'application/cloudevents-batch+json' };
  t.match((await post('/v1/cloudevents', batch, { ...bearer(ada), ...type })).json().outcomes, outcomes.slice(0, 2));
  const spoken = await events('usage.recorded');
  t.same(
    spoken.filter(({ actor }) => actor === `key:${ada.id}`).map(({ payload }) => payload.name),
    Array(6).fill('Ada'),
  );
});

t.test('what is pushed with the key of an identity is of that identity', async (t) => {
  const { app, post, admin, events } = await world(t);
  const ada = await makeKey(app, { scope: 'ingest', identity: 'Ada' }, admin);
  const attribute = (key: string, value: object) => ({ key, value });
  const logs = {
    resourceLogs: [
      {
        resource: {
          attributes: [
            attribute('service.name', { stringValue: 'agent' }),
            attribute('agent.id', { stringValue: 'Grace' }),
          ],
        },
        scopeLogs: [
          {
            logRecords: [
              {
                timeUnixNano: String(noon * 1_000_000),
                body: { stringValue: 'claude_code.api_request' },
                attributes: [
                  attribute('session.id', { stringValue: 's' }),
                  attribute('request_id', { stringValue: 'req_1' }),
                  attribute('model', { stringValue: 'claude-opus-4-5' }),
                  attribute('input_tokens', { intValue: '10' }),
                ],
              },
            ],
          },
        ],
      },
    ],
  };
  t.equal((await post('/v1/logs', logs, bearer(ada))).statusCode, 200);
  t.match(
    (await events('usage.recorded')).map(({ payload, actor }) => [payload.name, actor]),
    [['Ada', `key:${ada.id}`]],
  );
  const named = { ...bearer(ada), 'x-resource-share-agent': 'Grace' };
  t.match((await post('/v1/logs', logs, named)).json(), { code: 'identity_forbidden' });
  t.match((await post('/v1/hooks/claude?agent=Grace', {}, bearer(ada))).json(), {});
});

t.test('who may report may not administrate, nor record history', async (t) => {
  const { app, post, admin } = await world(t);
  await post('/v1/events', use('Ada'), bearer(admin));
  const ingest = await makeKey(app, { scope: 'ingest' }, admin);
  const imported = { imported: { from: 'elsewhere' } };
  const asked = [
    { type: 'policy.set', payload: { mode: 'enforce' } },
    { type: 'identity.registered', payload: { name: 'Eve' } },
    { type: 'identity.changed', payload: { name: 'Ada', weight: 5 } },
    { type: 'identity.retired', payload: { name: 'Ada' } },
    { type: 'alert.cleared', payload: { dedupe_key: 'x' } },
    { type: 'pool.configured', payload: { time_zone: 'UTC' } },
  ];
  for (const headers of [bearer(ingest), {}]) {
    for (const command of asked)
      t.match((await post('/v1/events', command, headers)).json(), { code: 'scope_missing', detail: /scope admin/ });
  }
  const history = (await post('/v1/events', use('Ada', imported), bearer(ingest))).json();
  t.match(history, { code: /scope_missing|invalid_field/ });
});

t.test('guessing is slowed down, and told once; a key that works is let in meanwhile', async (t) => {
  const { app, clock, get, post, admin, events } = await world(t);
  const bad = bearer({ id: '', key: `${admin.key.slice(0, -1)}!` });
  const codes = async (count: number, from: string) => {
    const found: string[] = [];
    for (let i = 0; i < count; i++) {
      const answer = await app.inject({ method: 'GET', url: '/v1/usage', headers: bad, remoteAddress: from });
      found.push(answer.json().code);
      if (found.at(-1) === 'too_many_attempts') t.match(answer.headers, { 'retry-after': /^\d+$/ });
    }
    return found;
  };
  const limited = [...Array(10).fill('key_malformed'), ...Array(3).fill('too_many_attempts')];
  t.same(await codes(13, '203.0.113.9'), limited);
  t.same(await codes(1, '203.0.113.10'), ['key_malformed'], 'others do not wait for it');
  const good = { method: 'GET', url: '/v1/usage', headers: bearer(admin), remoteAddress: '203.0.113.9' } as const;
  t.equal((await app.inject(good)).statusCode, 200);
  clock.advance(1_000);
  t.same(await codes(1, '203.0.113.9'), ['key_malformed']);
  t.equal((await get('/v1/keys', bearer(admin))).json().refused, 15);
  t.same(await events('alert.raised'), [], 'told by a server that listens');
  t.equal((await post('/v1/events', use('Ada'))).statusCode, 201);
});

t.test('of guessing, people are told by one alert', async (t) => {
  const clock = new ManualClock(noon);
  const { app, url, test } = await listeningServer(t, { clock });
  const admin = await makeKey(app, { scope: 'admin' });
  const guess = () => fetch(`${url}/v1/usage`, { headers: { authorization: 'Bearer rs_guessed' } });
  for (let i = 0; i < 12; i++) await (await guess()).text();
  const { ledger } = test;
  const alerts = () => ledger.readEvents('default' as PoolId, { types: ['alert.raised'], limit: 10 });
  while ((await alerts()).length === 0) {
    clock.advance(1_000);
    await nextTurn();
  }
  for (let i = 0; i < 120; i++) {
    await (await guess()).text();
    clock.advance(100);
    await nextTurn();
  }
  t.match(await alerts(), [{ type: 'alert.raised' }]);
  t.match((await alerts())[0]?.payload, { rule: 'keys-refused', text: /2 of them had to wait/ });
  t.ok(admin.id);
});

t.test('a live feed ends when its key is revoked', async (t) => {
  const { app, url } = await listeningServer(t);
  const admin = await makeKey(app, { scope: 'admin' });
  const read = await makeKey(app, { scope: 'read' }, admin);
  const feed = await fetch(`${url}/v1/stream`, { headers: bearer(read) });
  t.equal(feed.status, 200);
  await revokeKey(app, read, admin);
  let text = '';
  for await (const part of feed.body as unknown as AsyncIterable<Uint8Array>) text += Buffer.from(part).toString();
  t.match(text, /^retry: /);
  t.equal((await fetch(`${url}/v1/stream`, { headers: bearer(read) })).status, 401);
});
