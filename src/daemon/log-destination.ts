/** Where the daemon logs: JSON lines on stderr, or the same lines made for reading where stderr is a terminal. */
import type { LogSettings } from '../api/logging.js';

export async function logDestination(): Promise<NonNullable<LogSettings['destination']>> {
  const { stderr } = process;
  if (stderr.isTTY !== true) return stderr;
  // Loaded on a terminal only: a service starts without it.
  const { logText } = await import('./log-text.js');
  return { write: (line: string) => stderr.write(logText(line)) };
}
