#!/usr/bin/env node
import { tuneRuntime } from '../runtime/v8.js';
/** `resource-share`: runs the verb, and turns what goes wrong into one sentence and an exit code. */
import { redacted } from '../settings/database.js';
import { toCliExit } from './exit.js';
import { printError } from './output.js';
import { buildProgram } from './program.js';

async function run(args: readonly string[]): Promise<void> {
  hidePasswords(args);
  const program = await buildProgram(args);
  await program.parseAsync(args[0] === '-V' ? ['-v'] : [...args], { from: 'user' });
}

/** Arguments are shown to everybody on the machine (`ps`), a title in their place. */
function hidePasswords(args: readonly string[]): void {
  const shown = args.map(redacted);
  if (shown.some((arg, i) => arg !== args[i])) process.title = ['resource-share', ...shown].join(' ');
}

/** A reader that has seen enough (`| head`) ends the run quietly. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

tuneRuntime();
run(process.argv.slice(2)).catch(async (error: unknown) => {
  const ending = await toCliExit(error);
  if (ending === null) return;
  if (ending.message !== '') printError(ending.message);
  process.exitCode = ending.exitCode;
});
