/** `backup create`. */
import { type Command, Option } from 'commander';
import { BackupFolder } from '../../backup/backup-folder.js';
import { runBackup } from '../../backup/backup-thread.js';
import type { MadeBackup } from '../../backup/create.js';
import { eventsIn, type Packing } from '../../backup/manifest.js';
import { countText } from '../../text/number.js';
import { usageError } from '../exit.js';
import { addExamples, gather, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import { BackupLines, backupSettings, folderOption } from './common.js';
import { backupJson } from './json.js';
import { machinePlaces } from './places.js';

interface Options {
  readonly snapshot?: true;
  readonly compact?: true;
  readonly lines?: true;
  readonly gzip?: true;
  readonly recipient: readonly string[];
  readonly json?: true;
}

export function defineCreate(parent: Command): void {
  const command = parent
    .command('create')
    .description(
      'Back up what was recorded since the last backup; with --snapshot, the database file as a whole. It works beside the daemon, and stops nobody. Settings, API keys and the key that signs checkpoints are in a backup that is encrypted, and in no other.',
    )
    .addOption(folderOption())
    .option('--snapshot', 'a copy of the database of a data directory: it is ready soon after a restore')
    .addOption(
      new Option('--compact', 'the snapshot without its free pages: smaller, for twice the work').implies({
        snapshot: true,
      }),
    )
    .option('--lines', 'events as lines of an export, compressed by brotli: three times as large, for other tools')
    .option('--gzip', 'as --lines, and everything compressed by gzip')
    .option(
      '--recipient <key>',
      'public key of age to encrypt for (default: those of backup.recipients); may be repeated',
      gather,
      [],
    )
    .addOption(jsonOption());
  command.action((options: Options) => create(command, options));
  addExamples(
    command,
    'backup create --folder /mnt/elsewhere/ledger',
    'backup create --folder /mnt/elsewhere/ledger --recipient age1…',
    'backup create --snapshot',
    'backup create --gzip --json',
  );
}

async function create(command: Command, options: Options): Promise<void> {
  if (options.snapshot === true && options.lines === true)
    throw usageError('--lines is about events, and a snapshot is the database: leave one of them out.');
  const { folder, recipients } = backupSettings(command);
  const { database, engineLimits } = globalsOf(command);
  const steps = runBackup({
    database,
    engineLimits,
    request: {
      folder,
      kind: options.snapshot === true ? 'snapshot' : 'log',
      compact: options.compact === true,
      packing: packingOf(options),
      recipients: options.recipient.length > 0 ? options.recipient : recipients,
      machine: machinePlaces(command),
    },
  });
  const lines = new BackupLines();
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done === true) {
        lines.end();
        return await tell(step.value, folder, options);
      }
      lines.show(step.value);
    }
  } finally {
    lines.end();
  }
}

/** A snapshot has no lines; its database is compressed by brotli, where gzip is not asked for. */
const packingOf = ({ gzip, lines, snapshot }: Options): Packing =>
  gzip === true ? 'gzip' : lines === true || snapshot === true ? 'brotli' : 'segment';

async function tell({ manifest, bytesAdded, warnings }: MadeBackup, path: string, { json }: Options): Promise<void> {
  for (const warning of warnings) remark(`Warning: ${warning}.`);
  if (!manifest.encrypted)
    remark(
      'It is not encrypted, so settings, API keys and the key that signs checkpoints are left out; --recipient takes them in.',
    );
  if (json === true) {
    const verified = (await new BackupFolder(path).list()).find(({ id }) => id === manifest.id)?.verified ?? null;
    return printJson({ ...backupJson({ id: manifest.id, manifest, verified }), bytes_added: bytesAdded, warnings });
  }
  const what = manifest.kind === 'log' ? 'events' : 'events, as a snapshot';
  printLine(`${manifest.id}: ${countText(eventsIn(manifest))} ${what}; ${countText(bytesAdded)} bytes were added.`);
}
