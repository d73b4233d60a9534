/**
 * Goal: what each route lets in follows from one table, over every route and every kind of key. A route that is not in the table
 * fails, and so does one that is there and gone.
 */
import t from 'tap';
import { makeKey as makeApiKey } from '../../src/trust/api-key.js';
import { ManualClock } from '../support/clock.js';
import { noon } from '../support/fold.js';
import type { Scope as TapScope } from '../support/folder.js';
import { type ApiKey, bearer, makeKey, revokeKey } from '../support/keys.js';
import { testServer } from './support.js';

/** Scope of the route, and whether it is about one pool, all of them (`all`), or what of all the key may see (`each`). */
const table: Readonly<Record<string, readonly [scope: Scope, pools: 'one' | 'all' | 'each']>> = {
  'post /resource-share/increment': ['ingest', 'one'],
  'get /resource/today/{claude_name}': ['read', 'one'],
  'get /resource/summary': ['read', 'one'],
  'get /overdue-claudes': ['read', 'one'],
  'get /dashboard/json': ['read', 'one'],
  'get /health': ['any', 'one'],
  'post /pause': ['ingest', 'one'],
  'post /unpause': ['ingest', 'one'],
  'get /pause-status': ['any', 'one'],
  'post /autonomous-time/choice': ['ingest', 'one'],
  'get /v1/events': ['read', 'one'],
  'post /v1/events': ['ingest', 'one'],
  'get /v1/events/{id}': ['read', 'one'],
  'get /v1/events/{id}/proof': ['any', 'one'],
  'get /v1/head': ['read', 'one'],
  'get /v1/checkpoint': ['any', 'one'],
  'get /v1/checkpoint/key': ['any', 'one'],
  'get /v1/checkpoint/key/proof': ['none', 'all'],
  'get /v1/consistency': ['any', 'one'],
  'get /v1/stream': ['read', 'one'],
  'get /v1/usage': ['read', 'one'],
  'get /v1/daily': ['read', 'one'],
  'get /v1/quota': ['read', 'one'],
  'get /v1/identities': ['read', 'one'],
  'get /v1/allocations': ['read', 'one'],
  'post /v1/sql': ['read', 'all'],
  'get /v1/sql/queries': ['read', 'all'],
  'get /v1/sql/tables': ['read', 'all'],
  'get /v1/advice/{identity}': ['any', 'one'],
  'post /v1/advice/{identity}': ['ingest', 'one'],
  'get /v1/fairness': ['read', 'one'],
  'get /v1/glance': ['read', 'one'],
  'get /v1/use': ['read', 'one'],
  'get /v1/shares': ['read', 'one'],
  'get /v1/windows/{window}/history': ['read', 'one'],
  'get /v1/identities/{identity}/detail': ['read', 'one'],
  'get /v1/policy': ['read', 'one'],
  'get /v1/turns': ['read', 'one'],
  'post /v1/turns': ['ingest', 'one'],
  'get /v1/turns/{turn}': ['any', 'one'],
  'post /v1/turns/{turn}/renew': ['ingest', 'one'],
  'post /v1/turns/{turn}/settle': ['ingest', 'one'],
  'post /v1/turns/{turn}/release': ['ingest', 'one'],
  'get /v1/pools': ['read', 'each'],
  'post /v1/pools': ['admin', 'all'],
  'post /v1/cleanup': ['admin', 'all'],
  'get /v1/maintenance': ['read', 'all'],
  'post /v1/maintenance': ['admin', 'all'],
  'post /v1/maintenance/end': ['admin', 'all'],
  'get /v1/jobs': ['admin', 'all'],
  'post /v1/jobs': ['admin', 'all'],
  'get /v1/jobs/{id}': ['admin', 'all'],
  'post /v1/jobs/{id}/cancel': ['admin', 'all'],
  'post /v1/jobs/{id}/retry': ['admin', 'all'],
  'post /v1/jobs/{id}/discard': ['admin', 'all'],
  'post /v1/jobs/pause': ['admin', 'all'],
  'post /v1/jobs/claim': ['admin', 'all'],
  'post /v1/jobs/heartbeat': ['admin', 'all'],
  'post /v1/jobs/complete': ['admin', 'all'],
  'post /v1/jobs/fail': ['admin', 'all'],
  'get /v1/schedules': ['admin', 'all'],
  'post /v1/replay': ['admin', 'all'],
  'post /v1/readings/{format}': ['ingest', 'one'],
  'post /v1/logs': ['ingest', 'one'],
  'post /v1/metrics': ['ingest', 'one'],
  'post /v1/traces': ['ingest', 'one'],
  'post /v1/otlp': ['ingest', 'one'],
  'post /v1/otlp/v1/logs': ['ingest', 'one'],
  'post /v1/otlp/v1/metrics': ['ingest', 'one'],
  'post /v1/otlp/v1/traces': ['ingest', 'one'],
  'post /v1/cloudevents': ['ingest', 'one'],
  'post /v1/hooks/claude': ['ingest', 'one'],
  'get /v1/sources': ['read', 'all'],
  'get /v1/alerts': ['read', 'one'],
  'post /v1/alerts/{id}/ack': ['admin', 'one'],
  'post /v1/watchdog': ['admin', 'all'],
  'get /v1/clock': ['read', 'all'],
  'post /v1/clock/accept': ['admin', 'all'],
  'post /v1/config/reload': ['admin', 'all'],
  'get /v1/keys': ['admin', 'all'],
  'post /v1/keys': ['admin', 'all'],
  'post /v1/keys/{id}/rotate': ['admin', 'all'],
  'post /v1/keys/{id}/revoke': ['admin', 'all'],
  'get /v1/webhook-secrets': ['admin', 'all'],
  'post /v1/webhook-secrets': ['admin', 'all'],
  'post /v1/webhook-secrets/{id}/rotate': ['admin', 'all'],
  'post /v1/webhook-secrets/{id}/revoke': ['admin', 'all'],
  'post /v1/webhooks/{source}': ['signed', 'all'],
  'get /v1/ledger-key': ['any', 'one'],
  'post /v1/ledger-key/rotate': ['admin', 'all'],
  'get /v1/webhook-endpoints': ['admin', 'all'],
  'post /v1/webhook-endpoints': ['admin', 'all'],
  'post /v1/webhook-endpoints/{id}/remove': ['admin', 'all'],
  'post /v1/webhook-endpoints/{id}/enable': ['admin', 'all'],
  'post /v1/webhook-endpoints/{id}/test': ['admin', 'all'],
  'post /v1/webhook-endpoints/{id}/replay': ['admin', 'all'],
  'get /v1/webhook-deliveries': ['read', 'each'],
  'post /v1/webhook-deliveries/{id}/replay': ['admin', 'all'],
  'get /v1/whoami': ['any', 'each'],
  'get /metrics': ['read', 'all'],
  'get /metrics.json': ['read', 'all'],
  'get /health/live': ['none', 'all'],
  'get /health/ready': ['any', 'each'],
  'get /ready': ['any', 'each'],
  'get /assets/{file}': ['none', 'all'],
  'get /dashboard': ['read', 'one'],
  'get /agents/{name}': ['read', 'one'],
  'get /windows/{key}': ['read', 'one'],
  'get /events': ['read', 'one'],
  'get /policy': ['read', 'one'],
  'post /policy/preview': ['admin', 'one'],
  'post /policy/set': ['admin', 'one'],
  'post /agents/{name}/weight/preview': ['admin', 'one'],
  'post /agents/{name}/pause': ['admin', 'one'],
  'post /agents/{name}/resume': ['admin', 'one'],
  'post /agents/{name}/weight': ['admin', 'one'],
  'post /agents/{name}/confirm': ['admin', 'one'],
  'post /agents/{name}/alias': ['admin', 'one'],
  'post /agents/{name}/merge': ['admin', 'one'],
  'post /agents/{name}/retire': ['admin', 'one'],
  'post /agents/{name}/reinstate': ['admin', 'one'],
  'get /events/{id}': ['read', 'one'],
  'get /alerts': ['read', 'one'],
  'post /alerts/{id}/seen': ['admin', 'one'],
  'get /sources': ['read', 'one'],
  'get /jobs': ['admin', 'all'],
  'post /jobs/{kind}/run': ['admin', 'all'],
  'post /jobs/{kind}/pause': ['admin', 'all'],
  'post /jobs/{id}/cancel': ['admin', 'all'],
  'post /jobs/{id}/retry': ['admin', 'all'],
  'post /jobs/{id}/discard': ['admin', 'all'],
  'post /jobs/close-day': ['admin', 'all'],
  'get /keys': ['admin', 'all'],
  'post /keys': ['admin', 'all'],
  'post /keys/{id}/rotate': ['admin', 'all'],
  'post /keys/{id}/revoke': ['admin', 'all'],
  'get /tables': ['read', 'all'],
  'get /tables/{name}': ['read', 'all'],
  'get /sql': ['read', 'all'],
  'post /sql': ['read', 'all'],
  'post /sql/export': ['read', 'all'],
  'get /docs': ['any', 'each'],
  'get /problems': ['any', 'each'],
  'get /': ['any', 'each'],
  'get /openapi.json': ['any', 'each'],
  'get /login': ['none', 'all'],
  'post /login': ['none', 'all'],
  'post /logout': ['none', 'all'],
};

