/** `backup verify`. */
import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { verifyBackup } from '../../backup/verify.js';
import { systemClock } from '../../runtime/clock.js';
import { countText } from '../../text/number.js';
import { exitCodes } from '../exit.js';
import { addExamples, gather, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine } from '../output.js';
import { BackupLines, backupSettings, folderOption, opener } from './common.js';

interface Options {
  readonly identity: readonly string[];
  readonly sample?: true;
  readonly scratch?: string;
  readonly json?: true;
}

export function defineVerify(parent: Command): void {
  const command = parent
    .command('verify [id]')
    .description(
      'Prove a backup (the newest one): unpack it into a ledger of its own, build all tables again from its log, compare them, and the heads with the manifest. Exit 1 when anything is wrong.',
    )
    .addOption(folderOption())
    .option('--identity <file>', 'key of age that it is encrypted for; may be repeated', gather, [])
    .option('--sample', 'only read the newest events: quick, and no proof')
    .option('--scratch <dir>', "where it is unpacked (default: the system's folder of temporary files)")
    .addOption(jsonOption());
  command.action(async (id: string | undefined, { identity, sample, scratch = tmpdir(), json }: Options) => {
    const { folder } = backupSettings(command);
    const lines = new BackupLines();
    const verified = await verifyBackup(
      { folder, id, identities: identity, sample: sample === true, scratch, open: opener(globalsOf(command)) },
      systemClock,
      { onProgress: lines.show },
    ).finally(() => lines.end());
    if (!verified.ok) process.exitCode = exitCodes.no;
    if (json === true) return printJson(verified);
    if (!verified.ok) return printLine(`${verified.id} cannot be restored: ${verified.fault}.`);
    const what = verified.sample
      ? 'the newest events can be read, and lead to the head'
      : 'restored and replayed, all tables are as the log says';
    printLine(`${verified.id}: ${countText(verified.events)} events; ${what}.`);
  });
  addExamples(
    command,
    'backup verify --folder /mnt/elsewhere/ledger',
    'backup verify --identity ./backup.key',
    'backup verify 20261130T021500000Z --sample --json',
  );
}
