/** `watchdog`: one look at every pool, by the daemon where one runs. */

import type { Command } from 'commander';
import { usageError } from '../exit.js';
import { addExamples, globalsOf, jsonOption, settingFlags } from '../options.js';
import { printJson, printLine } from '../output.js';

interface Look {
  readonly pool: string;
  readonly open: number;
  readonly raised: readonly string[];
  readonly cleared: readonly string[];
  readonly held_back: readonly string[];
}

export function define(command: Command): void {
  command
    .description('Look at every pool now: raise the alerts that are due, and clear those whose cause is gone.')
    .addOption(jsonOption());
  command.action(async ({ json }: { json?: true }) => {
    if (settingFlags(command).has('pool')) throw usageError('the watchdog looks at all pools: leave --pool out.');
    const { withClient } = await import('../open-client.js');
    const answer = (await withClient(globalsOf(command), (client) => client.runWatchdog())) as {
      pools: readonly Look[];
    };
    if (json === true) printJson(answer);
    else if (answer.pools.length === 0) printLine('There is nothing to look at, or the clock is in doubt.');
    else for (const look of answer.pools) printLook(look);
  });
  addExamples(command, 'watchdog', 'watchdog --json');
}

function printLook({ pool, open, raised, cleared, held_back: heldBack }: Look): void {
  const words = open === 0 ? 'no alert is open' : open === 1 ? '1 alert is open' : `${open} alerts are open`;
  printLine(`Pool ${pool}: ${words}.`);
  for (const alert of raised) printLine(`  raised     ${alert}`);
  for (const alert of cleared) printLine(`  cleared    ${alert}`);
  for (const alert of heldBack) printLine(`  held back  ${alert}`);
}
