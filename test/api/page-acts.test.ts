// Goal: what the pages of alerts, sources, jobs and keys do is done by who may, from a page of this server alone, and says in the log who
// did it; what is refused leaves nothing behind; names from outside are text.
import type { LightMyRequestResponse } from 'fastify';
import t from 'tap';
import { Work } from '../../src/jobs/work.js';
import { ManualClock } from '../support/clock.js';
import { noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { type ApiKey, bearer, makeKey } from '../support/keys.js';
import { temporaryLedger } from '../support/ledger.js';
import { eventsOf } from '../support/pushed.js';
import { makeSecret } from '../support/webhooks.js';
import { serverOn, type TestServer } from './support.js';

const form = { 'content-type': 'application/x-www-form-urlencoded', host: 'localhost' };
const own = { ...form, origin: 'http://localhost' };
const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const evil = '<img src=x onerror=alert(1)>';
const day = 86_400_000;

async function open(t: Scope) {
  const clock = new ManualClock(noon);
  const test = await temporaryLedger(t, { clock });
  return serverOn(t, test, { work: new Work(test.ledger, { outside: { 'x.any': {}, 'x.evil': {} } }) });
}

/** A server with keys, and what there is to be done on its pages: an alert, a job that failed, one that waits, and a day that is over. */
async function world(t: Scope) {
  const server = await open(t);
  await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 });
  await server.send('alert.raised', {
    rule: 'disk-low',
    subject: 'disk',
    text: 'little room',
    dedupe_key: 'disk-low:disk',
  });
  const admin = await makeKey(server.app, { scope: 'admin' });
  const read = await makeKey(server.app, { scope: 'read' }, admin);
  const other = await makeKey(server.app, { scope: 'ingest' }, admin);
  const { id: waits } = (await server.post('/v1/jobs', { kind: 'x.any' }, bearer(admin))).json();
  const { id: dead } = (await server.post('/v1/jobs', { kind: 'x.evil', attempts_max: 1 }, bearer(admin))).json();
  await server.post('/v1/jobs/claim', { kinds: ['x.evil'], worker: 'desk' }, bearer(admin)).then(async (claimed) => {
    const { job } = claimed.json();
    await server.post('/v1/jobs/fail', { id: job.id, token: job.token, error: evil }, bearer(admin));
  });
  server.clock.advance(day);
  const { alerts } = (await server.get('/v1/alerts', bearer(admin))).json();
  const alert = alerts.find(({ rule }: { rule: string }) => rule === 'disk-low');
  return { server, admin, read, other, waits, dead, alert: alert.id as string };
}

type World = Awaited<ReturnType<typeof world>>;

interface Act {
  readonly path: string;
  readonly fields: Record<string, string>;
  /** Of the event that says so; acts upon jobs leave none. */
  readonly type?: string;
  /** The page that the answer leads to; the answer is the page where it is left out. */
  readonly leadsTo?: RegExp;
}

const acts = ({ alert, waits, dead, other, read }: World): readonly Act[] => [
  {
    path: `/alerts/${alert}/seen`,
    fields: { reason: 'new disk' },
    type: 'alert.acknowledged',
    leadsTo: /^\/alerts\?done=\d+$/,
  },
  { path: '/jobs/x.any/run', fields: {}, leadsTo: /^\/jobs\?did=run&job=\w+$/ },
  { path: '/jobs/x.any/pause', fields: { paused: 'yes' }, leadsTo: /^\/jobs\?did=paused&job=x.any$/ },
  { path: `/jobs/${dead}/retry`, fields: {}, leadsTo: /^\/jobs\?did=retry&job=\w+$/ },
  { path: `/jobs/${dead}/cancel`, fields: {}, leadsTo: /^\/jobs\?did=cancel&job=\w+$/ },
  { path: `/jobs/${waits}/discard`, fields: {}, leadsTo: /^\/jobs\?did=discard&job=\w+$/ },
  {
    path: '/jobs/close-day',
    fields: { date: '2026-01-05' },
    type: 'day.closed',
    leadsTo: /^\/jobs\?done=\d+&of=default$/,
  },
  {
    path: '/keys',
    fields: { scope: 'ingest', identity: 'Ada', label: 'desk', days: '90', of: '' },
    type: 'key.created',
  },
  { path: `/keys/${other.id}/rotate`, fields: { overlap_s: '60' }, type: 'key.rotated' },
  { path: `/keys/${read.id}/revoke`, fields: {}, type: 'key.revoked', leadsTo: /^\/keys\?done=\d+$/ },
];

