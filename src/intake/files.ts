/** The files that a source reads: regular ones, each once, in the order of their paths. */
import { type BigIntStats, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface SourceFile {
  readonly file: string;
  /** Below the folder, '/' between folders; of a file that was named itself, its name. */
  readonly path: string;
  /** When it was found. */
  readonly bytes: number;
  /** Device and inode. */
  readonly id: string;
  readonly modifiedNs: string;
}

/** Told of what is left out: why, and where it is. */
type Skip = (reason: string, file: string) => void;

/** A file that was named is read whatever it is called; of a folder those that `accepts` takes. `skip` is told of the others by reason. */
export function filesOf(roots: readonly string[], accepts: (path: string) => boolean, skip: Skip): SourceFile[] {
  return [...new Walk(accepts, skip).from(roots)];
}

export class Walk {
  /** Those that were looked into, by the names they were found under. */
  readonly folders: string[] = [];
  readonly #accepts: (path: string) => boolean;
  readonly #skip: Skip;
  readonly #real = new Set<string>();
  readonly #seen = new Set<string>();

  constructor(accepts: (path: string) => boolean, skip: Skip) {
    this.#accepts = accepts;
    this.#skip = skip;
  }

  /** Throws where a root is not there. */
  *from(roots: readonly string[]): Generator<SourceFile, void> {
    for (const root of roots) {
      const stats = statSync(root, { bigint: true });
      if (stats.isDirectory()) yield* this.#folder(root, '');
      else yield* this.#file(root, basename(root), stats);
    }
  }

  *#folder(folder: string, prefix: string): Generator<SourceFile, void> {
    for (const name of this.#namesIn(folder)) {
      const file = join(folder, name);
      const path = prefix + name;
      const stats = this.#unlessFaulty(file, () => statSync(file, { bigint: true }));
      if (stats?.isDirectory() === true) yield* this.#folder(file, `${path}/`);
      else if (stats !== undefined && this.#accepts(path)) yield* this.#file(file, path, stats);
    }
  }

  #namesIn(folder: string): readonly string[] {
    const real = this.#unlessFaulty(folder, () => realpathSync(folder));
    if (real === undefined) return [];
    if (this.#real.has(real)) {
      this.#skip('folder-seen-before', folder);
      return [];
    }
    this.#real.add(real);
    this.folders.push(folder);
    return this.#unlessFaulty(folder, () => readdirSync(folder).sort()) ?? [];
  }

  *#file(file: string, path: string, stats: BigIntStats): Generator<SourceFile, void> {
    if (!stats.isFile()) return this.#skip('not-a-file', file);
    const id = fileIdOf(stats);
    if (this.#seen.has(id)) return this.#skip('file-seen-before', file);
    this.#seen.add(id);
    yield { file, path, bytes: Number(stats.size), id, modifiedNs: String(stats.mtimeNs) };
  }

  #unlessFaulty<T>(file: string, look: () => T): T | undefined {
    try {
      return look();
    } catch (error) {
      this.#skip(reasonOf(error), file);
      return undefined;
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
