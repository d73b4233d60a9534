/** What a ledger in which nobody has reported says instead of nothing: how to begin. */
import type { LedgerView } from '../ledger/view.js';
import { usualUrl, waysIn } from '../text/first-run.js';
import { printHeading, printLine, printText } from './output.js';

export async function printFirstRun(view: LedgerView): Promise<void> {
  if ((await view.newest({ types: ['usage.recorded'] })) !== undefined) return;
  printHeading('Nobody has reported yet. How to begin');
  for (const { title, text, command } of waysIn(usualUrl, view.pool)) {
    printText(`${title}. ${text}`);
    printLine(`  ${command}`);
    printLine();
  }
}
