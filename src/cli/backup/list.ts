/** `backup list`. */
import type { Command } from 'commander';
import { BackupFolder } from '../../backup/backup-folder.js';
import { eventsIn, filesOf } from '../../backup/manifest.js';
import { countText } from '../../text/number.js';
import { instantText } from '../../text/time.js';
import { addExamples, jsonOption } from '../options.js';
import { printJson } from '../output.js';
import { printTable } from '../table.js';
import { backupSettings, folderOption } from './common.js';
import { backupJson } from './json.js';

export function defineList(parent: Command): void {
  const command = parent
    .command('list')
    .description('The backups in the folder, the newest first. One that was not finished is none.')
    .addOption(folderOption())
    .addOption(jsonOption());
  command.action(async ({ json }: { json?: true }) => {
    const { folder } = backupSettings(command);
    const backups = await new BackupFolder(folder).list();
    if (json === true) return printJson(backups.map(backupJson));
    printTable(
      [
        { head: 'backup', value: ({ id }) => id },
        { head: 'kind', value: ({ manifest }) => manifest?.kind ?? 'damaged' },
        { head: 'events', value: ({ manifest }) => manifest && countText(eventsIn(manifest)), right: true },
        {
          head: 'bytes',
          value: ({ manifest }) => manifest && countText(filesOf(manifest).reduce((sum, { bytes }) => sum + bytes, 0)),
          right: true,
        },
        { head: 'encrypted', value: ({ manifest }) => manifest && (manifest.encrypted ? 'yes' : 'no') },
        { head: 'verified', value: ({ verified }) => verified && instantText(verified.verified_at) },
      ],
      backups,
      `There is no backup in ${folder}.`,
    );
  });
  addExamples(command, 'backup list --folder /mnt/elsewhere/ledger', 'backup list --json');
}
