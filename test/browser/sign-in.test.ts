// Goal: a person signs in with a key in a real browser, whose pages then work by the cookie, and signs out; no script sees the cookie.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { run } from '../cli/run.js';
import { openChromium, withoutChromium } from '../support/chromium.js';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';

t.test('signing in and out', { skip: withoutChromium, timeout: 400_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  const file = join(folder, 'admin.key');
  t.match(await run(['keys', 'create', '--scope', 'admin', '--to-file', file, '--data', data]), { code: 0 });
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  const browser = await openChromium(t, 'elsewhere.test');
  const tab = await browser.newPage();

  await tab.goto(`${daemon.url}/v1/keys`);
  t.equal(tab.url(), `${daemon.url}/login?next=%2Fv1%2Fkeys`);
  await tab.fill('input[name=key]', 'rs_7m2kq0xv_mistyped');
  await tab.click('text=Sign in >> nth=-1');
  t.match(await tab.textContent('[role=alert]'), 'no whole API key');
  await tab.fill('input[name=key]', readFileSync(file, 'utf8').trim());
  await tab.keyboard.press('Enter');
  await tab.waitForURL(`${daemon.url}/v1/keys`);
  t.match(await tab.textContent('body'), '"scope":"admin"');

  await tab.goto(`${daemon.url}/dashboard`);
  t.match(await tab.textContent('header'), /signed in as [0-9a-z]{8} · log out/);
  t.equal(await tab.evaluate('document.cookie'), '');
  const api = await browser.newPage();
  await api.goto(`${daemon.url}/health`);
  const send = (token: string) =>
    api.evaluate(`fetch('/v1/pools', { method: 'POST', body: '{"pool":"made-here"}',
      headers: { 'content-type': 'application/json', 'x-csrf-token': '${token}' } }).then((answer) => answer.status)`);
  t.equal(await send(''), 403, 'the cookie alone changes nothing');
  t.equal(await send(await tab.inputValue('input[name=csrf]')), 201);
  const heard = `new Promise((done) => {
    const feed = new EventSource('/v1/stream?after_seq=0');
    feed.addEventListener('key.created', ({ data }) => { feed.close(); done(data); });
    feed.onerror = () => done('failed');
  })`;
  t.match(await api.evaluate(heard), '"scope":"admin"', 'the live feed is heard by cookie');

  // Of another site, which a browser takes for this machine as well: its pages send no cookie along.
  const evil = await browser.newPage();
  await evil.route('http://elsewhere.test/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<a href="${daemon.url}/v1/keys">keys</a>` }),
  );
  await evil.goto('http://elsewhere.test/');
  await evil.click('a');
  await evil.waitForURL(/\/login/);
  await evil.click('text=Open the page.');
  await evil.waitForURL(`${daemon.url}/v1/keys`);

  await tab.click('text=log out');
  await tab.waitForURL(`${daemon.url}/login`);
  await tab.goto(`${daemon.url}/v1/keys`);
  t.match(tab.url(), '/login?next=');
});
