// Goal: on a phone, every page stays good to read while the daemon is away, and those that are live say so and go on by themselves; once
// there are keys, each of them leads to where a person signs in, and from there back.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import t from 'tap';
import { run } from '../cli/run.js';
import { openChromiumWith, withoutChromium } from '../support/chromium.js';
import { spawnDaemon, spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { freePort } from '../support/free-port.js';
import { PageLook } from '../support/page-look.js';

const pages: Readonly<Record<string, { readonly path: string; readonly isLive?: true }>> = {
  '/dashboard': { path: '/dashboard', isLive: true },
  '/agents/{name}': { path: '/agents/Ada', isLive: true },
  '/windows/{key}': { path: '/windows/week_all', isLive: true },
  '/events': { path: '/events?identity=Ada', isLive: true },
  '/alerts': { path: '/alerts', isLive: true },
  '/sources': { path: '/sources', isLive: true },
  '/jobs': { path: '/jobs', isLive: true },
  '/keys': { path: '/keys', isLive: true },
  '/events/{id}': { path: '/events/2' },
  '/policy': { path: '/policy' },
  '/tables': { path: '/tables' },
  '/tables/{name}': { path: '/tables/resource_share_increments' },
  '/sql': { path: '/sql?canned=largest-reports' },
  '/docs': { path: '/docs' },
  '/problems': { path: '/problems' },
};
const all = Object.values(pages);
/** A browser opens so many connections to one host, of which each live page keeps one. */
const connectionsMax = 6;

async function post<T>(url: string, path: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as T;
}

async function fill(url: string): Promise<void> {
  const resets_at = Date.now() + 3_600_000;
  const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1_500_000 };
  await post(url, '/v1/events', [
    { type: 'usage.recorded', payload: use },
    { type: 'quota.read', payload: { windows: [{ key: 'week_all', percent_bp: 1_000, resets_at }] } },
  ]);
}

/** Every page in a tab of its own; live ones by two names of this machine, so that each has its connection. */
async function openAll(browser: BrowserContext, url: string) {
  const tabs: { readonly path: string; readonly isLive: boolean; readonly look: PageLook }[] = [];
  for (const [i, { path, isLive = false }] of all.entries()) {
    const look = await PageLook.open(browser);
    await look.page.goto(`${i < connectionsMax - 1 ? url : url.replace('127.0.0.1', 'localhost')}${path}`);
    if (isLive) await look.page.waitForSelector('body.live');
    tabs.push({ path, isLive, look });
  }
  return tabs;
}

const isOfTheFeed = (text: string): boolean => /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING/.test(text);

t.test('every page', { skip: withoutChromium, timeout: 400_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  const port = String(await freePort());
  const first = await spawnDaemon(data, '--port', port);
  await fill(first.url);
  const browser = await openChromiumWith(t, { viewport: { width: 390, height: 844 } });
  const tabs = await openAll(browser, first.url);

  await t.test('none is missing here', async (t) => {
    const { paths } = (await (await fetch(`${first.url}/openapi.json`)).json()) as {
      readonly paths: Readonly<
        Record<string, { readonly get?: { readonly operationId: string; readonly tags: readonly string[] } }>
      >;
    };
    const isPage = ({ operationId, tags }: { readonly operationId: string; readonly tags: readonly string[] }) =>
      tags.includes('Pages') && operationId.startsWith('show');
    const described = Object.entries(paths)
      .flatMap(([path, { get }]) => (get !== undefined && isPage(get) ? [path] : []))
      .filter((path) => path !== '/' && path !== '/login');
    t.strictSame(described.sort(), Object.keys(pages).sort());
  });

  await t.test('while the daemon is away', async (t) => {
    await first.stop();
    for (const { path, isLive, look } of tabs) {
      if (isLive) {
        await look.page.waitForSelector('body.stale', { timeout: 30_000 });
        t.match(await look.page.textContent('#stale'), /^Stale since .*: the daemon does not answer/, path);
      }
      t.same(await look.faults(), [], path);
      // The reference is longer than a picture may be.
      await look.picture(`away${path.replace(/\W+/g, '-')}`, path !== '/docs');
    }
  });

  const second = await spawnDaemon(data, '--port', port);
  await t.test('when it is back', async (t) => {
    for (const { path, isLive, look } of tabs) {
      const { page, complaints } = look;
      if (isLive) {
        await page.waitForSelector('body.live', { timeout: 30_000 });
        t.equal(await page.isHidden('#stale'), true, path);
        t.equal(await page.evaluate('performance.getEntriesByType("navigation")[0].type'), 'navigate', path);
      }
      t.same(
        complaints.filter((text) => !(isLive && isOfTheFeed(text))),
        [],
        path,
      );
    }
  });

  for (const { look } of tabs.slice(1)) await look.page.close();
  await second.stop();
  const file = join(folder, 'admin.key');
  t.match(await run(['keys', 'create', '--scope', 'admin', '--to-file', file, '--data', data]), { code: 0 });
  // Behind a proxy, to which nobody is of this machine.
  const third = await spawnDaemonIn({ RESOURCE_SHARE_SERVER_TRUSTED_PROXIES: '127.0.0.1' }, data, '--port', port);
  t.teardown(() => third.stop());
  await t.test('signed out', async (t) => {
    const look = tabs[0]?.look as PageLook;
    const { page } = look;
    look.complaints.length = 0;
    for (const { path } of all) {
      await page.goto(third.url + path);
      t.equal(page.url(), `${third.url}/login?next=${encodeURIComponent(path)}`);
      t.same(await look.faults(), [], path);
      await page.fill('input[name=key]', readFileSync(file, 'utf8').trim());
      await page.keyboard.press('Enter');
      await page.waitForURL(third.url + path);
      await page.click('text=log out');
      await page.waitForURL(`${third.url}/login`);
    }
    await look.picture('signed-out');
    t.same(look.complaints, []);
  });
});
