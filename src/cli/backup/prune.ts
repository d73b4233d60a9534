/** `backup prune`. */
import type { Command } from 'commander';
import { pruneBackups } from '../../backup/prune.js';
import { limits } from '../../limits.js';
import { addExamples, jsonOption, wholeNumber } from '../options.js';
import { printJson, printLine } from '../output.js';
import { backupSettings, folderOption } from './common.js';

interface Options {
  readonly keepLast?: number;
  readonly keepDaily?: number;
  readonly keepWeekly?: number;
  readonly dryRun?: true;
  readonly json?: true;
}

export function definePrune(parent: Command): void {
  const many = wholeNumber(0, limits.backupsKeptMax);
  const command = parent
    .command('prune')
    .description(
      'Remove backups that are no longer kept, and the files that no other one needs. Of each kind the newest that was verified stays. Days and weeks are those of UTC.',
    )
    .addOption(folderOption())
    .option('--keep-last <n>', 'so many newest of each kind (default: backup.keep_last)', many)
    .option('--keep-daily <n>', 'the newest of each of so many days (default: backup.keep_daily)', many)
    .option('--keep-weekly <n>', 'the newest of each of so many weeks (default: backup.keep_weekly)', many)
    .option('--dry-run', 'only say what would be removed')
    .addOption(jsonOption());
  command.action(async ({ keepLast, keepDaily, keepWeekly, dryRun, json }: Options) => {
    const set = backupSettings(command);
    const keep = {
      last: keepLast ?? set.keep_last,
      daily: keepDaily ?? set.keep_daily,
      weekly: keepWeekly ?? set.keep_weekly,
    };
    const pruned = await pruneBackups(set.folder, keep, dryRun === true);
    if (json === true) return printJson({ dry_run: dryRun === true, ...pruned });
    const ids = pruned.removed.length === 0 ? 'None' : pruned.removed.join(', ');
    printLine(`${dryRun === true ? 'To be removed' : 'Removed'}: ${ids}. Kept: ${pruned.kept.length}.`);
  });
  addExamples(command, 'backup prune --dry-run', 'backup prune --keep-last 3 --keep-daily 14');
}
