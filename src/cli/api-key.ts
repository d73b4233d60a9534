/** The API key that this account sends to daemons: from the settings or a file, and never from the command line. */
import { Problem } from '../problems.js';
import { type Resolved, requireSettings } from '../settings/resolve.js';
import { apiKeyFault } from '../settings/secret.js';
import { textInFile } from './secret-file.js';

/** Undefined where none is set. Throws `setting_invalid` where both are, or the file has no key, or others can read it. */
export function apiKeyOf(resolved: Resolved): string | undefined {
  const { key, key_file: file } = requireSettings(resolved, 'key', 'key_file');
  if (file === undefined) return key;
  if (key !== undefined)
    throw new Problem('setting_invalid', 'key and key_file both say which API key is sent: set one.');
  return textInFile('key_file', file, apiKeyFault);
}