const send = (server: TestServer, path: string, fields: object, headers: Record<string, string>) =>
  server.app.inject({ method: 'POST', url: path, headers, payload: new URLSearchParams({ ...fields }).toString() });

/** A browser that signed in, and the token of its pages. */
async function signIn(server: TestServer, { key }: ApiKey) {
  const answer = await send(server, '/login', { key }, own);
  const cookie = String(answer.headers['set-cookie']).split(';', 1)[0] as string;
  const page = await server.get('/alerts', { cookie, ...browser });
  const token = /name="csrf" value="([\w-]+)"/.exec(page.body)?.[1] ?? '';
  if (token === '') throw new Error('the page has no token');
  return { headers: { ...own, ...browser, cookie }, token };
}

/** All that an act could have changed. */
async function kept(server: TestServer, admin: ApiKey): Promise<string> {
  const { ledger } = server;
  const jobs = await ledger.query('SELECT id, state, cancel_at FROM jobs ORDER BY id');
  const paused = await ledger.query('SELECT kind FROM paused_jobs');
  const { keys } = (await server.get('/v1/keys', bearer(admin))).json<{ keys: { id: string; status: string }[] }>();
  const heads = (await ledger.heads()).map(({ head }) => head.seq);
  return JSON.stringify([jobs, paused, keys.map(({ id, status }) => [id, status]), heads]);
}

const codeOf = ({ body }: LightMyRequestResponse): string => /\/problems#(\w+)/.exec(body)?.[1] ?? '';

t.test('whoever may not, or comes from elsewhere, is shown why, and nothing is changed', async (t) => {
  const all = await world(t);
  const { server, admin, read } = all;
  const asAdmin = await signIn(server, admin);
  const asRead = await signIn(server, read);
  const before = await kept(server, admin);
  for (const { path, fields } of acts(all)) {
    const right = { ...fields, csrf: asAdmin.token };
    const refused: Record<string, [headers: Record<string, string>, fields: object, code: string]> = {
      'the token of another session': [asAdmin.headers, { ...fields, csrf: asRead.token }, 'csrf_refused'],
      'no token': [asAdmin.headers, fields, 'csrf_refused'],
      'a session that reads': [asRead.headers, { ...fields, csrf: asRead.token }, 'scope_missing'],
      'a key that reads': [{ ...own, ...browser, ...bearer(read) }, fields, 'scope_missing'],
      'nobody, once there are keys': [{ ...own, ...browser }, fields, 'key_required'],
      'a page of another site': [{ ...asAdmin.headers, origin: 'https://evil.test' }, right, 'cross_site'],
      'a sandboxed page': [{ ...asAdmin.headers, origin: 'null' }, right, 'cross_site'],
      'a program with a key, which is no page': [{ ...form, ...browser, ...bearer(admin) }, fields, 'cross_site'],
    };
    for (const [who, [headers, sent, code]] of Object.entries(refused)) {
      const answer = await send(server, path, sent, headers);
      t.same([answer.statusCode, codeOf(answer)], [code === 'key_required' ? 401 : 403, code], `${path}: ${who}`);
      t.match(answer.headers['content-type'], 'text/html', `${path}: ${who}: a page`);
    }
  }
  t.equal(await kept(server, admin), before, 'nothing was changed');
});

t.test('who may does it, and the log says who', async (t) => {
  const all = await world(t);
  const { server, admin } = all;
  const { headers, token } = await signIn(server, admin);
  for (const { path, fields, type, leadsTo } of acts(all)) {
    const before = await kept(server, admin);
    const answer = await send(server, path, { ...fields, csrf: token }, headers);
    t.equal(answer.statusCode, leadsTo === undefined ? 200 : 303, `${path}: ${answer.body.slice(0, 300)}`);
    t.not(await kept(server, admin), before, `${path} changes something`);
    if (leadsTo !== undefined) {
      const to = String(answer.headers.location);
      t.match(to, leadsTo);
      const page = await server.get(to, { cookie: headers.cookie, ...browser });
      t.match(page.body, /<div class="notice good" role="status">/, `${to} says what was done`);
    }
    if (type === undefined) continue;
    const { events } = (await server.get(`/v1/events?order=desc&limit=1&type=${type}`, bearer(admin))).json();
    t.match(events, [{ type, actor: `key:${admin.id}` }], path);
  }
  const { events } = (await server.get('/v1/events?type=alert.acknowledged&order=desc', bearer(admin))).json();
  t.match(
    events
      .map(({ payload }: { payload: object }) => payload)
      .find((payload: { dedupe_key?: string }) => payload.dedupe_key === 'disk-low:disk'),
    { dedupe_key: 'disk-low:disk', reason: 'new disk' },
  );
  const page = (await server.get('/alerts', { cookie: headers.cookie })).body;
  t.match(page, new RegExp(`Seen .* by <code><bdi>key:${admin.id}</bdi></code>: <bdi>new disk</bdi>`));
  t.notMatch(page, `/alerts/${all.alert}/seen`, 'seen once, it has no button');
});