/** `signed`: no key opens it, and none is needed; the signature of its source does. */
type Scope = 'ingest' | 'read' | 'admin' | 'any' | 'none' | 'signed';
const scopes = ['ingest', 'read', 'admin', 'any'] as const;

/** What opens routes of these scopes, and with which problem it is refused elsewhere. */
const callers: Readonly<Record<string, { readonly opens: readonly Scope[]; readonly problem: string }>> = {
  'nobody, on this machine': { opens: ['ingest', 'read', 'any'], problem: 'key_required' },
  'nobody, elsewhere': { opens: [], problem: 'key_required' },
  'nobody, handed on by a proxy': { opens: [], problem: 'key_required' },
  ingest: { opens: ['ingest', 'any'], problem: 'scope_missing' },
  bound: { opens: ['ingest', 'any'], problem: 'scope_missing' },
  read: { opens: ['read', 'any'], problem: 'scope_missing' },
  admin: { opens: scopes, problem: '' },
  'admin by X-API-Key': { opens: scopes, problem: '' },
  revoked: { opens: [], problem: 'key_refused' },
  expired: { opens: [], problem: 'key_refused' },
  unknown: { opens: [], problem: 'key_refused' },
  mistyped: { opens: [], problem: 'key_malformed' },
};

const statuses: Readonly<Record<string, number>> = {
  key_required: 401,
  key_refused: 401,
  key_malformed: 401,
  scope_missing: 403,
  pool_forbidden: 403,
  identity_forbidden: 403,
};
const ofGuards = new Set(Object.keys(statuses));

