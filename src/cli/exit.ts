/** How a run ends: the exit codes, and one place that says which error means which, in one sentence. */
import { CommanderError } from 'commander';
import { redacted } from '../settings/database.js';
import { loadSettings } from '../settings/load.js';
import { requireSettings } from '../settings/resolve.js';
import { systemErrorText } from '../text/system-error.js';

export const exitCodes = {
  ok: 0,
  /** The answer is no: a chain is broken, a replay differs, what was asked for is not there, a request was refused. */
  no: 1,
  /** The question could not be put: locked, damaged, unreachable. */
  failed: 2,
  usage: 64,
  /** The database cannot be reached, or does not answer: later, the same run may work. EX_UNAVAILABLE of sysexits. */
  unavailable: 69,
  /** A report waits in the spool: it is safe, and not delivered yet. EX_TEMPFAIL of sysexits. */
  spooled: 75,
  /** The database was written by a newer release: nothing but an upgrade helps. EX_CONFIG of sysexits. */
  newer: 78,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An end of the run that is understood: its message is all a person needs. */
export class CliExit extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = 'Ending';
    this.exitCode = exitCode;
  }
}

export const usageError = (message: string): CliExit => new CliExit(exitCodes.usage, message);
export const failure = (message: string): CliExit => new CliExit(exitCodes.failed, message);
export const negativeResult = (message: string): CliExit => new CliExit(exitCodes.no, message);

/** Exit code of a problem that this release does not know: a daemon of another release answered it. */
export const exitCodeOfStatus = (status: number): ExitCode => (status >= 500 ? exitCodes.failed : exitCodes.no);

/** The exit code and the message of an error. Errors that nobody expected are faults of the program: they say so, and can show their stack. */
export async function toCliExit(error: unknown): Promise<CliExit | null> {
  if (error instanceof CommanderError) return exitOfCommander(error);
  if (error instanceof CliExit) return error;
  const { Problem, problems } = await import('../problems.js');
  if (error instanceof Problem) return new CliExit(exitCodes[problems[error.code].exit], error.message);
  const { StorageError, storageFaults } = await import('../storage-error.js');
  if (error instanceof StorageError) return new CliExit(exitCodes[storageFaults[error.reason].exit], error.message);
  const { UnreadableEvent } = await import('../events/upcast.js');
  if (error instanceof UnreadableEvent) return failure(error.message);
  const { LedgerChanged } = await import('../client/known-ledgers.js');
  if (error instanceof LedgerChanged) return negativeResult(`${error.message}.`);
  if (isFileError(error)) return failure(`${systemErrorText(error)}.`);
  const { message, stack } = error as Error;
  const shown = isDebugging() ? stack : `${message} (RESOURCE_SHARE_DEBUG=1 shows where)`;
  return failure(`a fault of this program: ${redacted(shown ?? message)}`);
}

/** Settings that are wrong themselves must not hide the fault. */
function isDebugging(): boolean {
  try {
    return requireSettings(loadSettings(), 'debug').debug;
  } catch {
    return false;
  }
}

/** Commander has printed its own message; help and version that were asked for are no errors. */
function exitOfCommander({ exitCode }: CommanderError): CliExit | null {
  return exitCode === 0 ? null : usageError('');
}

/** An error of the operating system about a file or a connection that was named on the command line. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
