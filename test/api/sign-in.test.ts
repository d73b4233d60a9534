// Goal: a browser signs in with a key and is what the key is, no longer than that works; the cookie alone changes nothing, whoever sends it.
import type { LightMyRequestResponse } from 'fastify';
import t from 'tap';
import { localPath } from '../../src/api/sign-in.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { ManualClock } from '../support/clock.js';
import { variants } from '../support/engines.js';
import { noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { bearer, makeKey, revokeKey } from '../support/keys.js';
import { eventsOf } from '../support/pushed.js';
import { listeningServer, serverOn, type TestServer, testServer } from './support.js';

const hour = 3_600_000;
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const own = { ...form, origin: 'http://localhost', host: 'localhost' };
const page = { accept: 'text/html,application/xhtml+xml' };
const use = { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } };

async function world(t: Scope, options: object = {}) {
  const clock = new ManualClock(noon);
  const server = await testServer(t, { clock, ...options });
  const admin = await makeKey(server.app, { scope: 'admin' });
  const read = await makeKey(server.app, { scope: 'read' }, admin);
  return { server, clock, admin, read };
}

const signIn = (
  { post }: Pick<TestServer, 'post'>,
  key: string,
  more: Record<string, string> = {},
  fields: object = {},
) => post('/login', new URLSearchParams({ key, ...fields }).toString(), { ...own, ...more });

/** What a browser sends back. */
const cookieOf = ({ headers }: LightMyRequestResponse) => ({
  cookie: String(headers['set-cookie']).split(';', 1)[0] as string,
});
const tokenIn = ({ body }: LightMyRequestResponse): string => /name="csrf" value="([\w-]+)"/.exec(body)?.[1] ?? '';

/** From elsewhere, where nothing is open without a key. */
const away = (server: TestServer, url: string, headers: Record<string, string>, more: object = {}) =>
  server.app.inject({ method: 'GET', url, headers, remoteAddress: '203.0.113.9', ...more });

