/** Files of this account alone, in which keys and secrets are kept. */
import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { Problem } from '../problems.js';
import { systemErrorText } from '../text/system-error.js';

/** What is made goes into a new file. That is there before, so that nothing is made that cannot be kept. */
export async function intoFile<T>(
  path: string | undefined,
  make: () => Promise<T>,
  textOf: (made: T) => string,
): Promise<T> {
  if (path === undefined) return make();
  const file = openSync(path, 'wx', 0o600);
  try {
    const made = await make();
    writeSync(file, `${textOf(made)}\n`);
    return made;
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** The text in a file, without the end of its line; `fault` says what is wrong with it. Throws `setting_invalid`, naming what named the file. */
export function textInFile(name: string, path: string, fault: (text: string) => string | null): string {
  const refuse = (what: string): never => {
    throw new Problem('setting_invalid', `${name}: ${what}.`);
  };
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      refuse(`other accounts can read ${path}; close it with \`chmod 600 ${path}\``);
    const text = readFileSync(path, 'utf8').trim();
    const found = fault(text);
    return found === null ? text : refuse(`what ${path} holds ${found}`);
  } catch (error) {
    if (error instanceof Problem) throw error;
    return refuse(systemErrorText(error as NodeJS.ErrnoException));
  }
}
