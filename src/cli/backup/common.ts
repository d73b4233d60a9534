/** What the verbs of `backup` share: the folder, where this machine keeps things, and how far a long run is. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { BackupProgress } from '../../backup/create.js';
import type { MachinePlaces } from '../../backup/machine.js';
import { ledgerOn } from '../../daemon/open-ledger.js';
import type { Ledger } from '../../ledger/ledger.js';
import { isServer } from '../../settings/database.js';
import { requireSettings } from '../../settings/resolve.js';
import type { Settings } from '../../settings/schema.js';
import { usageError } from '../exit.js';
import { type Globals, settingOption, settingsFor } from '../options.js';
import { ProgressLine } from '../progress.js';
import { machinePlaces } from './places.js';

export const folderOption = () => settingOption('backup.folder');

export interface BackupSettings extends Omit<Settings['backup'], 'folder'> {
  /** Absolute. */
  readonly folder: string;
}

/** Throws a usage error where no folder is set. */
export function backupSettings(command: Command): BackupSettings {
  const { backup } = requireSettings(settingsFor(command), 'backup');
  if (backup.folder === undefined)
    throw usageError('Say where the backups are: --folder DIR, or the setting backup.folder.');
  return { ...backup, folder: resolve(backup.folder) };
}

/** Where a restore puts them: settings and prices beside the new ledger, to be looked at; of a server, here. */
export function placesToRestore(command: Command, database: string): MachinePlaces {
  const folder = isServer(database) ? process.cwd() : database;
  return {
    ...machinePlaces(command),
    settings: join(folder, 'config.restored.json'),
    prices: join(folder, 'prices.restored.json'),
  };
}

/** A ledger for writing; with threads, so that one batch is written while the next one is read. */
export const opener =
  (globals: Globals) =>
  async (database: string): Promise<Ledger> => {
    const { openEngine } = await import('../../engines/open.js');
    const engine = await openEngine(database, 'writer', { limits: globals.engineLimits });
    return ledgerOn(engine, { ...globals, database });
  };

/** Shows progress on stderr: a line for each phase, with a rate of its own. */
export class BackupLines {
  #line: ProgressLine | null = null;
  #phase = '';

  readonly show = ({ phase, unit, done, total }: BackupProgress): void => {
    if (phase !== this.#phase) {
      this.end();
      this.#line = new ProgressLine(unit);
    }
    this.#phase = phase;
    this.#line?.show(phase, done, total);
  };

  end(): void {
    this.#line?.end();
  }
}
