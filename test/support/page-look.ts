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

/** What reaches beyond the right side of the window, where the page is wider than it. */
const tooWide = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const beyond = [...document.querySelectorAll('main *, header *')].filter((each) => each.closest('.scroll *, pre *') === null && each.getBoundingClientRect().right > clientWidth + 1);
  return [(scrollWidth - clientWidth) + ' px too wide: ' + beyond.slice(0, 4).map((each) => each.outerHTML.slice(0, 120)).join(' | ')];
})()`;

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
    const wide = (await this.page.evaluate(tooWide)) as string[];
    return [...found, ...wide];
  }

  /** `whole`: also what is below the window. */
  async picture(name: string, whole = true): Promise<void> {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await this.page.screenshot({ path: join(pictures, `${name}.png`), fullPage: whole });
  }
}
