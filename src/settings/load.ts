/** The settings of this process: its environment, and the configuration file that it finds. */
import { processEnvironment } from './environment.js';
import { findSettingsFile } from './file.js';
import { type Resolved, resolveSettings } from './resolve.js';

/** Throws `setting_invalid` when the configuration file cannot be read. */
export function loadSettings(flags: ReadonlyMap<string, string> = new Map(), configFile?: string): Resolved {
  const environment = processEnvironment();
  return resolveSettings({ file: findSettingsFile(configFile, environment), environment, flags });
}
