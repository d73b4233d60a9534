/** Runs the verb, and turns what goes wrong into one sentence and an exit code. */
import { tuneRuntime } from '../runtime/v8.js';
import { toCliExit } from './exit.js';
import { endWithReader, printError } from './output.js';
import { buildProgram } from './program.js';

async function run(args: readonly string[]): Promise<void> {
  const program = await buildProgram(args);
  await program.parseAsync(args[0] === '-V' ? ['-v'] : [...args], { from: 'user' });
}

export function startProgram(args: readonly string[]): void {
  process.stdout.on('error', endWithReader);
  /** What this program makes is for its owner alone. */
  process.umask(0o077);
  tuneRuntime();
  run(args).catch(async (error: unknown) => {
    const ending = await toCliExit(error);
    if (ending === null) return;
    if (ending.message !== '') printError(ending.message);
    process.exitCode = ending.exitCode;
  });
}
