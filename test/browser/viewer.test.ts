// Goal: in a real browser, light and dark, narrow and wide, the viewer is accessible and within its width; its editor is used by keyboard
// alone, and all of it works without a script.
import { join } from 'node:path';
import t from 'tap';
import { openChromiumWith, withoutChromium } from '../support/chromium.js';
import { spawnDaemon } from '../support/daemon.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { PageLook } from '../support/page-look.js';

/** A daemon with some uses. */
async function daemonWithUse(t: Scope): Promise<string> {
  const daemon = await spawnDaemon(join(temporaryFolder(t), 'data'));
  t.teardown(() => daemon.stop());
  for (let i = 0; i < 60; i += 1)
    await fetch(`${daemon.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        type: 'usage.recorded',
        payload: {
          name: i % 2 === 0 ? 'Ada' : 'Bob',
          mode: 'autonomy',
          cost_micro_usd: 1_000 * i,
          model: 'claude-sonnet-4-5',
          project:
            i % 3 === 0
              ? 'a project whose name is longer than what one cell of a table on a phone has room for, as names are'
              : 'p1',
        },
      }),
    });
  return daemon.url;
}

const looks = [
  { name: 'light-390', colorScheme: 'light', width: 390 },
  { name: 'dark-390', colorScheme: 'dark', width: 390 },
  { name: 'light-1440', colorScheme: 'light', width: 1_440 },
  { name: 'dark-1440', colorScheme: 'dark', width: 1_440 },
] as const;

t.test('every page of the viewer', { skip: withoutChromium, timeout: 600_000 }, async (t) => {
  const url = await daemonWithUse(t);
  for (const { name, colorScheme, width } of looks)
    await t.test(name, async (t) => {
      const browser = await openChromiumWith(t, { colorScheme, viewport: { width, height: 900 } });
      const look = await PageLook.open(browser);
      const { page } = look;
      const check = async (what: string) => {
        t.same(await look.faults(), [], what);
        t.same(look.complaints, [], what);
        await look.picture(`viewer-${what}-${name}`);
      };
      await page.goto(`${url}/sql`);
      await page.waitForSelector('.cm-editor');
      await check('sql-empty');
      await page.goto(`${url}/sql?canned=largest-reports`);
      await page.waitForSelector('.cm-editor');
      t.equal(await page.locator('table.rows tbody tr').count(), 50);
      await check('sql-rows');
      await page.goto(`${url}/tables`);
      await check('tables');
      await page.goto(`${url}/tables/resource_share_increments`);
      await page.click('.facets summary');
      await page.click('.meaning summary');
      await check('table');
      await page.goto(`${url}/tables/resource_share_increments?is.claude_name=Ada&from=2020-01-01&sort=cost_micro_usd`);
      t.equal(await page.locator('table.rows tbody tr').count(), 30);
      await check('table-filtered');
    });
});

t.test('the editor, by keyboard alone', { skip: withoutChromium, timeout: 300_000 }, async (t) => {
  const url = await daemonWithUse(t);
  const look = await PageLook.open(await openChromiumWith(t, { viewport: { width: 1_440, height: 900 } }));
  const { page } = look;
  await page.goto(`${url}/sql`);
  await page.waitForSelector('.cm-editor');
  await page.focus('.cm-content');
  await page.keyboard.type('SELECT count(*) AS uses FROM resource_share_incr');
  await page.waitForSelector('.cm-tooltip-autocomplete');
  // Where the list has just opened, it takes no key for a moment.
  await page.waitForSelector('.cm-tooltip-autocomplete [aria-selected=true]');
  await page.waitForFunction("document.querySelector('.cm-content').textContent.endsWith('resource_share_incr')");
  await page.keyboard.type('ements');
  await page.keyboard.press('Escape');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Control+Enter')]);
  t.match(await page.textContent('table.rows'), '60');
  t.match(await page.textContent('.cm-content'), 'SELECT count(*) AS uses', 'it is still there');

  await page.waitForSelector('.cm-editor');
  await page.fill('#saved-name', 'how many');
  await page.keyboard.press('Enter');
  await page.goto(`${url}/sql`);
  await page.waitForSelector('.cm-editor');
  await page.click('#saved >> text=how many');
  t.equal(await page.evaluate('document.activeElement.className.includes("cm-content")'), true);
  t.match(await page.textContent('.cm-content'), 'SELECT count(*) AS uses');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Control+Enter')]);
  t.match(await page.textContent('table.rows'), '60');

  const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=CSV')]);
  t.equal(file.suggestedFilename(), 'query.csv');
  await page.click('#saved >> text=Remove');
  t.equal(await page.locator('#saved li').count(), 0);
  t.same(look.complaints, []);
});

t.test('the viewer without scripts', { skip: withoutChromium, timeout: 300_000 }, async (t) => {
  const url = await daemonWithUse(t);
  const page = await (await openChromiumWith(t, { javaScriptEnabled: false })).newPage();
  await page.goto(`${url}/sql`);
  t.equal(await page.isVisible('#saved'), false, 'nothing could be saved');
  await page.fill('textarea', 'SELECT count(*) AS uses FROM resource_share_increments');
  await page.click('button >> text=Run');
  t.match(await page.textContent('table.rows'), '60');
  await page.fill('textarea', 'SELECT nothing');
  await page.click('button >> text=Run');
  t.match(await page.textContent('[role=alert]'), 'nothing');
  t.equal(await page.inputValue('textarea'), 'SELECT nothing');
  await page.click('text=Tables');
  await page.click('text=resource_share_increments');
  await page.click('text=Next page');
  t.equal(await page.locator('table.rows tbody tr').count(), 10);
  await page.click('table.rows td a >> nth=0');
  t.match(page.url(), /\/events\/\d+$/);
});
