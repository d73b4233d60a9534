// Goal: the pages of alerts, sources, jobs and keys are good to look at and to work with in a real browser: with nothing on them and with a
// lot, light and dark, narrow and wide, by the keyboard alone, and without scripts.
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openChromium, openChromiumWith, withoutChromium } from '../support/chromium.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { PageLook } from '../support/page-look.js';

const paths = ['/alerts', '/sources', '/jobs', '/keys'];
const names = [
  'Ada',
  'the-agent-that-writes-the-documentation-of-everything-at-night',
  '青い鳥の観測者とその長い名前',
  'مراقب الحصص في الليل',
  '<img src=x onerror=alert(1)>',
  ...Array.from({ length: 25 }, (_, i) => `agent-${i + 1}`),
];
const kinds = JSON.stringify({ 'x.report': { attempts: 1 }, 'x.a-kind-with-a-rather-long-name': {} });

const daemonIn = (folder: string, more: Readonly<Record<string, string>> = {}) =>
  spawnDaemonIn(
    { RESOURCE_SHARE_JOBS_KINDS: kinds, RESOURCE_SHARE_JOBS_POLL_MS: '100', ...more },
    join(folder, 'data'),
  );

async function post(url: string, path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Record<string, unknown>;
}

/** Agents with all sorts of names, alerts about them, jobs in every state, keys, a secret. */
async function fill(url: string): Promise<void> {
  for (const [i, name] of names.entries()) {
    await post(url, '/v1/events', {
      type: 'usage.recorded',
      payload: { name, mode: i % 2 === 0 ? 'autonomy' : 'collaboration', cost_micro_usd: 125_000 * (i + 1) },
      source: i < 5 ? `${name}/1` : 'api/1',
    });
  }
  for (const name of names.slice(0, 8)) {
    const text = `${name} was due 3 h ago and has not reported since its last report, 5 h ago; it was told to run every 90 min.`;
    await post(url, '/v1/events', {
      type: 'alert.raised',
      payload: { rule: 'identity-overdue', subject: name, text, dedupe_key: `identity-overdue:${name}` },
    });
  }
  const { alerts } = (await (await fetch(`${url}/v1/alerts`)).json()) as { alerts: { id: string }[] };
  await post(url, `/v1/alerts/${alerts[0]?.id}/ack`, { reason: 'the collector is being repaired' });
  await post(url, '/v1/events', {
    type: 'alert.cleared',
    payload: { dedupe_key: 'identity-overdue:agent-1', reason: 'it reports again' },
  });
  await post(url, '/v1/jobs', { kind: 'x.report' });
  const { job } = await post(url, '/v1/jobs/claim', { kinds: ['x.report'] });
  const { id, token } = job as { id: string; token: number };
  const error = `the report of ${names[1]} could not be written: /srv/reports/2026/01/05/a-file-without-any-space-in-its-name.pdf`;
  await post(url, '/v1/jobs/fail', { id, token, error });
  await post(url, '/v1/jobs', { kind: 'x.a-kind-with-a-rather-long-name', pool: 'default' });
  await fetch(`${url}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'nothing' } }] }] }] }),
  });
  await post(url, '/v1/webhook-secrets', { source: 'events', identity: names[2], label: names[3] });
  for (const name of names.slice(0, 5))
    await post(url, '/v1/keys', { scope: 'ingest', identity: name, label: `desk of ${name}`, expires_in_s: 86_400 });
}

const looks = [
  ['light', 390],
  ['light', 1_440],
  ['dark', 390],
  ['dark', 1_440],
] as const;

async function lookAt(t: Test, look: PageLook, name: string): Promise<void> {
  for (const [colorScheme, width] of looks) {
    await look.page.emulateMedia({ colorScheme });
    await look.page.setViewportSize({ width, height: 900 });
    t.same(await look.faults(), [], `${name}, ${colorScheme}, ${width} px`);
    await look.picture(`${name}-${colorScheme}-${width}`);
  }
}

t.test('the pages of who looks after a ledger', { skip: withoutChromium, timeout: 600_000 }, async (t) => {
  const daemon = await daemonIn(temporaryFolder(t));
  t.teardown(() => daemon.stop());
  const { url } = daemon;
  const look = await PageLook.open(await openChromium(t));
  const { page } = look;

  for (const path of paths) {
    await page.goto(url + path);
    await page.waitForSelector('body.live');
    await lookAt(t, look, `empty-${path.slice(1)}`);
  }
  await page.goto(`${url}/alerts`);
  t.match(await page.textContent('.empty'), 'No alert is open');

  await fill(url);
  await page.waitForSelector('article[data-key]');
  await page.goto(`${url}/keys`);
  await page.fill('input[name=label]', names[1] as string);
  await page.click('text=Make it');
  const key = (await page.textContent('#key-text')) ?? '';
  t.match(key, /^rs_\w{8}_/);
  t.notMatch(page.url(), 'rs_');
  await lookAt(t, look, 'made-key');
  await page.click('text=Sign in with it.');
  await page.fill('input[name=key]', key);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${url}/keys`);

  for (const path of paths) {
    await page.goto(url + path);
    await page.waitForSelector('body.live');
    for (const summary of await page.locator('main details > summary').all()) await summary.click();
    await lookAt(t, look, `full-${path.slice(1)}`);
  }
  t.same(look.complaints, []);
});

