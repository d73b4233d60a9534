/**
 * The folder of a ledger and the files in it: whose they are, and that they are what was opened. On a machine of many accounts a
 * folder that others can write to is none to trust, and one that they can read shows them the ledger.
 */
import { chmodSync, lstatSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../../storage-error.js';
import { databaseName, headFileName } from './files.js';

const ownFiles = [
  databaseName,
  `${databaseName}-wal`,
  `${databaseName}-shm`,
  headFileName,
  'writer.lock',
  'writer.json',
  'scratch',
];

/**
 * Looks at the folder before anything is written to it. Throws a `StorageError` where it is another account's, others can write to
 * it, or one of its files is a link. Closes to others what they could read, and says so.
 */
export function guardFolder(folder: string): void {
  const found = statSync(folder);
  const own = process.getuid?.();
  if (own === undefined) return;
  if (found.uid !== own) throw unsafe(`${folder} belongs to another account (uid ${found.uid})`);
  if ((found.mode & 0o022) !== 0) {
    throw unsafe(
      `other accounts can write to ${folder} (mode ${modeText(found)}); close it with \`chmod 700 ${folder}\``,
    );
  }
  for (const name of ownFiles) {
    const path = join(folder, name);
    const file = lstatSync(path, { throwIfNoEntry: false });
    if (file === undefined) continue;
    if (file.isSymbolicLink()) throw unsafe(`${path} is a link; a ledger's files have to be in its folder`);
    if (file.isFile() && file.nlink > 1) {
      throw unsafe(
        `${path} has ${file.nlink} names (hard links), by which other programs could change it; it has to have one`,
      );
    }
    if ((file.mode & 0o077) !== 0) chmodSync(path, file.mode & 0o700);
  }
  if ((found.mode & 0o077) === 0) return;
  chmodSync(folder, found.mode & 0o700);
  process.emitWarning(`other accounts could read ${folder}, and no longer can`, 'ResourceShareWarning');
}

const modeText = ({ mode }: Stats): string => (mode & 0o777).toString(8).padStart(4, '0');

const unsafe = (message: string): StorageError => new StorageError('unsafe', message);

/** A file that was opened, to be compared with what its name leads to later. */
export class OpenedFile {
  readonly #path: string;
  readonly #opened: Stats;
  #gone: StorageError | null = null;

  constructor(path: string) {
    this.#path = path;
    this.#opened = statSync(path);
  }

  /** Throws a `StorageError`, from the first time on, where the file was removed or another one took its place. */
  check(): void {
    if (this.#gone !== null) throw this.#gone;
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (found?.ino === this.#opened.ino && found.dev === this.#opened.dev) return;
    const what = found === undefined ? 'was removed' : 'was replaced by another file';
    this.#gone = new StorageError(
      'gone',
      `${this.#path} ${what} while this process had it open: nothing is recorded any more. Put the file back where it was, or restore a backup, and start again`,
    );
    throw this.#gone;
  }
}
