/** `status`: whether the daemon works, in one word, for supervisors and people. */
import type { Command } from 'commander';
import { requireSettings } from '../../settings/resolve.js';
import { stdoutColours as colours } from '../colours.js';
import type { HealthState } from '../health/health.js';
import { addExamples, jsonOption, settingOption, settingsFor } from '../options.js';
import { printJson, printText } from '../output.js';

export function define(command: Command): void {
  command
    .description(
      'Say whether the daemon works. Exit code 0: healthy. 1: degraded, everything is recorded and somebody should look. 2: down, nothing can be recorded. A daemon that has nothing to do is healthy.',
    )
    .addOption(settingOption('url'))
    .addOption(jsonOption());
  command.action(async ({ json }: { readonly json?: true }) => {
    const resolved = settingsFor(command);
    const { askDaemon } = await import('../ask-daemon.js');
    const { healthOf } = await import('../health/health.js');
    const { pool } = requireSettings(resolved, 'pool');
    const health = await healthOf(askDaemon(resolved), pool);
    process.exitCode = exits[health.state];
    if (json === true) return printJson(health);
    const { figures } = health;
    const more =
      figures === null
        ? ''
        : `: version ${figures.version}, ${figures.seq} events in ${figures.pool}, ${figures.identities} identities`;
    printText(`${words[health.state]}${more}`);
    for (const { part, text, remedy } of health.reasons) {
      printText(`${part}: ${text}`, 2);
      printText(`→ ${remedy}`, 4);
    }
  });
  addExamples(command, 'status', 'status --json', 'status --url http://ledger.example:8765');
}

const exits: Readonly<Record<HealthState, 0 | 1 | 2>> = { healthy: 0, degraded: 1, down: 2 };
const words: Readonly<Record<HealthState, string>> = {
  healthy: colours.green('healthy'),
  degraded: colours.yellow('degraded'),
  down: colours.red('down'),
};
