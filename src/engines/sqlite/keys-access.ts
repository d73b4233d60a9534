/** Access to `keys.db` of a data directory, which is opened when it is there and somebody asks. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { storageFault } from './faults.js';
import { keysName } from './files.js';
import type { KeysFile } from './keys-file.js';

export class KeysAccess {
  readonly #path: string;
  #file: Promise<KeysFile> | null = null;

  constructor(folder: string) {
    this.#path = join(folder, keysName);
  }

  get isThere(): boolean {
    return this.#file !== null || existsSync(this.#path);
  }

  /** It is made where it is not there. */
  async use<T>(task: (file: KeysFile) => T): Promise<T> {
    try {
      this.#file ??= import('./keys-file.js').then(({ KeysFile: File }) => new File(this.#path));
      return task(await this.#file);
    } catch (error) {
      throw storageFault(error);
    }
  }

  async close(): Promise<void> {
    const opened = await this.#file?.catch(() => null);
    opened?.close();
    this.#file = null;
  }
}
