/** Where the daemon logs: a file; or stderr, as JSON lines, or made for reading where that is a terminal or a journal. */
import type { LogSettings } from '../api/logging.js';
import { systemClock } from '../runtime/clock.js';
import { processEnvironment } from '../settings/environment.js';
import { isJournal } from '../settings/handed-over.js';
import type { Settings } from '../settings/schema.js';
import { visibleLines } from '../text/visible.js';
import type { LogFile, LogFileSettings } from './log-file.js';

interface LogStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface LogOutput {
  readonly destination: NonNullable<LogSettings['destination']>;
  /** Null where it is stderr. */
  readonly file: LogFile | null;
}

type Log = Settings['log'];

export async function logOutput(log: Log | undefined, stderr: LogStream = process.stderr): Promise<LogOutput> {
  if (log?.file === undefined) return { destination: await logDestination(stderr), file: null };
  const { LogFile } = await import('./log-file.js');
  const file = new LogFile({ path: log.file, rotate: log.rotate, ...limitsOf(log) }, systemClock, (message) =>
    stderr.write(`${message}\n`),
  );
  return { destination: { write: (line: string) => file.write(visibleLines(line)) }, file };
}

export const limitsOf = ({
  max_mib: mib,
  max_days: days,
  keep,
}: Log): Pick<LogFileSettings, 'bytesMax' | 'ageMsMax' | 'keep'> => ({
  bytesMax: mib * 1_048_576,
  ageMsMax: days * 86_400_000,
  keep,
});

export async function logDestination(stderr: LogStream = process.stderr): Promise<LogOutput['destination']> {
  if (isJournal(processEnvironment())) {
    const { journalText } = await import('./log-text.js');
    return { write: (line: string) => stderr.write(journalText(line)) };
  }
  if (stderr.isTTY !== true) return { write: (line: string) => stderr.write(visibleLines(line)) };
  // Loaded on a terminal only: a service starts without it.
  const { logText } = await import('./log-text.js');
  return { write: (line: string) => stderr.write(logText(line)) };
}
