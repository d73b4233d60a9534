/** Goal: what is done on the page of an agent is an event with its actor, says what it did and how to take it back, and nobody else does it. */
import t from 'tap';
import { register, usage } from '../support/command.js';
import { type TestServer, testServer } from './support.js';

const own = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' };

const send = (server: TestServer, url: string, body = '', headers: Record<string, string> = own) =>
  server.app.inject({ method: 'POST', url, headers, payload: body });

async function withAda(t: Parameters<typeof testServer>[0]) {
  const server = await testServer(t);
  await server.record(register('Ada', { weight: 2 }), register('Bob'), usage('Ada', { cost_micro_usd: 1_000_000 }));
  return server;
}

/** Sends a form, and gives the page that it leads to. */
async function done(server: TestServer, url: string, body = ''): Promise<string> {
  const answer = await send(server, url, body);
  t.equal(answer.statusCode, 303, answer.body);
  const page = await server.get(String(answer.headers.location));
  t.equal(page.statusCode, 200);
  return page.body;
}

async function newest(server: TestServer): Promise<{ type: string; actor: string; source: string; payload: object }> {
  return (await server.get('/v1/events?order=desc&limit=1')).json().events[0];
}

t.test('each act is an event, and its page says what it did', async (t) => {
  const server = await withAda(t);
  const acts: readonly (readonly [string, string, object, RegExp])[] = [
    ['pause?minutes=60', '', { type: 'agent.paused' }, /Ada is paused until .*formaction="\/agents\/Ada\/resume"/s],
    ['resume', '', { type: 'agent.resumed' }, /Ada may run again/],
    ['pause', '', { type: 'agent.paused', payload: { name: 'Ada' } }, /Ada is paused until it is resumed/],
    [
      'weight',
      'weight=3',
      { type: 'identity.changed', payload: { name: 'Ada', weight: 3 } },
      /has the weight 3 now.*formaction="\/agents\/Ada\/weight\?weight=2"/s,
    ],
    ['weight?weight=2', '', { payload: { weight: 2 } }, /has the weight 2 now/],
    ['alias', 'alias=Ada+Laptop', { type: 'identity.aliased' }, /Ada Laptop is another name of Ada now/],
    ['retire', '', { type: 'identity.retired' }, /Ada is retired.*formaction="\/agents\/Ada\/reinstate"/s],
    ['reinstate', '', { type: 'identity.reinstated' }, /Ada takes part again/],
    ['confirm', '', { type: 'identity.reinstated' }, /Nothing was to change/],
  ];
  for (const [act, body, event, said] of acts) {
    t.match(await done(server, `/agents/Ada/${act}`, body), said, act);
    t.match(await newest(server), { actor: 'local', source: 'web/1', ...event }, act);
  }
  await server.record(usage('Cy', { cost_micro_usd: 1 }));
  t.match(await done(server, '/agents/Cy/confirm'), /Cy is confirmed/);
  t.match(await done(server, '/agents/Ada%20Laptop/pause'), /<h1><bdi>Ada<\/bdi>/, 'by another name');
  t.match(await done(server, '/agents/Ada/merge', 'into=Bob'), /Ada is Bob now.*<h1><bdi>Bob<\/bdi>/s);
});

t.test('what is wrong is said, and nothing is recorded', async (t) => {
  const server = await withAda(t);
  const before = await newest(server);
  const browser = { ...own, accept: 'text/html', 'sec-fetch-dest': 'document' };
  const tries: readonly (readonly [string, string, Record<string, string>, number, string])[] = [
    ['/agents/Ada/weight', 'weight=-1', browser, 422, 'weight'],
    ['/agents/Ada/weight', '', browser, 422, 'weight'],
    ['/agents/Ada/pause?minutes=x', '', browser, 422, 'minutes'],
    ['/agents/Eve/pause', '', browser, 404, 'no identity is called Eve'],
    ['/agents/Ada/pause?pool=none', '', browser, 404, 'there is no pool none'],
    ['/agents/Ada/pause', '', { 'content-type': own['content-type'] }, 403, 'cross_site'],
    ['/agents/Ada/pause', '', { ...own, 'sec-fetch-site': 'cross-site' }, 403, 'cross_site'],
    ['/agents/Ada/pause', '', { ...own, origin: 'http://elsewhere.test' }, 403, 'cross_site'],
    ['/agents/Ada/pause', '{}', { ...own, 'content-type': 'application/json' }, 415, 'unsupported_media_type'],
  ];
  for (const [url, body, headers, status, text] of tries) {
    const answer = await send(server, url, body, headers);
    t.equal(answer.statusCode, status, `${url} ${body}`);
    t.ok(answer.body.includes(text), `${url}: ${text}`);
  }
  t.same(await newest(server), before);
});

t.test('names of others are text, on each page', async (t) => {
  const server = await testServer(t);
  const name = '"><img src=x onerror=alert(1)>';
  await server.record(register(name), usage(name, { cost_micro_usd: 1, project: '<script>' }));
  const path = `/agents/${encodeURIComponent(name)}`;
  for (const url of [path, '/events', '/events/3', `/events?identity=${encodeURIComponent(name)}`, '/dashboard']) {
    const { body, statusCode } = await server.get(url);
    t.equal(statusCode, 200, url);
    t.notMatch(body, /<img|<script>/, url);
  }
  t.equal((await send(server, `${path}/pause`)).statusCode, 303);
  t.equal((await server.get('/agents/Nobody')).statusCode, 404);
  t.equal((await server.get('/windows/none')).statusCode, 404);
});