t.test('a browser that signed in reads what its key reads, and says who it is', async (t) => {
  const { server, read } = await world(t);
  const answer = await signIn(server, read.key, {}, { next: '/dashboard?pool=default' });
  t.match(answer, { statusCode: 303, headers: { location: '/dashboard?pool=default', 'cache-control': 'no-store' } });
  t.match(answer.headers['set-cookie'], /^rs_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
  t.notMatch(String(answer.headers['set-cookie']), read.key.slice(12, 40));
  const cookie = cookieOf(answer);
  t.match((await away(server, '/v1/whoami', cookie)).json(), {
    actor: `key:${read.id}`,
    key: read.id,
    scopes: ['read'],
  });
  t.equal((await away(server, '/v1/usage', cookie)).statusCode, 200);
  t.match((await away(server, '/v1/keys', cookie)).json(), { code: 'scope_missing' });
  const dashboard = await away(server, '/dashboard', { ...cookie, ...page });
  t.match(dashboard.body, new RegExp(`signed in as <code>${read.id}</code>`));
  t.match(dashboard.headers['content-security-policy'], /form-action 'self'/);
  t.match(await away(server, '/login?next=/docs', { ...cookie, ...page }), {
    statusCode: 302,
    headers: { location: '/docs' },
  });
  t.notMatch((await server.get('/dashboard')).body, 'signed in as');
});

t.test('whoever comes without a key is led to where to sign in, and programs are told', async (t) => {
  const { server } = await world(t);
  for (const url of ['/dashboard?pool=default&x=1', '/v1/usage']) {
    const location = `/login?next=${encodeURIComponent(url)}`;
    t.match(await away(server, url, page), { statusCode: 302, headers: { location } });
    t.match(await away(server, url, { ...page, 'sec-fetch-dest': 'document' }), {
      statusCode: 302,
      headers: { location },
    });
    t.match(await away(server, url, { ...page, 'sec-fetch-dest': 'iframe' }), { statusCode: 401 });
    t.match((await away(server, url, { accept: '*/*' })).json(), { code: 'key_required' });
  }
  const shown = await away(server, '/login?next=%2Fdashboard', page);
  t.match(shown, { statusCode: 200, headers: { 'content-security-policy': /default-src 'none'.*form-action 'self'/ } });
  t.match(shown.body, /name="next" value="\/dashboard"/);
  t.match(shown.body, /did not come over HTTPS/);
  t.match(await away(server, '/v1/events', page, { method: 'POST', payload: use }), { statusCode: 401 });
});

t.test('nobody is led to another server', async (t) => {
  const { server, read } = await world(t);
  const elsewhere = [
    'https://evil.test/',
    '//evil.test',
    '///evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/.//evil.test',
    '/..//evil.test/',
    '/%2e//evil.test',
    'javascript:alert(1)',
    ' //evil.test',
    '/\t/evil.test',
    '/a\r\nset-cookie: x=1',
    'dashboard',
    '',
    '/login?next=/login',
    '/logout',
    `/${'x'.repeat(3_000)}`,
  ];
  for (const next of elsewhere) {
    t.equal(localPath(next), '/dashboard', JSON.stringify(next));
    t.match(await signIn(server, read.key, {}, { next }), { statusCode: 303, headers: { location: '/dashboard' } });
  }
  for (const next of ['/dashboard', '/dashboard?pool=a%2F%2Fb', '/v1/usage?since=2026-01-01', '/docs'])
    t.equal(localPath(next), next);
  const shown = (await server.get(`/login?next=${encodeURIComponent('/docs?"><script>')}`)).body;
  t.notMatch(shown, '"><script>');
});

t.test('a key that opens no page signs nobody in, and guessing is slowed down', async (t) => {
  const { server, admin, read, clock } = await world(t);
  const ingest = await makeKey(server.app, { scope: 'ingest' }, admin);
  const refused = await signIn(server, ingest.key);
  t.match(refused, {
    statusCode: 403,
    headers: { 'set-cookie': undefined },
    body: /needs? the scope read|need the scope read/,
  });
  const codes = [];
  for (let i = 0; i < 12; i++) codes.push((await signIn(server, `${read.key.slice(0, -1)}!`)).statusCode);
  t.same(codes, [...Array(10).fill(401), 429, 429]);
  t.equal((await server.get('/v1/keys', bearer(admin))).json().refused, 12);
  clock.advance(1_000);
  const shown = await signIn(server, read.key.slice(0, 40));
  t.match(shown, { statusCode: 401, body: /no whole API key/ });
  t.notMatch(shown.body, read.key.slice(0, 40));
  t.equal((await signIn(server, ` ${read.key}\n`)).statusCode, 303);
});

t.test('a page from elsewhere signs nobody in, and out', async (t) => {
  const { server, read } = await world(t);
  const origins: readonly Record<string, string>[] = [
    { origin: 'https://evil.test' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of origins)
    t.match(
      (await signIn(server, read.key, headers)).json(),
      { code: 'cross_site', status: 403 },
      JSON.stringify(headers),
    );
  const { origin: _, ...program } = own;
  const text = new URLSearchParams({ key: read.key }).toString();
  t.match((await server.post('/login', text, program)).json(), { code: 'cross_site' });
  t.equal((await server.post('/login', text, { ...program, 'sec-fetch-site': 'same-origin' })).statusCode, 303);
  t.match((await server.post('/login', { key: read.key }, { origin: own.origin })).json(), {
    code: 'unsupported_media_type',
  });
  t.match(
    (await server.post('/v1/events', text, own)).json(),
    { code: 'unsupported_media_type' },
    'no other route takes a form',
  );
});

t.test('the cookie alone changes nothing; with the token of the page, what the key may', async (t) => {
  const { server, admin } = await world(t);
  const cookie = cookieOf(await signIn(server, admin.key));
  const token = tokenIn(await server.get('/dashboard', cookie));
  const other = tokenIn(await server.get('/dashboard', cookieOf(await signIn(server, admin.key))));
  t.not(other, token);
  const tokens: readonly Record<string, string>[] = [
    {},
    { 'x-csrf-token': '' },
    { 'x-csrf-token': other },
    { 'x-csrf-token': `${token}x` },
  ];
  for (const headers of tokens)
    t.match((await server.post('/v1/events', use, { ...cookie, ...headers })).json(), {
      code: 'csrf_refused',
      status: 403,
    });
  t.match((await server.post('/v1/keys', { scope: 'admin' }, cookie)).json(), { code: 'csrf_refused' });
  t.same(await eventsOf(server, 'usage.recorded'), []);
  t.equal((await server.post('/v1/events', use, { ...cookie, 'x-csrf-token': token })).statusCode, 201);
  t.match(await eventsOf(server, 'usage.recorded'), [{ actor: `key:${admin.id}` }]);
  t.equal(
    (await server.post('/v1/events', use, { ...cookie, ...bearer(admin) })).statusCode,
    201,
    'a key is sent by no page',
  );
  for (const csrf of ['', other])
    t.match((await server.post('/logout', new URLSearchParams({ csrf }).toString(), { ...own, ...cookie })).json(), {
      code: 'csrf_refused',
    });
  t.equal((await away(server, '/v1/usage', cookie)).statusCode, 200, 'still signed in');
});

t.test('over HTTPS the cookie is bound to the host, and another one is none', async (t) => {
  // Behind a proxy nobody makes the first key over TCP.
  const { server: inside, read } = await world(t);
  const server = serverOn(t, inside, { trustedProxies: '127.0.0.1', publicNames: 'ledger.test' });
  const proxied = {
    host: 'ledger.test',
    origin: 'https://ledger.test',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '203.0.113.9',
  };
  const answer = await signIn(server, read.key, proxied);
  t.match(answer.headers['set-cookie'], /^__Host-rs_session=[\w-]{43}; Path=\/; .*HttpOnly; SameSite=Strict; Secure$/);
  const { cookie } = cookieOf(answer);
  const status = async (sent: string) => (await server.get('/v1/usage', { ...proxied, cookie: sent })).statusCode;
  t.equal(await status(cookie), 200);
  t.equal(await status(`a=b; ${cookie}; c=d`), 200);
  t.equal(await status(cookie.replace('__Host-', '')), 401);
  t.equal(await status(`${cookie}; ${cookie}x`), 401, 'of two nothing is taken');
  t.notMatch((await server.get('/login', proxied)).body, 'did not come over HTTPS');
});

for (const variant of variants) {
  t.test(`a session is over when it is to be: ${variant.name}`, async (t) => {
    const place = await variant.place(t, { calm: true });
    const { server, clock, admin, read } = await world(t, { place });
    const status = async (cookie: { cookie: string }) => (await away(server, '/v1/usage', cookie)).statusCode;
    const open = async (key: string) => cookieOf(await signIn(server, key));
    const [one, two] = [await open(read.key), await open(read.key)];
    t.same([await status(one), await status(two)], [200, 200]);
    const csrf = tokenIn(await server.get('/dashboard', one));
    const left = await server.post('/logout', new URLSearchParams({ csrf }).toString(), { ...own, ...one });
    t.match(left, { statusCode: 303, headers: { location: '/login', 'set-cookie': /^rs_session=; .*Max-Age=0;/ } });
    t.same([await status(one), await status(two)], [401, 200], 'signed out, and nobody else');
    clock.advance(12 * hour - 1);
    t.equal(await status(two), 200);
    clock.advance(1);
    t.equal(await status(two), 401, 'after twelve hours');
    const three = await open(read.key);
    await revokeKey(server.app, read, admin);
    t.equal(await status(three), 401, 'with its key');
    const four = await open(admin.key);
    const { key } = (await server.post(`/v1/keys/${admin.id}/rotate`, { overlap_s: 60 }, bearer(admin))).json();
    t.equal(await status(four), 200);
    clock.advance(60_000);
    t.equal(await status(four), 401, 'with a key that was replaced');
    const many = [];
    for (let i = 0; i < 101; i++, clock.advance(1)) many.push(await open(key));
    t.same(
      [await status(many[0] as typeof one), await status(many[1] as typeof one)],
      [401, 200],
      'a hundred of a key',
    );
    for (const table of ['sessions', 'keys.sessions', 'main.sessions', 'resource_share_keys.sessions'])
      if (!(variant.name === 'postgres' && table.startsWith('resource')))
        await t.rejects(server.ledger.query(`SELECT * FROM ${table}`), table);
  });
}

t.test('a live feed is heard by cookie, and ends with the session', async (t) => {
  const clock = new ManualClock(noon);
  const { app, url } = await listeningServer(t, { clock });
  const admin = await makeKey(app, { scope: 'admin' });
  const enter = async () => {
    const body = new URLSearchParams({ key: admin.key });
    const answer = await fetch(`${url}/login`, { method: 'POST', body, headers: { origin: url }, redirect: 'manual' });
    return { cookie: (answer.headers.get('set-cookie') as string).split(';', 1)[0] as string };
  };
  const follow = async (headers: Record<string, string>) => {
    const feed = await fetch(`${url}/v1/stream`, { headers: { ...headers, 'x-forwarded-for': '203.0.113.9' } });
    t.equal(feed.status, 200);
    return feed.text();
  };
  const [one, two] = [await enter(), await enter()];
  const [first, second] = [follow(one), follow(two)];
  const dashboard = await fetch(`${url}/dashboard`, { headers: one });
  const csrf = /name="csrf" value="([\w-]+)"/.exec(await dashboard.text())?.[1] as string;
  const body = new URLSearchParams({ csrf });
  const left = await fetch(`${url}/logout`, {
    method: 'POST',
    body,
    headers: { ...one, origin: url },
    redirect: 'manual',
  });
  t.equal(left.status, 303);
  t.match(await first, /^retry: /, 'at once where it signs out');
  let isOver = false;
  void second.then(() => {
    isOver = true;
  });
  clock.advance(12 * hour);
  while (!isOver) {
    clock.advance(1_000);
    await nextTurn();
  }
  t.pass('and when its time is over');
});