t.test('an act that changes nothing says so', async (t) => {
  const all = await world(t);
  const { server, admin, alert } = all;
  const { headers, token } = await signIn(server, admin);
  const close = () => send(server, '/jobs/close-day', { date: '2026-01-05', csrf: token }, headers);
  t.match((await close()).headers.location, /done=/);
  t.equal((await close()).headers.location, '/jobs?done=0&of=default');
  t.match((await server.get('/jobs?done=0&of=default', { cookie: headers.cookie })).body, 'it was so already');
  const see = () => send(server, `/alerts/${alert}/seen`, { csrf: token }, headers);
  t.match((await see()).headers.location, /done=/);
  t.equal((await see()).headers.location, '/alerts?done=0');
  t.notMatch((await server.get('/jobs?did=run&job=%3Cb%3E', { cookie: headers.cookie })).body, 'notice good');
  t.notMatch((await server.get('/keys?done=1', { cookie: headers.cookie })).body, 'notice good', 'of another act');
});

t.test('what is not there, or is no value, is a page that says so', async (t) => {
  const { server, admin, dead } = await world(t);
  const { headers, token } = await signIn(server, admin);
  const wrong: readonly [path: string, fields: object, code: string][] = [
    ['/alerts/a999/seen', {}, 'alert_unknown'],
    [`/alerts/${encodeURIComponent(evil)}/seen`, {}, 'alert_unknown'],
    [`/jobs/${encodeURIComponent(evil)}/retry`, {}, 'job_unknown'],
    ['/jobs/nope/cancel', {}, 'job_unknown'],
    ['/jobs/nope/discard', {}, 'job_unknown'],
    [`/jobs/${dead}/cancel`, {}, 'job_ended'],
    ['/jobs/nope/run', {}, 'job_kind_unknown'],
    ['/jobs/daily-aggregate/run', {}, 'invalid_field'],
    ['/jobs/nope/pause', { paused: 'yes' }, 'job_kind_unknown'],
    ['/jobs/x.any/pause', { paused: 'perhaps' }, 'invalid_field'],
    ['/jobs/close-day', { date: evil }, 'invalid_field'],
    ['/jobs/close-day', { date: '2099-01-01' }, 'day_not_over'],
    ['/jobs/close-day', { date: '2026-01-05', of: 'nope' }, 'pool_unknown'],
    ['/keys', { scope: 'root' }, 'invalid_field'],
    ['/keys', { scope: 'read', identity: 'Ada' }, 'invalid_field'],
    ['/keys', { scope: 'read', days: '-1' }, 'invalid_field'],
    ['/keys', { scope: 'read', of: evil }, 'pool_unknown'],
    ['/keys/nope/revoke', {}, 'api_key_unknown'],
    ['/keys/nope/rotate', {}, 'api_key_unknown'],
  ];
  const before = await kept(server, admin);
  for (const [path, fields, code] of wrong) {
    const answer = await send(server, path, { ...fields, csrf: token }, headers);
    t.equal(codeOf(answer), code, `${path} ${JSON.stringify(fields)}`);
    t.ok(answer.statusCode >= 400 && answer.statusCode < 500);
    t.match(answer.body, /<nav aria-label="Pages">/);
    t.notMatch(answer.body, '<img');
  }
  t.equal(await kept(server, admin), before);
});

t.test('a key is shown once, where it was made', async (t) => {
  const { server, admin, other } = await world(t);
  const { headers, token } = await signIn(server, admin);
  const made = await send(server, '/keys', { scope: 'read', label: 'phone', csrf: token }, headers);
  const rotated = await send(server, `/keys/${other.id}/rotate`, { overlap_s: '0', csrf: token }, headers);
  for (const answer of [made, rotated]) {
    t.match(answer, { statusCode: 200, headers: { 'cache-control': 'no-store', location: undefined } });
    const text = /id="key-text">(rs_[\w-]+)</.exec(answer.body)?.[1] ?? '';
    t.equal((await server.get('/v1/whoami', bearer({ id: '', key: text }))).statusCode, 200, 'it works');
    for (const path of ['/keys', '/v1/keys', '/v1/events?limit=1000', '/docs'])
      t.notMatch((await server.get(path, bearer(admin))).body, text.slice(12), path);
  }
  t.match(rotated.body, /works no longer/);
  t.equal((await server.get('/v1/whoami', bearer(other))).statusCode, 401, 'and the one before it does not');
});

