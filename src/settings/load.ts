/** The settings of this process: its environment, and the configuration file that it finds. */
import { Problem } from '../problems.js';
import { hasPassword } from './database.js';
import { processEnvironment } from './environment.js';
import { findSettingsFile } from './file.js';
import { type Resolved, resolveSettings } from './resolve.js';

/** Throws `setting_invalid` when the configuration file cannot be read. */
export function loadSettings(flags: ReadonlyMap<string, string> = new Map(), configFile?: string): Resolved {
  refusePasswords(flags);
  const environment = processEnvironment();
  return resolveSettings({ file: findSettingsFile(configFile, environment), environment, flags });
}

/** Whoever is on the machine sees the arguments of every process, and shells keep them. */
export function refusePasswords(flags: ReadonlyMap<string, string>): void {
  if (!hasPassword(flags.get('database') ?? '')) return;
  throw new Problem(
    'setting_invalid',
    'a password on the command line is seen by everybody on the machine: give the URL by RESOURCE_SHARE_DATABASE or the configuration file (--config, also a systemd credential), or the password alone by the file that PGPASSFILE names.',
  );
}
