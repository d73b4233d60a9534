/** The files that a source reads: regular ones, each once, in the order of their paths. */
import { type BigIntStats, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface SourceFile {
  readonly file: string;
  /** Below the folder, '/' between folders; of a file that was named itself, its name. */
  readonly path: string;
}

type Skip = (reason: string) => void;

/** A file that was named is read whatever it is called; of a folder those that `accepts` takes. `skip` is told of the others by reason. */
export function filesOf(roots: readonly string[], accepts: (path: string) => boolean, skip: Skip): SourceFile[] {
  const walk = new Walk(accepts, skip);
  for (const root of roots) walk.from(root);
  return walk.files;
}

class Walk {
  readonly files: SourceFile[] = [];
  readonly #accepts: (path: string) => boolean;
  readonly #skip: Skip;
  readonly #folders = new Set<string>();
  readonly #seen = new Set<string>();

  constructor(accepts: (path: string) => boolean, skip: Skip) {
    this.#accepts = accepts;
    this.#skip = skip;
  }

  from(root: string): void {
    const stats = statSync(root, { bigint: true });
    if (stats.isDirectory()) this.#tolerate(() => this.#folder(root, ''));
    else this.#file(root, basename(root), stats);
  }

  #folder(folder: string, prefix: string): void {
    const real = realpathSync(folder);
    if (this.#folders.has(real)) return this.#skip('folder-seen-before');
    this.#folders.add(real);
    for (const name of readdirSync(folder).sort()) {
      const file = join(folder, name);
      const path = prefix + name;
      this.#tolerate(() => {
        const stats = statSync(file, { bigint: true });
        if (stats.isDirectory()) this.#folder(file, `${path}/`);
        else if (this.#accepts(path)) this.#file(file, path, stats);
      });
    }
  }

  #file(file: string, path: string, stats: BigIntStats): void {
    if (!stats.isFile()) return this.#skip('not-a-file');
    const id = fileIdOf(stats);
    if (this.#seen.has(id)) return this.#skip('file-seen-before');
    this.#seen.add(id);
    this.files.push({ file, path });
  }

  #tolerate(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#skip(reasonOf(error));
    }
  }
}

/** Which file it is, whatever its name: some file systems have numbers that JavaScript would round. */
export const fileIdOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;

/** Why a file could not be read, in the words of `skipped`. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'file-vanished';
  if (code === 'EACCES' || code === 'EPERM') return 'no-permission';
  if (code === 'ELOOP') return 'link-loop';
  if (code === undefined) throw error;
  return 'not-readable';
}
