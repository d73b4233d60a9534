/** What a verb that appends says about what became of it. */

import type { Recorded } from './ledger-client.js';
import { printJson, printLine } from './output.js';

/** `done` is the sentence for what was asked, without its full stop: `Ada is paused`. */
export function printRecorded(recorded: Recorded, done: string, json: boolean | undefined): void {
  if (json === true) printJson(recorded);
  else if (recorded.status === 'recorded') printLine(`${done} (seq ${recorded.seq}).`);
  else if (recorded.seq !== undefined) printLine(`${done}: recorded before, under the same key (seq ${recorded.seq}).`);
  else printLine(`${done}: it was so already, nothing was recorded.`);
}