async function world(t: TapScope) {
  const clock = new ManualClock(noon);
  const server = await testServer(t, { clock });
  const { app } = server;
  await server.post('/v1/pools', { pool: 'other' });
  const admin = await makeKey(app, { scope: 'admin' });
  const make = (asked: object) => makeKey(app, asked, admin);
  const keys = {
    admin,
    ingest: await make({ scope: 'ingest' }),
    bound: await make({ scope: 'ingest', identity: 'Ada' }),
    read: await make({ scope: 'read' }),
    revoked: await make({ scope: 'admin' }),
    expired: await make({ scope: 'admin', expires_in_s: 1 }),
    otherIngest: await make({ scope: 'ingest', pool: 'other' }),
    otherRead: await make({ scope: 'read', pool: 'other' }),
    otherAdmin: await make({ scope: 'admin', pool: 'other' }),
  };
  await revokeKey(app, keys.revoked, admin);
  clock.advance(2_000);
  return { ...server, clock, keys };
}

type World = Awaited<ReturnType<typeof world>>;
type Keys = World['keys'];

function headersOf(caller: string, keys: Keys): Record<string, string> {
  if (caller === 'nobody, handed on by a proxy') return { 'x-forwarded-for': '203.0.113.9' };
  if (caller.startsWith('nobody')) return {};
  if (caller === 'admin by X-API-Key') return { 'x-api-key': keys.admin.key };
  if (caller === 'unknown') return { authorization: `Bearer ${unknown}` };
  if (caller === 'mistyped') return { authorization: `Bearer ${keys.admin.key.slice(0, -1)}` };
  return bearer(keys[caller as keyof Keys]);
}

/** Well-formed, and of no ledger. */
const unknown = makeApiKey().text;

/** A feed that sends nothing; a proof without the event, which is for any key. */
const questions: Readonly<Record<string, string>> = {
  '/v1/stream': 'after_seq=999999',
  '/v1/events/{id}/proof': 'format=tlog-proof',
};

/** One request to a route that no caller is let in to by mistake, and that does no harm where one is. */
async function ask(
  { app }: World,
  route: string,
  headers: Record<string, string>,
  more: { from?: string; query?: string } = {},
) {
  const [method = '', path = ''] = route.split(' ');
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    name === 'claude_name' || name === 'identity' ? 'Ada' : 'x',
  );
  const query = [more.query, questions[path]].filter(Boolean).join('&');
  const answer = await app.inject({
    method: method.toUpperCase() as 'GET',
    url: query === '' ? url : `${url}?${query}`,
    headers: { ...headers, ...(method === 'post' ? { 'content-type': 'application/json' } : {}) },
    ...(method === 'post' ? { payload: '{"claude_name":"Ada","projections":["none"],"nothing":1}' } : {}),
    ...(more.from === undefined ? {} : { remoteAddress: more.from }),
  });
  const code = /^application\/problem/.test(String(answer.headers['content-type'])) ? answer.json().code : null;
  return { status: answer.statusCode, code, challenge: answer.headers['www-authenticate'] };
}

