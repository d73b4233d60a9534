// Makes the pictures of the documentation, of real pages in a real browser: those of the guide by the test of a stranger's walk, the
// one of the README by a made week. It needs Chromium (RESOURCE_SHARE_TEST_CHROMIUM names another than /usr/bin/chromium).
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const { status } = spawnSync(process.execPath, ['scripts/test.mjs', 'test/browser/walk.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, ENGINES: 'sqlite', RESOURCE_SHARE_TEST_PICTURES: 'docs/images/dashboard' },
});
if (status !== 0) process.exit(1);

const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
const demo = spawn(
  process.execPath,
  ['dist/app/main.js', 'demo', '--data', join(folder, 'data'), '--port', '0', '--no-socket', '--log-level', 'error'],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const browser = await chromium.launch({
  executablePath: process.env.RESOURCE_SHARE_TEST_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1_280, height: 1_180 } });
  await page.goto(`${await servedAt(demo)}/dashboard`);
  await page.waitForSelector('.u-legend');
  await page.screenshot({ path: 'docs/images/dashboard.png' });
} finally {
  await browser.close();
  demo.kill();
  await once(demo, 'exit');
  rmSync(folder, { recursive: true, force: true });
}

async function servedAt({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const url = /(http:\/\/\S+)/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the demo ended before it served');
}
