// Goal: a page whose name was made to point to this machine reads nothing, records nothing and hears nothing of the daemon that took
// the page's port, in a real browser, in which all of it is of one origin. Our own pages work meanwhile.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { jsonOn, run } from '../cli/run.js';
import { openChromium, withoutChromium } from '../support/chromium.js';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';

const secret = 'Ada-of-the-ledger';

/** What a page can try; each answers with what it got. */
const page = `<!doctype html><title>Cat pictures</title><script>
const use = JSON.stringify({ type: 'usage.recorded', payload: { name: 'Mallory', mode: 'autonomy', cost_micro_usd: 12345000000 } });
const increment = JSON.stringify({ claude_name: 'Mallory', mode: 'autonomy', cost_delta: 12345 });
const json = { 'content-type': 'application/json' };
const taken = async (response) => response.status + ' ' + (await response.text());
const loaded = (element) => new Promise((done) => {
  element.onload = () => done('loaded');
  element.onerror = () => done('failed');
  document.body.append(element);
});
const framed = async (url) => {
  const frame = Object.assign(document.createElement('iframe'), { src: url });
  await loaded(frame);
  try { return frame.contentDocument.documentElement.textContent; } catch (error) { return 'failed ' + error.name; }
};
const heard = (url) => new Promise((done) => {
  const feed = new EventSource(url);
  feed.onopen = () => done('open');
  feed.onerror = () => { feed.close(); done('failed'); };
});
const sentForm = (url, type) => new Promise((done) => {
  const name = 'f' + Math.random();
  const frame = Object.assign(document.createElement('iframe'), { name });
  const form = Object.assign(document.createElement('form'), { action: url, method: 'post', enctype: type, target: name });
  const field = Object.assign(document.createElement('input'), { name: use.slice(0, -1) + ',"x":"', value: '"}' });
  form.append(field);
  document.body.append(frame, form);
  frame.onload = () => { try { done(frame.contentDocument.documentElement.textContent); } catch { done('failed'); } };
  form.submit();
});
const tries = (to) => ({
  usage: () => fetch(to + '/v1/usage').then(taken),
  events: () => fetch(to + '/v1/events', { cache: 'no-store' }).then(taken),
  badUrl: () => fetch(to + '/%zz').then(taken),
  nowhere: () => fetch(to + '/nowhere').then(taken),
  opaque: () => fetch(to + '/v1/usage', { mode: 'no-cors' }).then(taken),
  record: () => fetch(to + '/v1/events', { method: 'POST', headers: json, body: use }).then(taken),
  recordAsText: () => fetch(to + '/v1/events', { method: 'POST', mode: 'no-cors', body: use }).then(taken),
  increment: () => fetch(to + '/resource-share/increment', { method: 'POST', headers: json, body: increment }).then(taken),
  incrementAsText: () => fetch(to + '/resource-share/increment', { method: 'POST', mode: 'no-cors', body: increment }).then(taken),
  beacon: async () => { navigator.sendBeacon(to + '/resource-share/increment', increment); return 'sent'; },
  options: () => fetch(to + '/v1/events', { method: 'OPTIONS' }).then(taken),
  form: () => sentForm(to + '/v1/events', 'text/plain'),
  frame: () => framed(to + '/dashboard'),
  feed: () => heard(to + '/v1/stream'),
  script: () => loaded(Object.assign(document.createElement('script'), { src: to + '/v1/usage' })),
});
const attack = async (to) => {
  const got = {};
  for (const [name, go] of Object.entries(tries(to))) {
    const late = new Promise((done) => setTimeout(done, 5000, 'late'));
    got[name] = await Promise.race([go().catch((error) => 'failed ' + error.name), late]);
  }
  return got;
};
</script><body>`;

/** A page of somebody else, at a port that is given up. */
async function attacker() {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', connection: 'close' }).end(page);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const leave = async () => {
    server.close().closeAllConnections();
    await once(server, 'close');
  };
  return { port, leave };
}

t.test('a page that is rebound', { skip: withoutChromium, timeout: 400_000 }, async (t) => {
  const data = join(temporaryFolder(t), 'data');
  t.match(await run(['usage', 'record', secret, '--cost', '1', '--data', data]), { code: 0 });
  const browser = await openChromium(t, 'attacker.test', '*.attacker.test');
  const { port, leave } = await attacker();
  const evil = await browser.newPage();
  await evil.goto(`http://attacker.test:${port}/`);
  await leave();
  const daemon = await spawnDaemon(data, '--port', String(port));
  t.teardown(() => daemon.stop());

  const ours = await browser.newPage();
  await ours.goto(`${daemon.url}/dashboard`);
  t.match(await ours.textContent('main'), secret);
  const before = await ours.textContent('main');

  t.equal(await evil.evaluate('location.origin'), `http://attacker.test:${port}`);
  const got = (await evil.evaluate("attack('')")) as Record<string, string>;
  for (const name of ['usage', 'events', 'badUrl', 'nowhere', 'record', 'increment', 'options']) {
    t.match(got[name], /^421 .*host_unknown/, name);
  }
  t.match(got, { feed: 'failed', script: 'failed' });
  t.notMatch(JSON.stringify(got), secret, 'of one origin with the daemon, it read nothing');

  // Not rebound: another origin that sends to the daemon as it is, and one more name of the attacker.
  for (const to of [daemon.url, `http://localhost:${port}`, `http://more.attacker.test:${port}`]) {
    const sent = (await evil.evaluate(`attack('${to}')`)) as Record<string, string>;
    t.match(sent, { usage: /^failed/, feed: 'failed', script: 'failed' }, to);
    t.notMatch(JSON.stringify(sent), secret, to);
  }
  const opened = browser.waitForEvent('page');
  await evil.evaluate("void open('/dashboard')");
  const popup = await opened;
  await popup.waitForLoadState();
  t.notMatch(await popup.content(), secret, 'nor in a window of its own');

  const events = await jsonOn(data)('audit', 'events');
  t.notMatch(JSON.stringify(events), 'Mallory', 'it recorded nothing');

  const api = await browser.newPage();
  await api.goto(`${daemon.url}/health`);
  t.equal(await api.evaluate("fetch('/v1/usage').then((response) => response.status)"), 200);
  const listening = api.evaluate(`new Promise((done, failed) => {
    const feed = new EventSource('/v1/stream');
    feed.onopen = () => { document.title = 'open'; };
    feed.onerror = () => failed(new Error('the feed broke off'));
    feed.addEventListener('usage.recorded', ({ data }) => { feed.close(); done(data); });
  })`);
  await api.waitForFunction("document.title === 'open'");
  t.match(await run(['usage', 'record', 'Eve-who-is-new', '--cost', '2', '--data', data]), { code: 0 });
  t.match(await listening, 'Eve-who-is-new', 'our own page hears of it');
  await ours.getByText('Eve-who-is-new').first().waitFor({ timeout: 60_000 });
  t.notMatch(before, 'Eve-who-is-new', 'and the dashboard shows it by itself');
});
