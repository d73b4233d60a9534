/** The file of a cursor: one for each format, its folders, the ledger and the pool. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Source } from '../sources/source.js';
import { type Cursor, emptyCursor, type LogPlace, loadCursor, saveCursor, UnusableCursor } from './cursor.js';

/** Where cursors are, and which ledger they are of. */
export interface CursorHome {
  readonly folder: string;
  readonly ledger: string;
  readonly pool: string;
  /** Whether the ledger has this event. Throws a `SinkFailure` where it is away. */
  readonly has: (place: LogPlace) => Promise<boolean>;
  /** Told what a person should know. */
  readonly remark: (text: string) => void;
}

export class CursorFile {
  readonly #home: CursorHome;
  readonly #source: Source;
  readonly #file: string;

  /** `roots`: those too that do not exist yet, so that one which is made later changes nothing for the others. */
  constructor(home: CursorHome, source: Source, roots: readonly string[]) {
    this.#home = home;
    this.#source = source;
    const whatFor = JSON.stringify([roots.map((root) => resolve(root)), home.ledger, home.pool]);
    const hash = createHash('sha256').update(whatFor).digest('hex').slice(0, 16);
    this.#file = join(home.folder, `${source.format}-${hash}.cursor`);
  }

  /** An empty one where there is none. */
  load(): Cursor {
    try {
      return loadCursor(this.#file, this.#source);
    } catch (error) {
      if (!(error instanceof UnusableCursor)) throw error;
      this.#home.remark(`${this.#file} is damaged: everything is read again.`);
      return emptyCursor;
    }
  }

  /**
   * The cursor itself, or, where the ledger does not have what was sent to it, one that begins at the beginning: nothing is lost by
   * reading again, as what the ledger has, it knows.
   */
  async checked(cursor: Cursor): Promise<Cursor> {
    if (cursor.recorded === undefined || (await this.#home.has(cursor.recorded))) return cursor;
    this.#home.remark(
      `The ledger does not have what was collected of ${this.#source.format} before: everything is read again.`,
    );
    return { ...emptyCursor, early: cursor.early, held: cursor.held };
  }

  save(cursor: Cursor): void {
    mkdirSync(this.#home.folder, { recursive: true, mode: 0o700 });
    saveCursor(this.#file, this.#source, cursor);
  }
}

/** As it is named by cursors: the same whichever way it was reached. */
export const ledgerPath = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path));
