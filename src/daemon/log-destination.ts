/** Where the daemon logs: JSON lines on stderr, or the same lines made for reading where stderr is a terminal or a journal. */
import type { LogSettings } from '../api/logging.js';
import { processEnvironment } from '../settings/environment.js';
import { isJournal } from '../settings/handed-over.js';
import { visibleLines } from '../text/visible.js';

interface LogStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export async function logDestination(
  stderr: LogStream = process.stderr,
): Promise<NonNullable<LogSettings['destination']>> {
  if (isJournal(processEnvironment())) {
    const { journalText } = await import('./log-text.js');
    return { write: (line: string) => stderr.write(journalText(line)) };
  }
  if (stderr.isTTY !== true) return { write: (line: string) => stderr.write(visibleLines(line)) };
  // Loaded on a terminal only: a service starts without it.
  const { logText } = await import('./log-text.js');
  return { write: (line: string) => stderr.write(logText(line)) };
}
