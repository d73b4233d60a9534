/** The files of a tree that a source reads: regular ones, each once, in the order of their paths. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface SourceFile {
  readonly file: string;
  /** Below the folder, '/' between folders; of a file that was named itself, its name. */
  readonly path: string;
}

/** A file that was named is read whatever it is called; of a folder those that `accepts` takes. `skip` is told of the others by reason. */
export function filesOf(
  root: string,
  accepts: (path: string) => boolean,
  skip: (reason: string) => void,
): SourceFile[] {
  const whole = statSync(root);
  if (!whole.isDirectory()) {
    if (whole.isFile()) return [{ file: root, path: basename(root) }];
    skip('not-a-file');
    return [];
  }
  const found: SourceFile[] = [];
  const visited = new Set<string>();
  const walk = (folder: string, prefix: string): void => {
    const real = realpathSync(folder);
    if (visited.has(real)) return skip('folder-seen-before');
    visited.add(real);
    for (const { name } of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = join(folder, name);
      const path = prefix + name;
      try {
        const stats = statSync(file);
        if (stats.isDirectory()) walk(file, `${path}/`);
        else if (!stats.isFile()) skip('not-a-file');
        else if (accepts(path)) found.push({ file, path });
      } catch (error) {
        skip(reasonOf(error));
      }
    }
  };
  walk(root, '');
  return found;
}

/** Why a file could not be read, in the words of `skipped`. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'file-vanished';
  if (code === 'EACCES' || code === 'EPERM') return 'no-permission';
  if (code === 'ELOOP') return 'link-loop';
  if (code === undefined) throw error;
  return 'not-readable';
}
