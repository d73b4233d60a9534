/** `doctor`: looks at the installation, the ledger and the daemon, and says what to do about each thing that is not right. */
import type { Command } from 'commander';
import { stdoutColours as colours } from '../colours.js';
import type { FindingState } from '../doctor/check.js';
import { addExamples, jsonOption, settingsFor } from '../options.js';
import { printJson, printLine, printText } from '../output.js';

interface Options {
  readonly fix?: true;
  readonly all?: true;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .description(
      'Look at the program, its settings, the data directory, the ledger and the daemon. Says of everything that is not right what to do. Exit code 0: all is right. 1: something is to be looked after. 2: something does not work.',
    )
    .option('--fix', 'put right what can safely be: modes of files, and what a killed daemon left behind')
    .option('--all', 'also say what is right')
    .addOption(jsonOption());
  command.action(async ({ fix, all, json }: Options) => {
    const resolved = settingsFor(command);
    const { examine, severity } = await import('../doctor/examine.js');
    const found = await examine(resolved, Date.now(), fix === true);
    process.exitCode = severity(found);
    if (json === true) return printJson(found);
    const shown = all === true ? found : found.filter(({ state }) => state === 'warning' || state === 'fault');
    for (const { id, state, text, remedy, fixed } of shown) {
      process.stdout.write(`${fixed ? colours.green('put right') : marks[state]} ${colours.bold(id)}\n`);
      printText(text, 2);
      if (remedy !== null && !fixed) printText(`→ ${remedy}`, 2);
    }
    const counted = (wanted: FindingState) => found.filter(({ state, fixed }) => state === wanted && !fixed).length;
    printLine(
      `${found.length} checks: ${counted('fault')} do not work, ${counted('warning')} to be looked after, ${counted('skipped')} with nothing to look at.`,
    );
  });
  addExamples(command, 'doctor', 'doctor --all', 'doctor --fix', 'doctor --json');
}

const marks: Readonly<Record<FindingState, string>> = {
  ok: colours.green('ok'),
  skipped: colours.dim('skipped'),
  warning: colours.yellow('warning'),
  fault: colours.red('fault'),
};
