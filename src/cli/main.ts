#!/usr/bin/env node
import { tuneRuntime } from '../runtime/v8.js';
/** `resource-share`: runs the verb, and turns what goes wrong into one sentence and an exit code. */
import { toCliExit } from './exit.js';
import { printError } from './output.js';
import { buildProgram } from './program.js';

async function run(args: readonly string[]): Promise<void> {
  const program = await buildProgram(args);
  await program.parseAsync(args[0] === '-V' ? ['-v'] : [...args], { from: 'user' });
}

/** A reader that has seen enough (`| head`) ends the run quietly. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

/** What this program makes is for its owner alone. */
process.umask(0o077);
tuneRuntime();
run(process.argv.slice(2)).catch(async (error: unknown) => {
  const ending = await toCliExit(error);
  if (ending === null) return;
  if (ending.message !== '') printError(ending.message);
  process.exitCode = ending.exitCode;
});