t.test('without any key, who sits at this machine may; the first one of the scope admin changes that', async (t) => {
  const server = await open(t);
  await server.send('alert.raised', { rule: 'disk-low', subject: 'disk', text: 'room', dedupe_key: 'disk' });
  const headers = { ...own, ...browser };
  t.match((await server.get('/keys')).body, 'No key of the scope admin yet');
  t.match(await send(server, '/alerts/a1/seen', {}, headers), { statusCode: 404 });
  const [{ id }] = (await server.get('/v1/alerts')).json().alerts;
  t.match(await send(server, `/alerts/${id}/seen`, {}, headers), { statusCode: 303 });
  t.match(await eventsOf(server, 'alert.acknowledged'), [{ actor: 'local', source: 'web/1' }]);
  t.match(
    (await send(server, '/keys', { scope: 'admin' }, form)).json(),
    { code: 'cross_site' },
    'no word of where it is from',
  );
  const first = await send(server, '/keys', { scope: 'admin' }, headers);
  t.match(first.body, 'from here on these pages need it, too');
  t.match(await server.get('/keys', browser), { statusCode: 302, headers: { location: '/login?next=%2Fkeys' } });
  t.match(await server.get('/alerts', browser), { statusCode: 200, body: /needs a key of the scope <code>admin/ });
});

t.test('who only reads sees no buttons and no forms, and is told what is needed', async (t) => {
  const { server, read } = await world(t);
  const { headers } = await signIn(server, read);
  const { cookie } = headers;
  for (const path of ['/alerts', '/sources']) {
    const { statusCode, body } = await server.get(path, { cookie, ...browser });
    t.equal(statusCode, 200);
    t.notMatch(body, /class="(act|fields-form)"/, path);
    t.match(body, 'needs a key of the scope <code>admin</code>', path);
  }
  for (const path of ['/jobs', '/keys']) {
    const answer = await server.get(path, { cookie, ...browser });
    t.same([answer.statusCode, codeOf(answer)], [403, 'scope_missing']);
    t.match(answer.body, /<nav aria-label="Pages"><a href="\/dashboard">/, 'the way elsewhere is there');
    t.match((await server.get(path, { cookie, accept: 'text/event-stream' })).json(), { code: 'scope_missing' });
  }
});

t.test('a key of one pool sees nothing of others', async (t) => {
  const { server, admin } = await world(t);
  await server.post('/v1/pools', { pool: 'other' }, bearer(admin));
  const key = await makeKey(server.app, { scope: 'admin', pool: 'other' }, admin);
  await server.post('/v1/readings/usage-json', { nothing: 1 }, bearer(admin));
  await makeSecret(server, { source: 'events', label: 'the build' }, admin);
  const whole = (await server.get('/sources', bearer(admin))).body;
  t.match(whole, 'the build');
  const { body } = await server.get('/sources', bearer(key));
  t.match(body, 'These figures are of all pools');
  t.notMatch(body, 'the build');
  t.notMatch(body, /by POST \/v1\/events|coop/);
  for (const path of ['/jobs', '/keys'])
    t.match((await server.get(path, bearer(key))).json(), { code: 'pool_forbidden' });
});

t.test('names and texts from outside are text', async (t) => {
  const { server, admin } = await world(t);
  const as = bearer(admin);
  const put = (type: string, payload: object, more: object = {}) =>
    server.post('/v1/events', { type, payload, ...more }, as);
  for (const subject of [evil, 'second'])
    await put('alert.raised', { rule: evil, subject, text: evil, dedupe_key: `${evil}${subject}` });
  await put('alert.acknowledged', { dedupe_key: `${evil}second`, reason: evil });
  await put('alert.cleared', { dedupe_key: `${evil}second`, reason: evil });
  await put('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 }, { source: `${evil}/1` });
  await makeKey(server.app, { scope: 'ingest', identity: evil, label: evil }, admin);
  await makeSecret(server, { source: 'events', label: evil, identity: evil }, admin);
  for (const path of ['/alerts', '/sources', '/jobs', '/keys']) {
    const { statusCode, body } = await server.get(path, as);
    t.equal(statusCode, 200);
    t.notMatch(body, '<img', path);
    t.match(body, '&lt;img src=x', `${path} shows them`);
  }
});