t.test('an alert is marked as seen by the keyboard alone', { skip: withoutChromium, timeout: 300_000 }, async (t) => {
  const daemon = await daemonIn(temporaryFolder(t));
  t.teardown(() => daemon.stop());
  await fill(daemon.url);
  const look = await PageLook.open(await openChromium(t));
  const { page } = look;
  await page.goto(`${daemon.url}/alerts`);
  await page.waitForSelector('body.live');
  const label = await tabTo(look, /^Seen a\d+$/);
  const id = label.slice(5);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/alerts\?done=\d+$/);
  t.match(await page.textContent('.notice.good'), /is marked as seen.*event \d+/);
  t.equal(await page.locator(`[data-key="${id}"] button`).count(), 0);
  t.match(await page.textContent(`[data-key="${id}"]`), 'by local');
  t.same(look.complaints, []);
});

/** Goes on with the Tab key until it is at a button that is called so. */
async function tabTo({ page }: PageLook, name: RegExp): Promise<string> {
  for (let i = 0; i < 100; i += 1) {
    await page.keyboard.press('Tab');
    const text = (await page.evaluate(
      "document.activeElement.tagName === 'BUTTON' ? document.activeElement.textContent : ''",
    )) as string;
    if (name.test(text)) return text;
  }
  throw new Error(`no button called ${name} is reached by the Tab key`);
}

t.test('without scripts a key is made and revoked', { skip: withoutChromium, timeout: 300_000 }, async (t) => {
  const daemon = await daemonIn(temporaryFolder(t));
  t.teardown(() => daemon.stop());
  const page = await (await openChromiumWith(t, { javaScriptEnabled: false })).newPage();
  await page.goto(`${daemon.url}/keys`);
  await page.selectOption('select[name=scope]', 'ingest');
  await page.fill('input[name=identity]', names[2] as string);
  await page.fill('input[name=days]', '30');
  await page.click('text=Make it');
  const id = ((await page.textContent('#key-text')) ?? '').slice(3, 11);
  await page.click('text=Back to the keys');
  t.match(await page.textContent(`tr[data-key="${id}"]`), names[2]);
  t.notOk(await page.isVisible('text=Revoke it'), 'it is asked first');
  await page.click(`#revoke-${id} summary`);
  await page.click('text=Revoke it');
  await page.waitForURL(/\/keys\?done=\d+$/);
  t.match(await page.textContent('.notice.good'), `The key ${id} works no longer. event`);
  await page.goto(`${daemon.url}/jobs`);
  await page.click('text=Close it');
  t.match(await page.textContent('main'), /closed|before|began/);
});

t.test(
  'a backup is made now, and shown without loading the page again',
  { skip: withoutChromium, timeout: 300_000 },
  async (t) => {
    const folder = temporaryFolder(t);
    const daemon = await daemonIn(folder, { RESOURCE_SHARE_BACKUP_FOLDER: join(folder, 'backups') });
    t.teardown(() => daemon.stop());
    await post(daemon.url, '/v1/events', { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy' } });
    const look = await PageLook.open(await openChromium(t));
    const { page } = look;
    await page.goto(`${daemon.url}/jobs`);
    t.match(await page.textContent('main'), 'No backup was made yet');
    await page.click('tr[data-key="backup"] >> text=Run now');
    t.match(await page.textContent('.notice.good'), /^The job \w+ \(backup\) is added/);
    const shown = page.locator('dt:has-text("Events in it") + dd');
    await shown.waitFor();
    t.match(await shown.textContent(), /^[1-9]\d*$/);
    await lookAt(t, look, 'backup-jobs');
    t.same(look.complaints, []);
  },
);
