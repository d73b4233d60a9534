/** `backup restore`. */
import type { Command } from 'commander';
import { type Restored, restoreBackup } from '../../backup/restore.js';
import { redacted } from '../../settings/database.js';
import { countText } from '../../text/number.js';
import { addExamples, gather, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import { readHeads } from '../saved-heads.js';
import { BackupLines, backupSettings, folderOption, opener, placesToRestore } from './common.js';

interface Options {
  readonly identity: readonly string[];
  readonly against?: string;
  readonly withoutMachine?: true;
  readonly acceptClock?: true;
  readonly json?: true;
}

export function defineRestore(parent: Command): void {
  const command = parent
    .command('restore [id]')
    .description(
      'Put a backup (the newest one) back into a data directory that is empty (--data), or a database without a ledger (--database). It begins with a snapshot, where there is one, and takes in the events after it. What the log is known to have held beyond the backup, by signed checkpoints on this machine or by --against, its alert `events-lost` then says.',
    )
    .addOption(folderOption())
    .option('--identity <file>', 'key of age that it is encrypted for; may be repeated', gather, [])
    .option(
      '--against <file>',
      'heads that were saved before (`verify --save`), or the head file of the lost data directory',
    )
    .option('--without-machine', 'the ledger alone, without settings, API keys and the key that signs checkpoints')
    .option('--accept-clock', 'the clock is right, although the log ends far from it: what is lost is recorded by it')
    .addOption(jsonOption());
  command.action(async (id: string | undefined, { identity, against, withoutMachine, acceptClock, json }: Options) => {
    const { folder } = backupSettings(command);
    const globals = globalsOf(command);
    const { database } = globals;
    const known = against === undefined ? [] : await readHeads(against);
    const lines = new BackupLines();
    const restored = await restoreBackup(
      {
        folder,
        id,
        identities: identity,
        database,
        known,
        machine: placesToRestore(command, database),
        withoutMachine: withoutMachine === true,
        acceptClock: acceptClock === true,
        open: opener(globals),
      },
      { onProgress: lines.show },
    ).finally(() => lines.end());
    if (json === true) return printJson(restored);
    print(restored, database);
  });
  addExamples(
    command,
    'backup restore --folder /mnt/elsewhere/ledger --data ./restored',
    'backup restore --identity ./backup.key --data /var/lib/resource-share',
    'backup restore 20261130T021500000Z --against head.json --data ./restored',
    'backup restore --database postgres://ledger@db2.example/ledger',
  );
}

function print({ id, pools, lost, machine }: Restored, database: string): void {
  for (const { pool, seq, head } of pools) printLine(`${pool}: ${countText(seq)} events. Head ${head.slice(0, 16)}…`);
  printLine(`${id} is restored to ${redacted(database)}.`);
  for (const what of machine) printLine(`${what[0]?.toUpperCase()}${what.slice(1)}.`);
  for (const text of lost) remark(`Warning: ${text}; the log says so (events-lost).`);
}
