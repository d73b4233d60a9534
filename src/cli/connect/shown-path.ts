/** A path as people write it: below the home as `~/…`. */
import { homedir } from 'node:os';
import { sep } from 'node:path';

export function shownPath(path: string): string {
  const home = homedir() + sep;
  return path.startsWith(home) ? `~${sep}${path.slice(home.length)}` : path;
}
