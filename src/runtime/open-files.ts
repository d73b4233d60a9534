/** How many files and connections the operating system lets this process have open at once. */
import { readFileSync } from 'node:fs';

/** Null where the system does not say. */
export function openFilesMax(): number | null {
  try {
    const [, max] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return max === undefined ? null : Number(max);
  } catch {
    return null;
  }
}
