/** A real browser, where the machine has one. */
import { existsSync } from 'node:fs';
import { type BrowserContext, chromium } from 'playwright-core';
import { type Scope, temporaryFolder } from './folder.js';

const usualPaths = ['/usr/bin/chromium', '/usr/bin/google-chrome'];

const path = process.env.RESOURCE_SHARE_TEST_CHROMIUM || usualPaths.find((each) => existsSync(each));

/** Why tests with a browser are left out; false where they are not. */
export const withoutChromium: string | false =
  path === undefined && `no Chromium at ${usualPaths.join(' or ')}, and RESOURCE_SHARE_TEST_CHROMIUM names none`;

/** A browser with a profile of its own, which takes each of the names for this machine. */
export const openChromium = (t: Scope, ...names: readonly string[]): Promise<BrowserContext> =>
  openChromiumWith(t, {}, ...names);

/** As `openChromium`, with a window, colours or scripts as the options say. */
export async function openChromiumWith(
  t: Scope,
  options: Parameters<typeof chromium.launchPersistentContext>[1],
  ...names: readonly string[]
): Promise<BrowserContext> {
  const rules = names.map((name) => `MAP ${name} 127.0.0.1`).join(',');
  const context = await chromium.launchPersistentContext(temporaryFolder(t), {
    ...options,
    executablePath: path as string,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      `--host-resolver-rules=${rules}`,
    ],
  });
  t.teardown(() => context.close());
  return context;
}
