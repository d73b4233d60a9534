/** What a verb that appends says about what became of it. */

import type { RecordResult } from './ledger-client.js';
import { printJson, printLine } from './output.js';

/** `done` is the sentence for what was asked, without its full stop: `Ada is paused`. */
export function printResult(result: RecordResult, done: string, json: boolean | undefined): void {
  if (json === true) printJson(result);
  else if (result.status === 'recorded') printLine(`${done} (seq ${result.seq}).`);
  else if (result.seq !== undefined) printLine(`${done}: recorded before, under the same key (seq ${result.seq}).`);
  else printLine(`${done}: it was so already, nothing was recorded.`);
  if (json !== true) for (const note of result.notes ?? []) printLine(note);
}
