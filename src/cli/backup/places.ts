/** Where this machine keeps what goes into a backup beside the ledger. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { MachinePlaces } from '../../backup/machine.js';
import type { DaemonSettings } from '../../daemon/daemon-settings.js';
import { credentialsFolder, processEnvironment, usualKeys } from '../../settings/environment.js';
import { findSettingsFile } from '../../settings/file.js';
import { requireSettings } from '../../settings/resolve.js';
import { configFlag, settingsFor } from '../options.js';

export function machinePlaces(command: Command): MachinePlaces {
  const { prices, checkpoints } = requireSettings(settingsFor(command), 'prices', 'checkpoints');
  const environment = processEnvironment();
  return {
    settings: findSettingsFile(configFlag(command), environment)?.path ?? null,
    prices: prices.file ?? null,
    keys: checkpoints.keys ?? usualKeys(environment),
    credentials: credentialsFolder(environment),
  };
}

/** What a daemon backs up by itself; nothing where no folder is set. */
export function daemonBackup(command: Command): DaemonSettings['backup'] {
  const { backup } = requireSettings(settingsFor(command), 'backup');
  const { folder, recipients, every_s: everySeconds, keep_last: last, keep_daily: daily, keep_weekly: weekly } = backup;
  if (folder === undefined) return undefined;
  return {
    everyMs: everySeconds * 1_000,
    request: { folder: resolve(folder), recipients, machine: machinePlaces(command) },
    keep: { last, daily, weekly },
  };
}
