/**
 * Looks at all files of a source, again and again, and says which of them have to be opened. A file that was read to its end is not
 * opened again while its size, its time and its inode stay the same.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { limits } from '../limits.js';
import { nextTurn } from '../runtime/clock.js';
import { Skipped } from '../sources/skipped.js';
import type { Source } from '../sources/source.js';
import type { Cursor } from './cursor.js';
import { modifiedMs } from './file-mark.js';
import { type SourceFile, Walk } from './files.js';

export interface Sweep {
  readonly files: readonly SourceFile[];
  /** Those that are perhaps not read to their end. */
  readonly changed: readonly SourceFile[];
  readonly folders: readonly string[];
  /** What was not told of before. */
  readonly skipped: Skipped;
}

export class Sweeper {
  readonly #accepts: (path: string) => boolean;
  /** Of files that were read to their end: how they were then. */
  readonly #settled = new Map<string, string>();
  readonly #told = new Set<string>();

  constructor(source: Source) {
    this.#accepts = (path) => source.accepts(path);
  }

  /** Roots that are not there are passed over. */
  async sweep(roots: readonly string[]): Promise<Sweep> {
    const skipped = new Skipped();
    const walk = new Walk(this.#accepts, (reason, file) => {
      if (this.isNews(reason, file)) skipped.add(reason);
    });
    const files: SourceFile[] = [];
    for (const file of walk.from(roots.filter((root) => existsSync(root)))) {
      if (files.push(file) % limits.sweepFilesTurn === 0) await nextTurn();
    }
    const changed = files.filter((file) => this.#settled.get(file.file) !== stampOf(file));
    return { files, changed, folders: walk.folders, skipped };
  }

  /** Whether nobody was told yet that a file is left out for this reason. */
  isNews(reason: string, file: string): boolean {
    const what = `${reason} ${file}`;
    if (this.#told.has(what)) return false;
    this.#told.add(what);
    return true;
  }

  /** What a sweep found at `at` was read, as far as the cursor says. */
  settle({ files, changed }: Sweep, cursor: Cursor, at: number): void {
    for (const file of changed) {
      const mark = cursor.files[resolve(file.file)];
      const isRead = mark?.id === file.id && mark.size === file.bytes && mark.modifiedNs === file.modifiedNs;
      if (isRead && at - modifiedMs(file) >= limits.settledMs) this.#settled.set(file.file, stampOf(file));
    }
    if (this.#settled.size <= files.length) return;
    const names = new Set(files.map(({ file }) => file));
    for (const name of this.#settled.keys()) if (!names.has(name)) this.#settled.delete(name);
  }

  /** Nothing counts as read any longer. */
  forget(): void {
    this.#settled.clear();
  }
}

const stampOf = ({ id, bytes, modifiedNs }: SourceFile): string => `${id} ${bytes} ${modifiedNs}`;
