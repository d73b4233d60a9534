// Goal: a stranger stands before an empty ledger, and finds by the pages alone how to begin, who used what, when each runs next and why;
// pauses one, changes a weight after seeing what last week would have been, and finds the event of it and its proof.
import t from 'tap';
import { openChromiumWith, withoutChromium } from '../support/chromium.js';
import { madeAgents, makeClaudeHome, rulesOf } from '../support/claude-home.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { madeHome } from '../support/home.js';
import { PageLook } from '../support/page-look.js';

t.test("a stranger's walk", { skip: withoutChromium, timeout: 400_000 }, async (t) => {
  const home = madeHome(t, { RESOURCE_SHARE_SOURCES_RULES: JSON.stringify(rulesOf(madeAgents)) });
  makeClaudeHome(home.home, Date.now() - 60_000, 10);
  const daemon = await spawnDaemonIn(home.env, home.data);
  t.teardown(() => daemon.stop());
  const look = await PageLook.open(await openChromiumWith(t, { viewport: { width: 1_200, height: 800 } }));
  const { page } = look;
  const step = async (name: string, whole = false) => {
    t.same(await look.faults(), [], name);
    await look.picture(`walk-${name}`, whole);
  };

  await page.goto(daemon.url);
  await page.waitForSelector('body.live');
  t.match(
    await page.textContent('.first-run'),
    /resource-share connect.*curl.*resource-share demo.*Waiting for the first report/s,
  );
  await step('1-begin');

  t.match(await home.ask('connect', 'claude', '--yes'), { code: 0 });
  for (const name of madeAgents) await page.waitForSelector(`tr[data-key="${name}"]`, { timeout: 120_000 });
  t.equal(await page.locator('.first-run').count(), 0);
  const [ada] = madeAgents;
  const row = await page.textContent(`tr[data-key="${ada}"]`);
  t.match(row, /\$\d/, 'who used what');
  t.match(row, /weight 1/);
  t.match(
    await page.textContent(`tr[data-key="${ada}: why"]`),
    /^session_5hour is full: wait .*, until shortly after the reset\.$/,
    'when it runs next, and why',
  );
  await page.waitForSelector('.u-legend');
  await step('2-connected', true);

  await page.click(`tr[data-key="${ada}"] th a`);
  await page.waitForSelector('body.live');
  t.match(await page.textContent('.steps'), /What is left of the quota.*From the rate to the interval/s);
  await step('3-agent');
  await page.click('button.act:has-text("Pause 1 h")');
  t.match(await page.textContent('.notice.good'), new RegExp(`${ada} is paused until`));
  t.match(await page.textContent('h1'), 'paused');
  await step('4-paused');
  await page.click('.notice.good button:has-text("Undo")');
  t.match(await page.textContent('.notice.good'), 'may run again');

  await page.fill('input[name=weight]', '3');
  await page.click('button:has-text("See last week first")');
  t.match(await page.textContent('main'), new RegExp(`The weight of ${ada}: 1 → 3`));
  t.equal(await page.locator('table').first().locator('tbody tr').count(), madeAgents.length);
  await step('5-last-week');
  await page.click('button:has-text("Set the weight")');
  t.match(await page.textContent('.notice.good'), `${ada} has the weight 3 now.`);
  await page.click('.notice.good a');
  t.match(await page.textContent('h1'), /^Event \d+ identity\.changed$/);
  t.match(await page.textContent('#proof'), 'Its hash is that of what it says, and of the hash before it');
  await step('6-event');
  t.same(look.complaints, []);
});
