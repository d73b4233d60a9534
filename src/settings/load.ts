/** The settings of this process: its environment, and the configuration file that it finds. */
import { Problem } from '../problems.js';
import { hasPassword, redacted } from './database.js';
import { processEnvironment } from './environment.js';
import { findSettingsFile } from './file.js';
import { type Resolved, resolveSettings } from './resolve.js';
import { settingOf } from './schema.js';

/** Throws `setting_invalid` when the configuration file cannot be read. */
export function loadSettings(flags: ReadonlyMap<string, string> = new Map(), configFile?: string): Resolved {
  refusePasswords(flags);
  const environment = processEnvironment();
  return resolveSettings({ file: findSettingsFile(configFile, environment), environment, flags });
}

/** Whoever is on the machine sees the arguments of every process, and shells keep them. */
export function refusePasswords(flags: ReadonlyMap<string, string>): void {
  const { database = '', url = '' } = Object.fromEntries(flags);
  if (hasPassword(database)) refusePassword('database', ', or the password alone by the file that PGPASSFILE names');
  if (redacted(url) !== url) refusePassword('url');
}

function refusePassword(key: string, orElse = ''): never {
  throw new Problem(
    'setting_invalid',
    `a password on the command line is seen by everybody on the machine: give the URL by ${settingOf(key).variable} or the configuration file (--config, also a systemd credential)${orElse}.`,
  );
}
