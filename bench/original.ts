/** What the original server did to store a report, measured by a script in its own language. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withFolder } from './measure.js';

const script = fileURLToPath(new URL('./original.py', import.meta.url));

/** What a shell, or a shim in the place of Python, ends with when there is none behind it. */
const commandNotFound = 127;

/** Reports per second; null where there is no python3. */
export function originalSpeed(senders: number, reports: number): Promise<number | null> {
  return withFolder(async (folder) => {
    const args = [script, join(folder, 'original.db'), String(senders), String(reports)];
    try {
      return Number((await promisify(execFile)('python3', args)).stdout);
    } catch (error) {
      const { code } = error as { readonly code?: string | number };
      if (code === 'ENOENT' || code === commandNotFound) return null;
      throw error;
    }
  });
}
