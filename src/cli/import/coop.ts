/** `import coop`: takes in the history of a database of the original server. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Alias } from '../../coop/identities.js';
import { timeZone as timeZoneSchema } from '../../events/catalogue/pool.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import type { CoopOptions } from './run-coop.js';

export function defineCoop(parent: Command): void {
  const command = parent
    .command('coop <database>')
    .description(
      'Take in the history of the original server: its identities, each report of use and each reading of the quota, as events of their own times. Its database is copied and stays as it is; it may be in use. What was taken in before is known again, so that the same import may run twice, or go on. Then the ledger is compared with the database, and verified. Exit 1 when they differ.',
    )
    .option(
      '--zone <zone>',
      "time zone of the original's machine, which its readings are written in (default: the setting time_zone)",
      zoneOf,
    )
    .option('--alias <spelling=name>', 'this spelling is that identity; may be repeated', gatherAliases, [])
    .option('--keep-doubled', 'record rows twice that were written twice: same name, amounts and time')
    .option('--into-used', 'take it into a pool that has use or readings of its own already')
    .option('--dry-run', 'record nothing, and say what would be recorded')
    .addOption(jsonOption());
  command.action(async (database: string, options: CoopOptions) => {
    const { runImport } = await import('./run-coop.js');
    await runImport(globalsOf(command), database, options);
  });
  addExamples(
    command,
    'import coop ~/coop/data/resource_tracking.db --dry-run',
    'import coop ~/coop/data/resource_tracking.db --zone Europe/London',
    'import coop ./resource_tracking.db --alias "Delta △=Sparkle-Delta" --json',
  );
}

function zoneOf(text: string): string {
  const zone = timeZoneSchema.safeParse(text);
  if (!zone.success) throw new InvalidArgumentError(`"${text}" is no time zone; write it like Europe/London or UTC.`);
  return zone.data;
}

function gatherAliases(text: string, before: readonly Alias[]): Alias[] {
  const at = text.lastIndexOf('=');
  const [spelling, of] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at < 1 || spelling === '' || of === '')
    throw new InvalidArgumentError(`"${text}" is not of the form SPELLING=NAME.`);
  return [...before, { spelling, of }];
}
