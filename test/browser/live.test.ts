// Goal: an open page follows the ledger by itself, says so when the daemon is away, and goes on when it is back, without being loaded
// again; what the reader has opened and where the keyboard is stay.
import { join } from 'node:path';
import t from 'tap';
import { openChromium, openChromiumWith, withoutChromium } from '../support/chromium.js';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { freePort } from '../support/free-port.js';
import { PageLook } from '../support/page-look.js';

const report = (url: string, name: string, cost: number) =>
  fetch(`${url}/resource-share/increment`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ claude_name: name, mode: 'autonomy', cost_delta: cost }),
  });

t.test('an open dashboard', { skip: withoutChromium, timeout: 300_000 }, async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const port = String(await freePort());
  const first = await spawnDaemon(data, '--port', port);
  const look = await PageLook.open(await openChromium(t));
  const { page } = look;
  await page.goto(`${first.url}/dashboard`);
  await page.waitForSelector('body.live');
  t.match(await page.textContent('.first-run'), 'Waiting for the first report');
  await page.evaluate('globalThis.same = true');

  const sent = performance.now();
  await report(first.url, 'Ada', 1.5);
  await page.waitForSelector('tr[data-key="Ada"]');
  const shownMs = performance.now() - sent;
  t.ok(shownMs < 1_500, `shown after ${Math.round(shownMs)} ms`);
  t.equal(await page.locator('.first-run').count(), 0, 'how to begin is not needed any more');

  await page.click('#words summary');
  await page.focus('tr[data-key="Ada"] th a');
  await report(first.url, 'Bob', 3);
  await page.waitForSelector('tr[data-key="Bob"]');
  t.equal(await page.evaluate('document.activeElement.textContent'), 'Ada', 'the keyboard is where it was');
  t.equal(await page.locator('#words').getAttribute('open'), '', 'what was opened stays open');

  await first.stop();
  await page.waitForSelector('body.stale', { timeout: 20_000 });
  t.match(await page.textContent('#stale'), /^Stale since .*: the daemon does not answer/);
  look.complaints.length = 0;
  const second = await spawnDaemon(data, '--port', port);
  t.teardown(() => second.stop());
  await page.waitForSelector('body.live', { timeout: 20_000 });
  t.ok(await page.isHidden('#stale'));
  await report(second.url, 'Eve', 2);
  await page.waitForSelector('tr[data-key="Eve"]');
  t.equal(await page.evaluate('globalThis.same'), true, 'it was not loaded again');
  t.same(
    look.complaints.filter((text) => !/ERR_CONNECTION_REFUSED/.test(text)),
    [],
  );
});

t.test(
  'a page that nobody sees keeps no connection, and is current once it is seen',
  {
    skip: withoutChromium,
    timeout: 120_000,
  },
  async (t) => {
    const daemon = await spawnDaemon(join(temporaryFolder(t), 'data'));
    t.teardown(() => daemon.stop());
    const browser = await openChromium(t);
    const open = async () => {
      const page = await browser.newPage();
      await page.goto(`${daemon.url}/dashboard`, { waitUntil: 'domcontentloaded' });
      await page.waitForSelector('body.live');
      return page;
    };
    // The browser drives each page as one that is seen: whether it is, is said here.
    const turnAway = (page: Awaited<ReturnType<typeof open>>, hidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
       document.dispatchEvent(new Event('visibilitychange'))`,
      );
    const pages = [];
    for (let i = 0; i < 8; i += 1) {
      const page = await open();
      await turnAway(page, true);
      pages.push(page);
    }
    t.pass('more tabs of one browser than it has connections to a server');
    await report(daemon.url, 'Ada', 1.5);
    const [first] = pages as [Awaited<ReturnType<typeof open>>];
    t.equal(await first.locator('tr[data-key="Ada"]').count(), 0);
    await turnAway(first, false);
    await first.waitForSelector('tr[data-key="Ada"]');
    t.ok(await first.isHidden('#stale'));
  },
);

t.test('a page without scripts is complete', { skip: withoutChromium, timeout: 120_000 }, async (t) => {
  const daemon = await spawnDaemon(join(temporaryFolder(t), 'data'));
  t.teardown(() => daemon.stop());
  await report(daemon.url, 'Ada', 1.5);
  const page = await (await openChromiumWith(t, { javaScriptEnabled: false })).newPage();
  await page.goto(`${daemon.url}/dashboard`);
  t.match(await page.textContent('tr[data-key="Ada"]'), '$1.50');
});