t.test('the table has every route, and says of each what the description says', async (t) => {
  const { app } = await testServer(t);
  const { paths } = (await app.inject({ method: 'GET', url: '/openapi.json' })).json();
  const described = Object.entries<Record<string, { security: Record<string, string[]>[] }>>(paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, { security }]) => [`${method} ${path}`, security] as const),
  );
  t.same(described.map(([route]) => route).sort(), Object.keys(table).sort());
  for (const [route, security] of described) {
    const scope = table[route]?.[0];
    const wanted = {
      ...{ none: [], signed: [{ webhook: [] }], any: [{ key: [] }] },
      ...{ ingest: [{ key: ['ingest'] }], read: [{ key: ['read'] }], admin: [{ key: ['admin'] }] },
    }[scope as Scope];
    t.same(security.slice(0, 1), wanted, route);
  }
});

for (const [caller, { opens, problem }] of Object.entries(callers)) {
  t.test(caller, async (t) => {
    const all = await world(t);
    for (const [route, [scope]] of Object.entries(table)) {
      // Ten in a second are looked at, and then none.
      all.clock.advance(1_000);
      const from = caller === 'nobody, elsewhere' ? '203.0.113.9' : '127.0.0.1';
      const { status, code, challenge } = await ask(all, route, headersOf(caller, all.keys), { from });
      const isBad = problem === 'key_refused' || problem === 'key_malformed';
      if (scope === 'signed' && !isBad) {
        t.same({ status, code }, { status: 401, code: 'signature_required' }, `${route}: wants a signature`);
      } else if (opens.includes(scope) || (scope === 'none' && !isBad)) {
        t.notOk(ofGuards.has(code), `${route}: let in (${status} ${code})`);
        t.ok(status < 500, `${route}: ${status}`);
      } else {
        t.same({ status, code }, { status: statuses[problem], code: problem }, `${route}: ${problem}`);
        t.match(challenge, /^Bearer realm=/, `${route}: is told how`);
      }
    }
  });
}

t.test('a key of another pool', async (t) => {
  const all = await world(t);
  const keyFor: Readonly<Record<Scope, ApiKey>> = {
    ingest: all.keys.otherIngest,
    read: all.keys.otherRead,
    admin: all.keys.otherAdmin,
    any: all.keys.otherRead,
    none: all.keys.otherRead,
    signed: all.keys.otherRead,
  };
  for (const [route, [scope, pools]] of Object.entries(table)) {
    const headers = bearer(keyFor[scope]);
    const refused = { status: 403, code: 'pool_forbidden' };
    const own = await ask(all, route, headers, pools === 'one' ? { query: 'pool=other' } : {});
    const isWhole = pools === 'all' && scope !== 'none' && scope !== 'signed';
    if (isWhole) t.match(own, refused, `${route}: is about all pools`);
    else t.notOk(ofGuards.has(own.code), `${route}: let in to its own (${own.status} ${own.code})`);
    if (pools !== 'one') continue;
    t.match(await ask(all, route, headers, { query: 'pool=default' }), refused, `${route}: not to another`);
    t.match(await ask(all, route, headers, { query: 'pool=other&pool=default' }), refused, `${route}: not to two`);
  }
  const { pools } = (await all.get('/v1/pools', bearer(all.keys.otherRead))).json();
  t.same(
    pools.map(({ pool }: { pool: string }) => pool),
    ['other'],
  );
  const use = { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } };
  const sent = await all.post('/v1/events', use, bearer(all.keys.otherIngest));
  t.equal(sent.statusCode, 201);
  const { events } = (await all.get('/v1/events?pool=other&order=desc', bearer(all.keys.otherRead))).json();
  t.match(
    events.map(({ type, actor }: { type: string; actor: string }) => [type, actor]),
    [['usage.recorded', `key:${all.keys.otherIngest.id}`]],
    'what names no pool goes to the pool of the key',
  );
});

t.test('who reports has proofs of events, and not the events', async (t) => {
  const { app, keys } = await world(t);
  const statusOf = async (key: ApiKey, query: string) =>
    (await app.inject({ url: `/v1/events/1/proof?pool=default${query}`, headers: bearer(key) })).statusCode;
  t.equal(await statusOf(keys.ingest, ''), 403);
  t.equal(await statusOf(keys.ingest, '&format=json'), 403);
  t.equal(await statusOf(keys.ingest, '&format=tlog-proof'), 404, 'this server signs none');
  t.equal(await statusOf(keys.read, ''), 200);
});
