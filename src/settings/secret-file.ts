/** Secrets that are handed over by a file: named by a variable, or given by systemd as a credential. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorText } from '../text/system-error.js';
import type { Environment } from './process-environment.js';
import type { Setting } from './schema.js';

/** The text in a file without the end of its line, or why it cannot be had, as the end of a sentence. */
export function secretIn(path: string): { readonly text: string } | { readonly fault: string } {
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      return { fault: `other accounts can read ${path}; close it with \`chmod 600 ${path}\`` };
    return { text: readFileSync(path, 'utf8').trim() };
  } catch (error) {
    return { fault: systemErrorText(error as NodeJS.ErrnoException) };
  }
}

export const fileVariable = ({ variable }: Pick<Setting, 'variable'>): string => `${variable}_FILE`;

export interface HandedSecret {
  readonly origin: string;
  readonly text: string;
  /** Why it cannot be used, as a sentence without its full stop. */
  readonly fault: string | null;
}

/** Of a setting that is a secret: what a file says, by `…_FILE` or as the credential of its name; null where nothing does. */
export function handedSecret(setting: Setting, environment: Environment): HandedSecret | null {
  if (setting.isSecret !== true) return null;
  const variable = fileVariable(setting);
  const path = environment[variable];
  // A setting of its own may have this variable, and reads the file then.
  if (path && !setting.hasFileSetting) {
    const isTwice = Boolean(environment[setting.variable]);
    const found = secretIn(path);
    const fault = isTwice
      ? `${setting.variable} and ${variable} both say it: set one`
      : 'fault' in found
        ? `${variable}: ${found.fault}`
        : null;
    return { origin: `${variable} ${path}`, text: 'text' in found ? found.text : '', fault };
  }
  if (environment[setting.variable] || (path && setting.hasFileSetting) || !environment.CREDENTIALS_DIRECTORY)
    return null;
  const credential = join(environment.CREDENTIALS_DIRECTORY, setting.key);
  const found = secretIn(credential);
  return 'text' in found ? { origin: `credential ${setting.key}`, text: found.text, fault: null } : null;
}
