/** What `connect` keeps of a file that it changed: a copy of the old one, and what it put in. For their owner alone. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, SettingsFault } from './editor.js';

export interface ChangeRecord {
  /** The file before; null where there was none. */
  readonly before: string | null;
  /** SHA-256 of the file after. */
  readonly after: string;
  readonly entries: readonly Entry[];
  /** Folders that were made for it, the outermost first. */
  readonly folders: readonly string[];
  /** The one before it, as long as the file may still be what that one says; null where it is settled. */
  readonly former: ChangeRecord | null;
}

interface StoredChange extends Omit<ChangeRecord, 'before' | 'former'> {
  readonly copy: string | null;
}

interface StoredRecord extends StoredChange {
  readonly file: string;
  readonly former?: StoredChange;
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export class RecordFile {
  readonly #folder: string;
  readonly #client: string;
  readonly #file: string;
  readonly #real: string;

  /** `real` is the settings file, links followed. */
  constructor(folder: string, client: string, real: string) {
    this.#folder = folder;
    this.#real = real;
    this.#client = `${client}-${digestOf(real).slice(0, 12)}`;
    this.#file = join(folder, `${this.#client}.json`);
  }

  /** Null where nothing was changed. Throws a `SettingsFault` where what is kept of it cannot be read. */
  load(): ChangeRecord | null {
    if (!existsSync(this.#file)) return null;
    try {
      const { former, ...stored } = JSON.parse(readFileSync(this.#file, 'utf8')) as StoredRecord;
      return this.#loaded(stored, former === undefined ? null : this.#loaded(former, null));
    } catch {
      throw new SettingsFault(`was changed by this program, and what it kept of that is damaged: ${this.#file}`);
    }
  }

  /** Where the copy is; null where there was nothing to copy. */
  copyOf(before: string | null): string | null {
    const name = this.#copyName(before);
    return name === null ? null : join(this.#folder, name);
  }

  save(record: ChangeRecord): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const { before, former } = record;
    const copy = this.#copyName(before);
    if (copy !== null) write(join(this.#folder, copy), before as string);
    const stored: StoredRecord = {
      file: this.#real,
      ...this.#stored(record),
      ...(former === null ? {} : { former: this.#stored(former) }),
    };
    write(this.#file, `${JSON.stringify(stored, null, 2)}\n`);
  }

  /** With every copy that it has kept; where a person may need them yet, they get a name that is never removed. */
  forget(isCopyKept: boolean): void {
    if (!existsSync(this.#folder)) return;
    rmSync(this.#file, { force: true });
    for (const name of readdirSync(this.#folder)) {
      if (!name.startsWith(`${this.#client}-`) || !name.endsWith('.before')) continue;
      const copy = join(this.#folder, name);
      if (isCopyKept) renameSync(copy, keptName(copy));
      else rmSync(copy);
    }
  }

  #loaded({ copy, after, entries, folders }: StoredChange, former: ChangeRecord | null): ChangeRecord {
    const before = copy === null ? null : readFileSync(join(this.#folder, copy), 'utf8');
    return { before, after, entries, folders, former };
  }

  #stored({ before, after, entries, folders }: ChangeRecord): StoredChange {
    return { copy: this.#copyName(before), after, entries, folders };
  }

  /** By what is in it, so that a record never names a copy that is not its own. */
  #copyName(before: string | null): string | null {
    return before === null ? null : `${this.#client}-${digestOf(before).slice(0, 12)}.before`;
  }
}

/** Of a copy that stays when all else is forgotten. */
export const keptName = (copy: string): string => `${copy}.kept`;

function write(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600, flush: true });
  renameSync(temporary, file);
}
