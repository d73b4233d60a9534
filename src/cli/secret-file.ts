/** Files of this account alone, in which keys and secrets are kept. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { Problem } from '../problems.js';
import { secretIn } from '../settings/secret-file.js';

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
  const found = secretIn(path);
  const wrong = 'fault' in found ? found.fault : wrongText(path, fault(found.text));
  if (wrong !== null || !('text' in found)) throw new Problem('setting_invalid', `${name}: ${wrong}.`);
  return found.text;
}

const wrongText = (path: string, fault: string | null): string | null =>
  fault === null ? null : `what ${path} holds ${fault}`;
