/** What a page must be in a real browser, whatever is on it: accessible, within its width, and nothing refused or failed on the way. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Where pictures of pages are kept, where somebody wants to look at them. */
const pictures = process.env.RESOURCE_SHARE_TEST_PICTURES;

export class PageLook {
  readonly page: Page;
  /** What the browser refused by the policy, or a script failed at. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: BrowserContext): Promise<PageLook> {
    const page = await browser.newPage();
    const look = new PageLook(page);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) look.complaints.push(message.text());
    });
    page.on('pageerror', ({ message }) => look.complaints.push(message));
    await page.addInitScript(
      "addEventListener('securitypolicyviolation', (event) => console.error('policy:', event.violatedDirective, event.sourceFile))",
    );
    return look;
  }

  /** What axe finds at the page as it is, and how far it is wider than the window. */
  async faults(): Promise<string[]> {
    const { violations } = (await this.page.evaluate(`${axe}; axe.run()`)) as { violations: readonly Violation[] };
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
    const wide = (await this.page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )) as number;
    return wide > 0 ? [...found, `${wide} px too wide`] : found;
  }

  async picture(name: string): Promise<void> {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await this.page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  }
}
