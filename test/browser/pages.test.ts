// Goal: every page, in every state it can be in, is accessible, fits its window, and runs without a complaint of the browser.
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import t, { type Test } from 'tap';
import { run } from '../cli/run.js';
import { openChromiumWith, withoutChromium } from '../support/chromium.js';
import { type Daemon, spawnDaemon, spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { PageLook } from '../support/page-look.js';

const windows = [
  { colorScheme: 'light', viewport: { width: 1_440, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
  { colorScheme: 'dark', viewport: { width: 1_440, height: 900 } },
  { colorScheme: 'light', viewport: { width: 390, height: 844 } },
] as const;

/** Looks at each of the pages, in each of so many windows. */
async function lookAt(t: Test, url: string, state: string, paths: readonly string[], count = 2) {
  for (const options of windows.slice(0, count)) {
    const browser: BrowserContext = await openChromiumWith(t, options);
    const look = await PageLook.open(browser);
    for (const path of paths) {
      const name = `${state} ${path} ${options.colorScheme} ${options.viewport.width}`;
      const answer = await look.page.goto(`${url}${path}`);
      if ((await look.page.locator('body[data-live]').count()) > 0) await look.page.waitForSelector('body.live');
      for (const details of await look.page.locator('details').all())
        await details.evaluate('(each) => { each.open = true; }');
      t.same(await look.faults(), [], name);
      // Chromium itself complains of the status of a page that says what is wrong.
      const status = answer?.status() ?? 0;
      t.same(
        look.complaints.splice(0).filter((text) => status < 400 || !text.includes(`status of ${status}`)),
        [],
        name,
      );
      // The reference is longer than a picture may be.
      await look.picture(name.replace(/\W+/g, '-'), path !== '/docs');
    }
    await browser.close();
  }
}

async function record(daemon: Daemon, ...events: readonly object[]): Promise<void> {
  const answer = await fetch(`${daemon.url}/v1/events?ask=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
  t.equal(answer.status, 200, await answer.text());
}

const pages = ['/dashboard', '/events', '/policy', '/docs', '/problems'];

t.test('an empty ledger', { skip: withoutChromium, timeout: 300_000 }, async (t) => {
  const daemon = await spawnDaemon(join(temporaryFolder(t), 'data'));
  t.teardown(() => daemon.stop());
  await lookAt(t, daemon.url, 'empty', [...pages, '/nowhere', '/events/1', '/dashboard?pool=none']);
});

t.test('a made week', { skip: withoutChromium, timeout: 400_000 }, async (t) => {
  const data = join(temporaryFolder(t), 'data');
  t.match(await run(['demo', '--no-serve', '--data', data]), { code: 0 });
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  const more = ['/agents/Demo%20Ada', '/windows/week_all', '/events/900', '/dashboard?by=model&step=hour&as_of=900'];
  await lookAt(t, daemon.url, 'demo', [...pages.slice(0, 3), ...more]);
  await lookAt(t, daemon.url, 'demo', ['/dashboard', more[0] as string], windows.length);
});

t.test(
  'thirty agents with names of all kinds, and a quota that is full',
  { skip: withoutChromium, timeout: 300_000 },
  async (t) => {
    const daemon = await spawnDaemon(join(temporaryFolder(t), 'data'));
    t.teardown(() => daemon.stop());
    const kinds = [
      'W'.repeat(60),
      '日本語の名前のとても長いエージェント',
      'وكيل باسم عربي طويل',
      'סוכן עם שם',
      '<b>&"\'',
      'a b c d e f g h i j k l m n o p q r s t',
    ];
    const names = Array.from({ length: 30 }, (_, i) => `${kinds[i % kinds.length]} ${i}`);
    const use = (name: string) => ({
      type: 'usage.recorded',
      payload: {
        name,
        mode: 'autonomy',
        cost_micro_usd: 1_234_567,
        model: 'm'.repeat(60),
        project: '/srv/日本/'.repeat(6),
      },
    });
    await record(daemon, ...names.slice(0, 20).map(use));
    await record(
      daemon,
      ...names.slice(20).map((name) => ({ type: 'identity.registered', payload: { name } })),
      ...names.slice(20).map(use),
    );
    const resets_at = Date.now() + 3_600_000;
    await record(
      daemon,
      {
        type: 'quota.read',
        payload: {
          windows: [
            { key: 'week_all', percent_bp: 10_000, resets_at },
            { key: 'k'.repeat(40), percent_bp: 9_900, resets_at },
          ],
        },
      },
      { type: 'agent.paused', payload: { name: names[1], reason: 'r'.repeat(200) } },
    );
    const agent = (name: string | undefined) => `/agents/${encodeURIComponent(name ?? '')}`;
    await lookAt(
      t,
      daemon.url,
      'many',
      ['/dashboard', '/events', agent(names[0]), agent(names[2]), agent(names[4]), '/windows/week_all'],
      2,
    );
  },
);

t.test('signed out', { skip: withoutChromium, timeout: 120_000 }, async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const daemon = await spawnDaemonIn({ RESOURCE_SHARE_SERVER_TRUSTED_PROXIES: '127.0.0.1' }, data);
  t.teardown(() => daemon.stop());
  await lookAt(t, daemon.url, 'signed-out', ['/dashboard']);
});
